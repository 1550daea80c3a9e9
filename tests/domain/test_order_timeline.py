"""All that is known of an order, in the order of time."""

import pytest

from app.domain import order_timeline, orders
from app.extensions import atomic, db
from app.models import EventLog, ProviderMessage, Receipt
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
    assert told(ticket.order, "delivery") == [
        "Looking for a driver",
        "Driver Person was asked",
        "The offer to Driver Person was accepted",
        "Driver on the way to the restaurant",
    ]


@pytest.mark.parametrize("status", ["delivered", "failed"])
def test_what_order_and_ticket_do_in_one_step_is_told_once(cast, status):
    moments = order_timeline.of(db.session(), ticket_in(cast, status).order)
    steps = [moment for moment in moments if moment.change]
    assert [moment.title for moment in steps if moment.is_told] == [
        "On its way",
        {"delivered": "Delivered", "failed": "Could not be delivered"}[status],
    ]
    shown = [moment.title for moment in steps if not moment.is_told]
    assert len(shown) == len(set(shown))


@pytest.mark.parametrize(
    ("kind", "outcome", "says"),
    [
        ("push", "prompted", ("M-Pesa answered", "It puts the prompt onto the phone.")),
        ("query", "pending", ("M-Pesa was asked how it went", "It goes on; there is no end yet.")),
        ("callback", "settled", ("M-Pesa called back", "It is paid.")),
        ("callback", None, ("M-Pesa called back", "Nobody has looked at it yet.")),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"])
def test_it_tells_in_plain_words_what_the_provider_said(cast, kind, outcome, says):
    order = place(cast).order
    payment = payment_of(order)
    with atomic() as session:
        session.add(ProviderMessage(provider="mpesa", kind=kind, payment_id=payment.id, body="{}", outcome=outcome))
    assert says in [(moment.title, moment.text) for moment in order_timeline.of(db.session(), order)]


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
    assert told(order, "money") == ["Payment begun (M-Pesa)", "Payment paid", "A refund is owed"]
    assert told(order, "receipt") == ["Kitchen tablet drew version 2"]
