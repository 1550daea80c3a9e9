"""`flask events trace`: of each event where it is, with real gateways and screens."""

import re

import pytest

from app.domain import orders
from app.extensions import db
from tests.doctor.installation import trace
from tests.factories import place, token_of
from tests.gateway.screen import Screen


@pytest.fixture
def tablet(installation, people):
    """The vendor's screen, live."""
    screen = {"id": "tablet-1", "name": "Kitchen tablet"}
    config = installation.config
    with Screen(
        config.gateway_port,
        {"token": token_of(people.vendor), "screen": screen},
        origin=config.allowed_origins[0],
    ) as tablet:
        tablet.ready()
        yield tablet


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
    # Of the second version nothing was said to be seen.
    assert not any("seen on" in line for line in lines[lines.index("", 2) :][1:] if "version 1" not in line)


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
