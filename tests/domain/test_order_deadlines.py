"""What time does to orders."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.orm.attributes import set_committed_value

from app.contract.times import now
from app.domain import order_deadlines, orders
from app.domain.actor import SYSTEM
from app.errors import LostRace
from app.extensions import atomic, db
from tests.factories import order_in, place


def after(minutes: float) -> int:
    with time_machine.travel(now() + timedelta(minutes=minutes)):
        return order_deadlines.act_on_due()


def test_it_expires_what_nobody_accepted_in_time(cast):
    order = place(cast).order
    assert after(cast.restaurant.acceptance_minutes - 0.1) == 0
    assert after(cast.restaurant.acceptance_minutes + 0.1) == 1
    db.session.refresh(order)
    assert (order.status, order.cancellation_kind, order.changed_by_role) == ("cancelled", "expired", "system")


def test_it_leaves_alone_what_was_accepted(cast):
    order_in(cast, "accepted")
    assert after(60 * 24) == 0


def test_it_gives_up_what_nobody_paid(cast):
    order = order_in(cast, "awaiting_payment")
    assert after(31) == 1
    db.session.refresh(order)
    assert order.cancellation_kind == "abandoned"


def test_it_gives_a_scheduled_order_to_the_kitchen_in_time(cast):
    order = order_in(cast, "scheduled")
    release = order.scheduled_for - timedelta(minutes=cast.restaurant.preparation_minutes + 5)
    minutes = (release - now()).total_seconds() / 60
    assert after(minutes - 1) == 0
    assert after(minutes + 0.1) == 1
    db.session.refresh(order)
    assert order.status == "placed"
    assert order.accept_by == order.placed_at + timedelta(minutes=cast.restaurant.acceptance_minutes)


def test_it_accepts_a_released_order_where_the_restaurant_wants_that(cast):
    order = order_in(cast, "scheduled")
    with atomic():
        cast.restaurant.auto_accept = True
    assert after(60 * 4) == 1
    db.session.refresh(order)
    assert (order.status, order.version) == ("accepted", 3)


def test_it_yields_to_a_person_who_was_faster(cast):
    order = place(cast).order
    orders.accept(order, by=cast.vendor)
    # The worker had read the row before that.
    set_committed_value(order, "status", "placed")
    with pytest.raises(LostRace):
        orders.cancel(order, by=SYSTEM, kind="expired", expected_version=1)
    assert order.status == "accepted"
