"""The books of a day: every payment once, and what does not add up."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from app.contract.times import now
from app.domain import payment_review, reconciliation, refunds
from app.domain.reconciliation import Sum
from app.extensions import atomic, db
from app.models import HotspotUser, Order
from tests.factories import order_in, payment_of, place, refund_of, wifi_package

UTC_ZONE = ZoneInfo("UTC")


def books(days_ago: int = 0):
    return reconciliation.of_day(db.session(), now().date() - timedelta(days=days_ago), UTC_ZONE)


def receipts(days_ago: int = 0):
    return list(reconciliation.receipts(db.session(), now().date() - timedelta(days=days_ago), UTC_ZONE))


def paid_order(cast, **details):
    order = order_in(cast, "awaiting_payment")
    values = {"payment_status": "paid", "status": "placed", "confirmed_at": now(), **details}
    with atomic() as session:
        session.execute(update(Order).where(Order.id == order.id).values(**values))
    return order


def test_money_is_added_up_by_currency_method_and_purpose(cast):
    order = paid_order(cast)
    payment_of(order, amount_minor=100)
    payment_of(order, amount_minor=11)
    payment_of(order, amount_minor=5, method="cash", receipt=None)
    payment_of(wifi_package(cast.other_restaurant), amount_minor=7)
    payment_of(order, at=now() - timedelta(days=1))
    assert books().sums == [
        Sum("EUR", "cash", "orders", 1, 5),
        Sum("EUR", "mpesa", "orders", 2, 111),
        Sum("JPY", "mpesa", "wifi", 1, 7),
    ]
    assert len(receipts()) == 4
    assert len(receipts(1)) == 1


def test_refunds_stand_on_the_day_they_came_to_be_owed_and_on_the_day_they_were_sent(cast):
    owed, sent = refund_of(payment_of(place(cast).order)), refund_of(payment_of(place(cast).order))
    refunds.mark_sent(sent, reference="QKBACK1", by=cast.admin)
    found = books()
    assert [refund.id for refund in found.refunds_owed] == [owed.id]
    assert [refund.id for refund in found.refunds_sent] == [sent.id]
    assert not books(1).refunds_owed


def test_what_a_person_looks_at_and_what_one_decided_are_listed(cast):
    waiting = payment_of(order_in(cast, "awaiting_payment"), "needs_review")
    asked = {"checkout_request_id": "ws_CO_1", "prompted_at": now()}
    decided = payment_of(order_in(cast, "awaiting_payment"), "needs_review", **asked)
    payment_review.confirm(decided, by=cast.admin, expected_version=1, note="in the portal")
    vouched = payment_of(paid_order(cast))
    payment_of(paid_order(cast), checkout_request_id="ws_CO_2", prompted_at=now())
    found = books()
    assert [payment.id for payment in found.under_review] == [waiting.id]
    assert {payment.id for payment in found.by_hand} == {decided.id, vouched.id}


def differences():
    return [(each.kind, (each.order or each.payment).id) for each in books().differences]


def test_what_adds_up_is_no_difference(cast):
    payment_of(paid_order(cast))
    order_in(cast, "collected")
    refund_of(payment_of(order_in(cast, "cancelled")))
    package = wifi_package(cast.restaurant)
    bought = payment_of(package)
    with atomic() as session:
        named = {"package_id": package.id, "restaurant_id": cast.restaurant.id, "code": "ABCDEFGH"}
        session.add(HotspotUser(payment_id=bought.id, expires_at=now(), **named))
    assert differences() == []


def test_a_paid_order_without_a_payment_is_one(cast):
    order = paid_order(cast)
    payment_of(order, "rejected")
    assert differences() == [("order_without_payment", order.id)]


@pytest.mark.parametrize("status", ["awaiting_payment", "cancelled"])
def test_a_payment_that_settled_nothing_is_one(cast, status):
    payment = payment_of(order_in(cast, status))
    assert differences() == [("payment_without_order", payment.id)]


def test_a_second_payment_for_an_order_is_one(cast):
    order = paid_order(cast)
    _, second = payment_of(order), payment_of(order)
    assert differences() == [("paid_twice", second.id)]


def test_a_wifi_payment_without_a_pass_is_one(cast):
    payment = payment_of(wifi_package(cast.restaurant))
    assert differences() == [("payment_without_pass", payment.id)]
