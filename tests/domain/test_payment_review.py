"""A person decides about a payment: it is paid with all that follows, or it counts for nothing."""

import json

import pytest

from app.contract.times import now
from app.domain import payment_review, refunds
from app.domain.payment_review import ReceiptUsed
from app.errors import Conflict, Forbidden, Invalid, LostRace
from app.extensions import atomic, db
from app.models import EventLog, Payment, Refund
from tests.factories import order_in, payment_of, place, refund_of, wifi_package


def decide(verb, payment, by, **said):
    return verb(payment, by=by, **{"expected_version": payment.version, "note": "seen in the portal", **said})


def confirm(payment, by, **said):
    return decide(payment_review.confirm, payment, by, **said)


def deny(payment, by, **said):
    return decide(payment_review.deny, payment, by, **said)


def completed() -> list[dict]:
    rows = db.session.query(EventLog).filter_by(name="PaymentCompleted").order_by(EventLog.id)
    return [{**json.loads(row.data)["payment"], "room": row.room} for row in rows]


def test_a_confirmed_payment_settles_its_order_and_is_told(cast):
    order = order_in(cast, "awaiting_payment")
    payment = payment_of(order, "needs_review", review_reason="M-Pesa contradicts itself.")
    confirm(payment, cast.admin)
    assert (payment.status, payment.version, order.status, order.payment_status) == ("paid", 2, "placed", "paid")
    assert payment.settled_at is not None
    assert payment.review_reason.startswith("M-Pesa contradicts itself.. Confirmed by Admin Person, 20")
    assert payment.review_reason.endswith("seen in the portal")
    told = completed()
    assert [each["room"] for each in told] == ["dashboard-stats", "payments"]
    assert (told[0]["order_number"], told[0]["receipt"]) == (order.number, payment.receipt)


def test_without_a_receipt_one_must_be_typed(cast):
    payment = payment_of(order_in(cast, "awaiting_payment"), "unknown")
    with pytest.raises(Invalid):
        confirm(payment, cast.admin)
    confirm(payment, cast.admin, receipt=" qk7abc1234 ")
    assert (payment.status, payment.receipt) == ("paid", "QK7ABC1234")


def test_a_receipt_counts_once(cast):
    used = payment_of(place(cast).order)
    payment = payment_of(order_in(cast, "awaiting_payment"), "unknown")
    with pytest.raises(ReceiptUsed):
        confirm(payment, cast.admin, receipt=used.receipt)
    assert db.session.get(Payment, payment.id, populate_existing=True).status == "unknown"


@pytest.mark.parametrize(("status", "reason"), [("cancelled", "order_gone"), ("collected", "paid_twice")])
def test_money_for_an_order_that_does_not_wait_goes_back(cast, status, reason):
    order = order_in(cast, status)
    payment = payment_of(order, "needs_review")
    confirm(payment, cast.admin)
    [refund] = db.session.query(Refund)
    assert (refund.reason, refund.amount_minor, order.status) == (reason, order.total_minor, status)


def test_what_was_settled_before_is_settled_once(cast):
    order = order_in(cast, "collected")
    payment = payment_of(order, "needs_review", settled_at=now())
    confirm(payment, cast.admin)
    assert (payment.status, completed(), db.session.query(Refund).count()) == ("paid", [], 0)


def test_a_wifi_payment_can_be_confirmed(cast):
    payment = payment_of(wifi_package(cast.restaurant), "needs_review")
    confirm(payment, cast.admin)
    assert payment.status == "paid"
    assert completed()[0]["order_number"] is None


def test_a_denied_payment_gives_its_receipt_up(cast):
    order = order_in(cast, "awaiting_payment")
    payment = payment_of(order, "needs_review", receipt="FORGED1234")
    deny(payment, cast.admin)
    assert (payment.status, payment.receipt, order.status) == ("rejected", None, "awaiting_payment")
    assert "Denied by Admin Person" in payment.review_reason
    assert "FORGED1234" in payment.review_reason
    assert db.session.query(Refund).count() == 0


def test_money_that_came_and_is_denied_goes_back(cast):
    payment = payment_of(order_in(cast, "awaiting_payment"), "needs_review", receipt="QK7ABC1234")
    deny(payment, cast.admin, refund=True)
    [refund] = db.session.query(Refund)
    assert (payment.status, payment.receipt, refund.reason) == ("paid", "QK7ABC1234", "review")


def test_where_no_money_is_known_none_goes_back(cast):
    payment = payment_of(order_in(cast, "awaiting_payment"), "unknown")
    with pytest.raises(Conflict):
        deny(payment, cast.admin, refund=True)


@pytest.mark.parametrize("verb", [confirm, deny])
def test_only_what_is_open_can_be_decided_and_only_once(cast, verb):
    payment = payment_of(order_in(cast, "awaiting_payment"), "needs_review")
    with pytest.raises(Forbidden):
        verb(payment, cast.vendor)
    with pytest.raises(LostRace):
        verb(payment, cast.admin, expected_version=7)
    verb(payment, cast.admin)
    with pytest.raises(Conflict):
        verb(payment, cast.admin)


def test_whoever_saw_an_older_version_decides_nothing(cast):
    payment = payment_of(order_in(cast, "awaiting_payment"), "needs_review")
    with atomic() as session:
        session.query(Payment).filter_by(id=payment.id).update({"version": 2, "status": "paid", "settled_at": now()})
    with pytest.raises(LostRace):
        deny(payment, cast.admin, expected_version=1)
    assert db.session.get(Payment, payment.id, populate_existing=True).status == "paid"


def test_a_long_story_keeps_the_decision(cast):
    payment = payment_of(order_in(cast, "awaiting_payment"), "needs_review", review_reason="x" * 300)
    confirm(payment, cast.admin, note="y" * payment_review.LONGEST_NOTE)
    assert len(payment.review_reason) == 300
    assert payment.review_reason.endswith("y" * payment_review.LONGEST_NOTE)


def test_a_refund_is_marked_as_sent_once_with_its_own_reference(cast):
    order = order_in(cast, "cancelled")
    with atomic():
        order.payment_status = "refunding"
    refund, other = refund_of(payment_of(order)), refund_of(payment_of(place(cast).order))
    assert refunds.mark_sent(refund, reference=" QKBACK1 ", by=cast.admin)
    assert (refund.status, refund.sent_reference, refund.sent_by_id) == ("sent", "QKBACK1", cast.admin.id)
    assert order.payment_status == "refunded"
    assert not refunds.mark_sent(refund, reference="QKBACK2", by=cast.admin)
    with pytest.raises(Conflict):
        refunds.mark_sent(other, reference="QKBACK1", by=cast.admin)
    with pytest.raises(Invalid):
        refunds.mark_sent(other, reference=" ", by=cast.admin)
    with pytest.raises(Forbidden):
        refunds.mark_sent(other, reference="QKBACK3", by=cast.vendor)
