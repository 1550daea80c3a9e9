"""What time does to orders."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event, text
from sqlalchemy.orm.attributes import set_committed_value

from app.contract.times import now
from app.domain import order_deadlines, orders
from app.domain.actor import SYSTEM
from app.errors import LostRace
from app.extensions import atomic, db
from app.models import Order
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
    set_committed_value(order, "version", 1)
    with pytest.raises(LostRace):
        orders.cancel(order, by=SYSTEM, kind="expired", expected_version=1)
    assert order.status == "accepted"


def test_it_bears_that_a_whole_batch_was_accepted_after_it_was_read(cast):
    """The first race that is lost has the others read anew: they are not what they were when they were due."""
    place(cast), place(cast)
    db.session.remove()
    read = []

    def accept_when_both_are_read(_order, _context):
        read.append(1)
        if len(read) == 2:
            with db.engine.begin() as somebody:
                somebody.execute(text("update orders set status = 'accepted', due_at = null, version = 2"))

    event.listen(Order, "load", accept_when_both_are_read)
    try:
        assert after(60) == 0
    finally:
        event.remove(Order, "load", accept_when_both_are_read)
    assert [order.status for order in Order.query] == ["accepted", "accepted"]


def test_a_released_order_is_never_left_unaccepted_where_the_restaurant_takes_long(cast):
    order_in(cast, "scheduled")
    with atomic():
        cast.restaurant.auto_accept = True
        cast.restaurant.preparation_minutes = 300
    assert after(60 * 4) == 1
    assert [(order.status, order.prep_minutes) for order in Order.query] == [("accepted", 300)]


def test_it_accepts_a_paid_order_where_the_restaurant_wants_that(cast):
    order = order_in(cast, "awaiting_payment")
    with atomic():
        cast.restaurant.auto_accept = True
    orders.settle(order, by=cast.admin, note="Receipt RKT123")
    assert (order.status, order.version) == ("accepted", 3)
