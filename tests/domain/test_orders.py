"""The verbs of an order, each with its history row and its events in the same transaction."""

import json
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm.attributes import set_committed_value

from app.contract import rooms
from app.contract.times import now
from app.domain import orders
from app.domain.actor import SYSTEM
from app.errors import Conflict, EdgeForbidden, Forbidden, Invalid, LostRace
from app.extensions import atomic, db
from app.models import EventLog, Order, OrderChange
from tests.factories import order_in, place
from tests.trail import trail


def events_of(order: Order) -> list[EventLog]:
    return list(db.session.scalars(select(EventLog).where(EventLog.order_id == order.id).order_by(EventLog.id)))


def history_of(order: Order) -> list[OrderChange]:
    changes = select(OrderChange).where(OrderChange.order_id == order.id).order_by(OrderChange.version)
    return list(db.session.scalars(changes))


def test_it_places_an_order_with_its_first_history_row_and_its_events(cast):
    order = place(cast).order
    assert (order.status, order.version, order.total_minor, order.items_count) == ("placed", 1, 2 * 450 + 1250, 3)
    assert [(c.from_status, c.to_status, c.version) for c in history_of(order)] == [(None, "placed", 1)]
    assert [(e.name, e.room) for e in events_of(order)] == [
        ("OrderCreated", rooms.user_orders(cast.customer.id)),
        ("OrderCreated", rooms.ADMIN_ORDERS),
        ("OrderReceived", rooms.vendor_orders(cast.restaurant.id)),
    ]


def test_it_accepts_with_minutes_that_move_the_promise(cast):
    order = place(cast).order
    assert orders.accept(order, by=cast.vendor, prep_minutes=30)
    assert (order.status, order.version, order.prep_minutes, order.accept_by) == ("accepted", 2, 30, None)
    assert order.promised_from == order.accepted_at + timedelta(minutes=30)


def test_it_tells_every_room_of_a_change_once(cast):
    order = place(cast).order
    before = len(events_of(order))
    orders.accept(order, by=cast.vendor)
    told = events_of(order)[before:]
    assert Counter((e.name, e.room) for e in told) == {
        ("OrderStatusChanged", rooms.vendor_orders(cast.restaurant.id)): 1,
        ("OrderStatusChanged", rooms.user(cast.customer.id)): 1,
        ("OrderStatusChanged", rooms.order(order.number)): 1,
        ("order.status.updated", rooms.user_orders(cast.customer.id)): 1,
        ("order.status.updated", rooms.ADMIN_ORDERS): 1,
    }
    assert {json.loads(e.data)["event_id"] for e in told} == {told[0].event_id}
    assert {json.loads(e.data)["order_version"] for e in told} == {2}


def test_it_changes_nothing_when_the_order_is_there_already(cast):
    order = order_in(cast, "accepted")
    before = db.session.scalar(select(func.count(EventLog.id)))
    assert not orders.accept(order, by=cast.colleague)
    assert (order.version, db.session.scalar(select(func.count(EventLog.id)))) == (2, before)


def test_it_names_the_winner_to_the_loser_of_a_race(cast):
    order = place(cast).order
    stale = {column.name: getattr(order, column.name) for column in Order.__table__.c}
    orders.accept(order, by=cast.vendor)
    # The loser's page still holds the order as it was.
    for name, value in stale.items():
        set_committed_value(order, name, value)
    with pytest.raises(LostRace) as lost:
        orders.cancel(order, by=cast.colleague, reason_code="too_busy")
    assert lost.value.members["current_status"] == "accepted"
    assert lost.value.members["changed_by"]["name"] == cast.vendor.name
    assert "cancelled" in lost.value.members["allowed"]


def test_it_refuses_a_version_that_is_not_the_orders(cast):
    order = order_in(cast, "accepted")
    with pytest.raises(LostRace):
        orders.start(order, by=cast.vendor, expected_version=1)
    assert (order.status, order.version) == ("accepted", 2)


def test_it_refuses_an_edge_that_does_not_exist(cast):
    order = place(cast).order
    with pytest.raises(EdgeForbidden):
        orders.mark_ready(order, by=cast.vendor)


def test_it_refuses_a_role_that_may_not_walk_the_edge(cast):
    order = place(cast).order
    with pytest.raises(Forbidden):
        orders.accept(order, by=cast.customer)


def test_it_wants_a_reason_from_the_vendor_who_declines(cast):
    order = place(cast).order
    with pytest.raises(Invalid):
        orders.cancel(order, by=cast.vendor)
    orders.cancel(order, by=cast.vendor, reason_code="too_busy")
    assert (order.status, order.cancellation_kind, order.cancellation_reason) == ("cancelled", "declined", "too_busy")


@pytest.mark.parametrize(("who", "kind"), [("customer", "customer"), ("admin", "admin"), ("vendor", "declined")])
def test_it_keeps_which_kind_of_cancellation_it_was(cast, who, kind):
    order = place(cast).order
    orders.cancel(order, by=getattr(cast, who), reason_code="other")
    assert order.cancellation_kind == kind


def test_it_recalls_within_fifteen_minutes_only(cast):
    order = order_in(cast, "ready_for_pickup")
    assert orders.recall(order, by=cast.vendor)
    orders.mark_ready(order, by=cast.vendor)
    with time_machine.travel(now() + timedelta(minutes=16)), pytest.raises(Conflict):
        orders.recall(order, by=cast.vendor)


def test_it_restores_what_was_accepted_within_ten_minutes_only(cast):
    order = order_in(cast, "preparing")
    orders.cancel(order, by=cast.vendor, reason_code="kitchen_problem")
    assert orders.restore(order, by=cast.admin, note="The oven works again")
    assert (order.status, order.cancellation_kind, order.stop_acknowledged_at) == ("accepted", None, None)
    orders.cancel(order, by=cast.vendor, reason_code="kitchen_problem")
    with time_machine.travel(now() + timedelta(minutes=11)), pytest.raises(Conflict):
        orders.restore(order, by=cast.admin, note="Too late")


def test_it_never_restores_what_was_never_accepted(cast):
    order = order_in(cast, "cancelled")
    with pytest.raises(Conflict):
        orders.restore(order, by=cast.admin, note="Please")


def test_it_hides_an_unpaid_order_from_the_kitchen(cast):
    order = order_in(cast, "awaiting_payment")
    orders.cancel(order, by=cast.customer)
    assert not [e for e in events_of(order) if e.room.startswith("vendor-orders")]
    assert db.session.scalars(Order.visible_to(cast.vendor)).all() == []


def test_it_gives_a_paid_order_to_the_kitchen(cast):
    order = order_in(cast, "awaiting_payment")
    orders.settle(order, by=cast.admin, note="Receipt RKT123")
    assert (order.status, order.payment_status) == ("placed", "paid")
    assert [e.name for e in events_of(order) if e.room.startswith("vendor-orders")] == [
        "OrderStatusChanged",
        "OrderReceived",
    ]


def test_it_keeps_the_names_of_staff_from_the_customer(cast):
    order = order_in(cast, "accepted")
    for event in events_of(order):
        if not event.room.startswith(("vendor-orders", "admin")):
            assert cast.vendor.name not in event.data


def test_it_asks_the_kitchen_once_to_cancel(cast):
    order = order_in(cast, "preparing")
    first = orders.request_cancellation(order, by=cast.customer, note="Wrong address")
    again = orders.request_cancellation(order, by=cast.customer)
    assert first.id == again.id
    assert [e.name for e in events_of(order)].count("OrderCancellationRequested") == 2


def test_it_acknowledges_a_stop_once(cast):
    order = order_in(cast, "cancelled")
    assert orders.acknowledge_stop(order, by=cast.vendor)
    assert not orders.acknowledge_stop(order, by=cast.colleague)
    assert [e.name for e in events_of(order)].count("OrderStopAcknowledged") == 2
    assert trail() == [(cast.vendor.name, "order.stop_acknowledged", order.number, {}, {})]


def test_it_asks_for_the_right_code_at_the_hand_over(cast):
    order = place(cast, fulfilment="delivery", address="1 Street").order
    for verb in (orders.accept, orders.start, orders.mark_ready):
        verb(order, by=cast.vendor)
    wrong = "0000" if order.handover_code != "0000" else "1111"
    with pytest.raises(Invalid):
        orders.hand_over(order, by=cast.vendor, handover_code=wrong)
    assert orders.hand_over(order, by=cast.vendor, handover_code=order.handover_code)
    assert order.status == "picked_up"


def test_it_lets_the_system_cancel_only_with_a_kind(cast):
    order = place(cast).order
    with pytest.raises(ValueError, match="kind"):
        orders.cancel(order, by=SYSTEM)


@pytest.mark.parametrize("end", ["collected", "delivered"])
def test_it_counts_cash_as_paid_when_the_food_changes_hands(cast, end):
    assert order_in(cast, end).payment_status == "paid"


@pytest.mark.parametrize("again", ["release", "settle"])
def test_what_the_kitchen_has_already_is_not_accepted_by_rule(cast, again):
    order = place(cast).order
    with atomic():
        cast.restaurant.auto_accept = True
    before = len(events_of(order))
    if again == "release":
        assert not orders.release(order, by=SYSTEM)
    else:
        assert not orders.settle(order, by=cast.admin, note="Receipt RKT123")
    assert (order.status, order.version, len(events_of(order))) == ("placed", 1, before)


def test_a_request_to_cancel_is_told_of_the_order_as_it_is_by_then(cast):
    order = order_in(cast, "preparing")
    # The customer's request had read the order before the kitchen's last step.
    set_committed_value(order, "status", "accepted")
    set_committed_value(order, "version", 2)
    orders.request_cancellation(order, by=cast.customer)
    assert {json.loads(e.data)["order_version"] for e in events_of(order)[-2:]} == {3}


def test_nobody_asks_to_cancel_what_was_cancelled_meanwhile(cast):
    order = order_in(cast, "cancelled")
    set_committed_value(order, "status", "accepted")
    with pytest.raises(Conflict):
        orders.request_cancellation(order, by=cast.customer)
    assert "OrderCancellationRequested" not in [e.name for e in events_of(order)]
