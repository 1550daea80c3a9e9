"""/trace: how many sockets were given a row, for whoever can sign with the key."""

import socket

import pytest

from app.contract import operator, rooms
from gateway import refusals
from tests.gateway.rows import head_now, place, write


@pytest.fixture
def backend():
    """The database makes no difference here."""
    return "sqlite"


def ask(gateway, positions, *, name=None, key=None, sign=None):
    """What it answers to this question; `sign`: the positions that the proof is for."""
    name = name or f"{socket.gethostname()}:{gateway.process.pid}"
    query = f"gateway={name}&positions={positions}"
    signed = operator.question("GET", "/trace", query if sign is None else f"gateway={name}&positions={sign}")
    proof = operator.proof(key or gateway.config.secret_key, signed)
    return gateway.get(f"/trace?{query}", headers={operator.HEADER: proof})


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
    facts = ask(gateway, f"{last - 1},{last},{last + 1},x").json()
    assert {n: sent[0] for n, sent in facts["sent"].items()} == {str(last - 1): 2, str(last): 0}
    assert facts["n"] == last


def test_it_says_who_was_refused(gateway, screen):
    screen().answer()
    facts = ask(gateway, "").json()
    told = {code: count for code, _message, count in facts["refused"]}
    assert told[refusals.NO_IDENTITY.code] >= 1


@pytest.mark.parametrize("headers", [{}, {operator.HEADER: ""}, {operator.HEADER: "nonsense"}])
def test_it_is_refused_to_everybody_else(gateway, headers):
    assert_refused(gateway.get("/trace?positions=1", headers=headers))


def test_it_is_refused_to_another_key_and_to_another_question(gateway):
    assert_refused(ask(gateway, "1", key="another key"))
    assert_refused(ask(gateway, "1", sign="2"))


def assert_refused(answer):
    assert answer.status_code == 403
    assert answer.json() == {"status": "refused"}


def test_what_is_meant_for_another_gateway_is_not_answered(gateway):
    answer = ask(gateway, "1", name="elsewhere:1")
    assert answer.status_code == 421
    assert answer.json() == {"gateway": f"{socket.gethostname()}:{gateway.process.pid}"}
