"""Who fetches an order, on its card: looked for, on the way, here, and the code that they type."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event

from app.contract.times import now
from app.domain import fixes, offers
from app.extensions import db
from tests.cast import COUNTER
from tests.factories import delivery, on_duty, ticket_in


@pytest.fixture
def backend():
    """What is drawn is the same on either database; the verbs are tested on both."""
    return "sqlite"


FAR = (38.7239, -9.1334)  # 1.4 km by road: five minutes


@pytest.fixture
def card(cast, as_person):
    """The card of a ticket's order."""
    return lambda ticket: as_person(cast.vendor).get(f"/vendor/orders/{ticket.order.number}/card").text


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("unassigned", "Looking for a driver"),
        ("offered", "Looking for a driver"),
        ("needs_dispatcher", "No driver found"),
        ("assigned", "Driver Person is on the way"),
        ("at_pickup", "Driver Person is here"),
    ],
)
def test_it_says_where_its_driver_is(cast, card, status, says):
    ticket = ticket_in(cast, status)
    assert says in card(ticket)


def test_it_says_nothing_before_anybody_is_looked_for(cast, card):
    assert "pl-ticket-ride" not in card(delivery(cast, "preparing").ticket)


def test_it_says_in_how_many_minutes_they_are_here(cast, card):
    ticket = ticket_in(cast, "assigned")
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        fixes.record(cast.driver, *FAR)
        assert "about 5 min" in card(ticket)
    with time_machine.travel(now() + timedelta(minutes=25), tick=False):
        assert "data-counts-minutes" not in card(ticket)


@pytest.mark.parametrize("status", ["assigned", "at_pickup"])
def test_it_shows_the_code_that_the_driver_types(cast, card, status):
    ticket = ticket_in(cast, status)
    assert f'<strong class="pl-num">{ticket.order.handover_code}</strong>' in card(ticket)


@pytest.mark.parametrize("status", ["unassigned", "offered", "needs_dispatcher"])
def test_it_shows_it_to_nobody_before(cast, card, status):
    ticket = ticket_in(cast, status)
    assert f">{ticket.order.handover_code}<" not in card(ticket)


def test_a_board_takes_the_same_few_statements_however_many_drivers_come(cast, as_person):
    vendor = as_person(cast.vendor)

    def statements() -> int:
        seen: list[str] = []
        listen = lambda *args: seen.append(args[2])  # noqa: E731  (removed again below)
        event.listen(db.engine, "before_cursor_execute", listen)
        vendor.get("/vendor/")
        event.remove(db.engine, "before_cursor_execute", listen)
        return len(seen)

    ticket_in(cast, "assigned")
    few = statements()
    for _ in range(3):
        delivery(cast, "ready_for_pickup")
    ticket = delivery(cast, "ready_for_pickup").ticket
    on_duty(cast.other_driver, *COUNTER)
    offers.offer(ticket, cast.other_driver, by=cast.admin)
    offers.accept(ticket, by=cast.other_driver)
    assert statements() == few
