"""`flask events trace`: of each event where it is, with real gateways and screens."""

import re
from time import monotonic

import pytest

from app.domain import orders
from app.extensions import db
from app.models import Process
from tests.cast import make_cast
from tests.doctor.installation import trace
from tests.factories import place, token_of
from tests.gateway.screen import Screen


@pytest.fixture
def connect(installation):
    """A screen in front of the installation's gateway."""
    opened = []

    def screen(auth):
        config = installation.config
        opened.append(Screen(config.gateway_port, auth, origin=config.allowed_origins[0]))
        return opened[-1]

    yield screen
    for each in opened:
        each.close()


@pytest.fixture
def tablet(connect, people):
    """The vendor's screen, live."""
    tablet = connect({"token": token_of(people.vendor), "screen": {"id": "tablet-1", "name": "Kitchen tablet"}})
    tablet.ready()
    return tablet


def test_it_follows_each_event_to_sockets_and_screens(installation, people, tablet):
    order = place(people).order
    tablet.event()
    seen = {"order_number": order.number, "version": 1, "audible": True, "visible": True}
    assert tablet.ask("seen", seen)["ok"]
    orders.accept(order, by=people.vendor)
    tablet.event()
    db.session.rollback()
    lines = trace(installation.app, order.number)
    received = next(line for line in lines if "OrderReceived" in line)
    assert lines[0] == f"Order {order.number}: accepted, version 2"
    assert re.search(r"written \S+Z, position \d+; gateway \(\S+\) sent it to 1 socket after \d+ ms", received)
    assert any(re.search(r"user\.\d+\.orders: .* found the room empty", line) for line in lines)
    assert any(
        re.fullmatch(r"  seen on Kitchen tablet of Vendor Person after \d+ ms, visible, audible", line)
        for line in lines
    )
    assert sum(line.startswith("version ") for line in lines) == 2


def test_it_says_who_was_refused(installation, people, connect):
    connect({"token": "pl_nothing"}).answer()
    assert re.search(r"gateway \(\S+\) has refused since it started: .*1004 ", _traced(installation, people)[-1])


def test_it_says_which_gateway_cannot_be_asked_from_here(alone, lives):
    lives("gateway")
    with db.engine.begin() as connection:
        connection.execute(Process.__table__.update().values(host="elsewhere"))
    order = place(make_cast()).order
    db.session.rollback()
    assert "listens on its own machine alone" in "".join(trace(alone, order.number))


def test_it_refuses_a_number_that_is_nobodys(alone):
    result = alone.test_cli_runner().invoke(args=["events", "trace", "NOBODY"])
    assert result.exit_code == 1
    assert "There is no order NOBODY." in result.output


def _traced(installation, people):
    """The trace of a new order that has reached the gateway."""
    order = place(people).order
    latest = monotonic() + 15
    while "found the room empty" not in (lines := trace(installation.app, order.number))[3]:
        assert monotonic() < latest, lines
    return lines
