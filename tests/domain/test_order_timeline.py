"""All that is known of an order, in the order of time."""

import pytest

from app.domain import order_timeline, orders
from app.extensions import atomic, db
from app.models import EventLog, Receipt
from tests.factories import order_in, payment_of, place, refund_of, ticket_in


def told(order, kind: str) -> list[str]:
    return [moment.title for moment in order_timeline.of(db.session(), order) if moment.kind == kind]


def test_it_tells_every_change_in_the_order_of_time(cast):
    order = order_in(cast, "ready_for_pickup")
    moments = order_timeline.of(db.session(), order)
    assert told(order, "state") == ["placed", "accepted", "preparing", "ready_for_pickup"]
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments)


def test_it_tells_of_the_delivery_and_who_was_asked(cast):
    ticket = ticket_in(cast, "assigned")
    titles = told(ticket.order, "delivery")
    assert "Driver Person was asked" in titles
    assert "The offer to Driver Person was accepted" in titles
    assert titles[-1] == "The offer to Driver Person was accepted"


def test_an_event_for_many_rooms_is_one_moment_that_says_where_it_is(cast):
    order = place(cast).order
    events = [moment for moment in order_timeline.of(db.session(), order) if moment.kind == "event"]
    assert {moment.title for moment in events} >= {"OrderCreated", "OrderReceived"}
    created = next(moment for moment in events if moment.title == "OrderCreated")
    assert "admin.orders" in created.text
    assert f"user.{cast.customer.id}.orders" in created.text
    is_numbered = EventLog.place(db.session) is EventLog.id
    assert ("numbered" if is_numbered else "waits for its number") in created.text


@pytest.mark.parametrize("backend", ["sqlite"])
def test_it_tells_of_money_requests_promises_and_screens(cast):
    order = order_in(cast, "accepted")
    orders.request_cancellation(order, by=cast.customer, note="Wrong dish")
    payment = payment_of(order)
    refund_of(payment)
    with atomic() as session:
        who = {"person_id": cast.vendor.id, "screen_id": "s1", "screen_name": "Kitchen tablet"}
        session.add(Receipt(order_number=order.number, version=2, audible=True, visible=True, **who))
    assert told(order, "guest")[-1] == "Asked to cancel"
    assert told(order, "guest")[0].startswith("Promised for ")
    assert told(order, "money") == ["Payment begun (mpesa)", "Payment paid", "A refund is owed"]
    assert told(order, "receipt") == ["Kitchen tablet drew version 2"]
