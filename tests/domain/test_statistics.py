"""Figures about orders: what is open, late, unclaimed, cancelled, how many came and how fast they were accepted."""

from datetime import timedelta

from sqlalchemy import update

from app.contract.times import now
from app.domain import orders, statistics
from app.domain.days import Span
from app.domain.statistics import Cancelled
from app.extensions import atomic, db
from app.models import Order
from tests.factories import order_in, place


def changed(order: Order, **values: object) -> None:
    with atomic() as session:
        session.execute(update(Order).where(Order.id == order.id).values(**values))


def test_open_orders_are_counted_by_state_and_ended_ones_are_not(cast):
    for status in ("placed", "placed", "accepted", "collected", "cancelled"):
        order_in(cast, status)
    found = statistics.open_orders(db.session())
    assert {status: number for status, number in found.items() if number} == {"placed": 2, "accepted": 1}
    assert found["scheduled"] == 0
    assert "collected" not in found


def test_late_is_what_the_kitchen_has_past_its_promise(cast):
    at = now()
    for status in ("accepted", "ready_for_pickup", "collected", "placed"):
        changed(order_in(cast, status), promised_by=at - timedelta(minutes=1))
    changed(order_in(cast, "preparing"), promised_by=at + timedelta(minutes=1))
    assert statistics.how_many(db.session(), statistics.late(at)) == 2


def test_unclaimed_is_what_waits_past_half_of_its_time(cast):
    at = now()
    for left in (3.9, 4.1):
        changed(place(cast).order, due_at=at + timedelta(minutes=left))
    changed(order_in(cast, "awaiting_payment"), due_at=at)
    assert statistics.how_many(db.session(), statistics.unclaimed(db.session(), at)) == 1


def test_without_restaurants_nothing_is_unclaimed(app):
    assert statistics.how_many(db.session(), statistics.unclaimed(db.session(), now())) == 0


def test_orders_are_counted_by_when_they_became_the_kitchens_business(cast):
    at = now()
    for minutes in (1, 2, 70):
        changed(place(cast).order, confirmed_at=at - timedelta(minutes=minutes))
    order_in(cast, "awaiting_payment")
    hour = timedelta(hours=1)
    spans = [Span(at - 3 * hour, at - 2 * hour), Span(at - 2 * hour, at - hour), Span(at - hour, at)]
    assert statistics.confirmed_in(db.session(), spans) == [0, 1, 2]


def test_acceptance_is_the_middle_one_and_what_most_did_not_exceed(cast):
    at = now()
    for seconds in (10, 20, 30, 40, 500):
        order = order_in(cast, "accepted")
        changed(order, placed_at=at - timedelta(seconds=seconds), accepted_at=at)
    old = order_in(cast, "accepted")
    changed(old, confirmed_at=at - timedelta(days=8), placed_at=at - timedelta(hours=1), accepted_at=at)
    place(cast)
    found = statistics.acceptance(db.session(), at - timedelta(days=7))
    assert found == statistics.Acceptance(5, 30, 500)


def test_of_many_orders_the_last_ones_are_measured(cast, monkeypatch):
    monkeypatch.setattr(statistics, "MEASURED", 1)
    at = now()
    for seconds, confirmed in ((50, 2), (10, 1)):
        order = order_in(cast, "accepted")
        values = {"placed_at": at - timedelta(seconds=seconds), "accepted_at": at}
        changed(order, confirmed_at=at - timedelta(minutes=confirmed), **values)
    assert statistics.acceptance(db.session(), at - timedelta(days=7)) == statistics.Acceptance(1, 10, 10)


def test_where_nothing_was_accepted_there_is_no_acceptance(cast):
    place(cast)
    assert statistics.acceptance(db.session(), now() - timedelta(days=7)) is None


def test_cancellations_are_counted_by_kind(cast):
    at = now()
    order_in(cast, "cancelled")
    yesterday = order_in(cast, "cancelled")
    changed(yesterday, changed_at=at - timedelta(days=2))
    changed(order_in(cast, "cancelled"), changed_at=at - timedelta(days=8))
    orders.cancel(place(cast).order, by=cast.customer, reason_code="changed_mind")
    place(cast)
    found = statistics.cancellations(db.session(), at - timedelta(days=1), at - timedelta(days=7))
    assert found == {"declined": Cancelled(1, 2), "customer": Cancelled(1, 1)}
