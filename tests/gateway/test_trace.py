"""/trace: how many sockets were given a row, for whoever can sign with the key."""

import pytest

from app.contract import operator, rooms
from gateway import refusals
from tests.gateway.rows import head_now, place, write


@pytest.fixture
def backend():
    """The database makes no difference here."""
    return "sqlite"


def proof(gateway):
    return {operator.HEADER: operator.proof(gateway.config.secret_key)}


def test_it_says_how_many_sockets_a_row_was_given(cast, gateway, screen):
    vendors = [screen(cast.vendor) for _ in range(2)]
    for vendor in vendors:
        vendor.ready()
    write(rooms.vendor_orders(cast.restaurant.id), 1)
    write(rooms.vendor_orders(cast.other_restaurant.id), 2)
    for vendor in vendors:
        vendor.event()
    last = place(head_now())
    gateway.reaches(last)
    facts = gateway.get(
        "/trace", params={"positions": f"{last - 1},{last},{last + 1},x"}, headers=proof(gateway)
    ).json()
    assert {n: sent[0] for n, sent in facts["sent"].items()} == {str(last - 1): 2, str(last): 0}
    assert facts["n"] == last
    assert facts["gateway"].endswith(f":{gateway.process.pid}")


def test_it_says_who_was_refused(gateway, screen):
    screen().answer()
    facts = gateway.get("/trace", headers=proof(gateway)).json()
    told = {code: count for code, _message, count in facts["refused"]}
    assert told[refusals.NO_IDENTITY.code] >= 1


@pytest.mark.parametrize(
    "value", [None, "", "nonsense", operator.proof("another key")], ids=["none", "empty", "nonsense", "another key"]
)
def test_it_is_refused_to_everybody_else(gateway, value):
    headers = {} if value is None else {operator.HEADER: value}
    answer = gateway.get("/trace", params={"positions": "1"}, headers=headers)
    assert answer.status_code == 403
    assert "sent" not in answer.json()
