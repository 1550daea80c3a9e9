"""The clock of a card: what it runs towards is the kitchen's own time, and what was wished for is said."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app.contract.times import iso
from app.domain import orders
from app.domain.actor import SYSTEM
from app.extensions import db
from tests.factories import place

pytestmark = [pytest.mark.usefixtures("csrf_off"), pytest.mark.parametrize("backend", ["sqlite"])]

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TWO = NOON + timedelta(hours=2)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def wished(cast, clock):
    """An order for two o'clock, which has come to the kitchen half an hour before."""
    order = place(cast, scheduled_for=TWO).order
    clock.move_to(TWO - timedelta(minutes=30))
    orders.release(order, by=SYSTEM)
    return order


def card(client, order):
    return client.get(f"/vendor/orders/{order.number}/card").text


def counts_to(page):
    return re.findall(r'data-counts-down="([^"]+)"', page)


def offered(page):
    return [int(minutes) for minutes in re.findall(r'name="prep_minutes" value="(\d+)"', page)]


def test_a_delivery_counts_down_to_the_kitchens_part_of_it(cast, clock, as_person):
    order = place(cast, fulfilment="delivery", address="1 Long Road").order
    orders.accept(order, by=cast.vendor, prep_minutes=20)
    assert counts_to(card(as_person(cast.vendor), order)) == [iso(NOON + timedelta(minutes=20))]
    orders.mark_ready(order, by=cast.vendor)
    assert counts_to(card(as_person(cast.vendor), order)) == []


def test_what_its_guest_fetches_counts_down_to_when_they_come(cast, clock, as_person):
    order = place(cast).order
    orders.accept(order, by=cast.vendor, prep_minutes=20)
    orders.mark_ready(order, by=cast.vendor)
    assert counts_to(card(as_person(cast.vendor), order)) == [iso(NOON + timedelta(minutes=20))]


def test_a_wished_time_stands_on_the_card_and_on_the_button(cast, wished, as_person):
    page = card(as_person(cast.vendor), wished)
    assert "wanted for" in page
    assert "ordered" not in page
    assert "Accept · 14:00" in page
    assert all(minutes > 30 for minutes in offered(page))


def test_to_accept_a_wished_time_keeps_it(cast, wished, as_person):
    as_person(cast.vendor).post(
        f"/vendor/orders/{wished.number}/acceptance", data={"keep": "y", "expected_version": "2"}
    )
    db.session.refresh(wished)
    assert (wished.status, wished.ready_by, wished.promised_from, wished.prep_minutes) == ("accepted", TWO, TWO, 30)


@pytest.mark.parametrize(("minutes", "promised"), [(10, TWO), (45, TWO + timedelta(minutes=15))])
def test_only_minutes_that_end_later_move_a_wished_time(cast, wished, minutes, promised):
    orders.accept(wished, by=cast.vendor, prep_minutes=minutes)
    assert wished.promised_from == promised


def test_what_is_accepted_after_its_time_is_promised_anew(cast, wished, clock):
    clock.move_to(TWO + timedelta(minutes=1))
    orders.accept(wished, by=cast.vendor)
    assert wished.promised_from > TWO
