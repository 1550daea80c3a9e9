"""`flask events trace`: of each event where it is, with real gateways and screens."""

import re
from time import monotonic

import pytest

from app.domain import orders
from app.extensions import db
from tests.doctor.installation import trace
from tests.factories import place, token_of
from tests.gateway.process import Gateway
from tests.gateway.screen import Screen


@pytest.fixture
def connect(installation):
    """A screen in front of a gateway of the installation (default: its own)."""
    opened = []

    def screen(auth, port=None):
        config = installation.config
        opened.append(Screen(port or config.gateway_port, auth, origin=config.allowed_origins[0]))
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


@pytest.mark.parametrize("backend", ["postgresql"])
def test_each_of_several_gateways_answers_for_itself(installation, people, connect, tablet):
    other = installation.other(Gateway)
    elsewhere = [connect({"token": token_of(people.vendor)}, other.port) for _ in range(2)]
    for screen in elsewhere:
        screen.ready()
    order = place(people).order
    for screen in (tablet, *elsewhere):
        screen.event()
    (received,) = [line for line in trace(installation.app, order.number) if "OrderReceived" in line]
    pids = [installation.parts["gateway"].process.pid, other.process.pid]
    assert re.search(rf":{pids[0]}\) sent it to 1 socket .*:{pids[1]}\) sent it to 2 sockets ", received)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_it_says_when_no_gateway_can_answer(installation, people):
    order = place(people).order
    installation.parts["gateway"].stop()
    lines = trace(installation.app, order.number)
    told = next(line for line in lines if "OrderReceived" in line)
    assert "NOT SENT: no gateway lives" in told


def test_it_refuses_a_number_that_is_nobodys(installation):
    result = installation.app.test_cli_runner().invoke(args=["events", "trace", "NOBODY"])
    assert result.exit_code == 1
    assert "There is no order NOBODY." in result.output


def _traced(installation, people):
    """The trace of a new order that has reached the gateway."""
    order = place(people).order
    latest = monotonic() + 15
    while "found the room empty" not in (lines := trace(installation.app, order.number))[3]:
        assert monotonic() < latest, lines
    return lines
