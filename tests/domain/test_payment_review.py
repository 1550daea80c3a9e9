"""A person decides; and money that goes back."""

import pytest
from sqlalchemy import select

from app.domain import orders, payment_review, refunds
from app.errors import Conflict, Forbidden, Invalid, LostRace
from app.extensions import db
from app.models import Payment, Refund
from tests.daraja import callback
from tests.factories import attempt, order_in, payment_of, told, wifi_package
from tests.trail import trail


@pytest.fixture
def backend() -> str:
    return "sqlite"


@pytest.fixture
def order(cast, daraja):
    return order_in(cast, "awaiting_payment")


@pytest.fixture
def doubtful(order):
    payment = attempt(order)
    told(payment, callback(payment, amount=1))
    return payment


def how(payment, cast, note="I looked into the statement."):
    """What an admin says with a decision."""
    return {"by": cast.admin, "expected_version": payment.version, "note": note}


def test_confirmed_money_settles_the_order(cast, order, doubtful):
    assert payment_review.confirm(doubtful, **how(doubtful, cast, "The rest was cash.")) == "settled"
    db.session.refresh(order)
    assert (doubtful.status, order.status, order.changed_by_name) == ("paid", "placed", cast.admin.name)
    assert "were asked for.. Confirmed by Admin Person" in doubtful.review_reason
    assert doubtful.review_reason.endswith("The rest was cash.")
    assert len(db.session.scalars(select(Payment)).all()) == 1


def test_confirmed_money_for_an_order_that_is_gone_goes_back(cast, order, doubtful):
    orders.call_off(order, by=cast.customer)
    assert payment_review.confirm(doubtful, **how(doubtful, cast)) == "order_gone"
    assert db.session.scalars(select(Refund)).one().amount_minor == 100, "what came, not what was asked for"


def test_money_that_is_not_wanted_goes_back_and_the_order_waits_on(cast, order, doubtful):
    payment_review.deny(doubtful, **how(doubtful, cast), refund=True)
    refund = db.session.scalars(select(Refund)).one()
    db.session.refresh(order)
    assert (refund.reason, refund.amount_minor, order.status) == ("review", 100, "awaiting_payment")
    assert attempt(order).status == "prompted"


def test_money_that_never_came_counts_no_more(cast, order):
    payment = attempt(order)
    told(payment, callback(payment))
    told(payment, callback(payment, 1032))
    payment_review.deny(payment, **how(payment, cast))
    db.session.refresh(order)
    assert (payment.status, order.status, order.payment_status) == ("rejected", "placed", "unpaid")
    orders.cancel(order, by=cast.admin, reason_code="other")
    assert not db.session.scalars(select(Refund)).all()


def test_doubted_money_that_is_confirmed_counts_once(cast, order):
    payment = attempt(order)
    told(payment, callback(payment))
    told(payment, callback(payment, 1032))
    assert payment_review.confirm(payment, **how(payment, cast)) == "known"
    assert payment.status == "paid"
    assert not db.session.scalars(select(Refund)).all()


def test_each_decision_is_told_with_what_it_changed(cast, order, doubtful):
    receipt, other = doubtful.receipt, payment_of(order_in(cast, "awaiting_payment"), "needs_review")
    no_receipt = other.receipt
    payment_review.confirm(doubtful, **how(doubtful, cast, " The rest was cash. "))
    payment_review.deny(other, **how(other, cast, "Not in the portal."))
    confirmed, denied = trail()
    subject = f"Payment {doubtful.id}, {order.number}"
    paid = {"status": "needs_review"}, {"status": "paid", "note": "The rest was cash."}
    assert receipt
    assert confirmed == (cast.admin.name, "payment.confirmed", subject, *paid)
    assert (denied.action, denied.before) == ("payment.denied", {"status": "needs_review", "receipt": no_receipt})
    note = f"Not in the portal. (receipt {no_receipt})"
    assert denied.after == {"status": "rejected", "receipt": None, "note": note}


def test_only_an_admin_decides_and_says_why(cast, doubtful):
    for by, note, refusal in ((cast.vendor, "x", Forbidden), (cast.admin, " ", Invalid)):
        for verb in (payment_review.confirm, payment_review.deny):
            with pytest.raises(refusal):
                verb(doubtful, note=note, by=by, expected_version=doubtful.version)


def test_what_is_certain_is_not_decided(cast, order):
    payment = attempt(order)
    with pytest.raises(Conflict):
        payment_review.deny(payment, **how(payment, cast))


def test_what_changed_meanwhile_is_looked_at_again(cast, doubtful):
    seen = how(doubtful, cast)
    told(doubtful, callback(doubtful, amount=2))
    with pytest.raises(LostRace):
        payment_review.confirm(doubtful, **{**seen, "expected_version": seen["expected_version"] - 1})


def test_a_payment_of_which_nobody_heard_is_confirmed_with_a_receipt_that_counts_once(cast, order, doubtful):
    other = attempt(order_in(cast, "awaiting_payment"))
    told(other, callback(other, receipt=None))
    with pytest.raises(Invalid):
        payment_review.confirm(other, **how(other, cast))
    with pytest.raises(payment_review.ReceiptUsed):
        payment_review.confirm(other, **how(other, cast), receipt="skt7rt61sv")
    db.session.refresh(other)
    assert payment_review.confirm(other, **how(other, cast), receipt="by hand 1") == "settled"
    assert (other.receipt, other.order.status) == ("BY HAND 1", "placed")
    assert len(db.session.scalars(select(Payment).where(Payment.order_id == other.order_id)).all()) == 1


# -- Refunds --------------------------------------------------------------------------------------------------------


@pytest.fixture
def refund(cast, order):
    payment = attempt(order)
    told(payment, callback(payment))
    orders.cancel(order, by=cast.vendor, reason_code="sold_out")
    return db.session.scalars(select(Refund)).one()


def test_a_paid_order_that_is_cancelled_owes_its_money(order, refund):
    assert (refund.reason, refund.status, refund.amount_minor) == ("order_cancelled", "owed", 2200)
    assert order.payment_status == "refunding"


def test_money_that_was_sent_back_is_said_once_with_its_proof(cast, order, refund):
    assert refunds.mark_sent(refund, reference=" RF12345678 ", by=cast.admin)
    db.session.refresh(order)
    assert (refund.status, refund.sent_reference, refund.sent_by_id) == ("sent", "RF12345678", cast.admin.id)
    assert order.payment_status == "refunded"
    assert not refunds.mark_sent(refund, reference="ANOTHER", by=cast.admin)
    assert refund.sent_reference == "RF12345678"


def test_who_sent_it_back_is_told_once(cast, order, refund):
    for _ in range(2):
        refunds.mark_sent(refund, reference="RF12345678", by=cast.admin)
    subject = f"Payment {refund.payment_id}, {order.number}"
    assert trail() == [(cast.admin.name, "payment.refund_sent", subject, {}, {"reference": "RF12345678"})]


def test_who_takes_a_pass_back_is_told_once(cast, daraja):
    payment = payment_of(wifi_package(cast.restaurant))
    assert [refunds.take_back_wifi(payment, by=cast.admin) for _ in range(2)] == [True, False]
    subject, owed = f"Payment {payment.id}, One hour", {"amount_minor": 100, "currency": "KES"}
    assert trail() == [(cast.admin.name, "payment.pass_taken_back", subject, {}, owed)]


def test_a_reference_proves_one_refund(cast, daraja, refund):
    refunds.mark_sent(refund, reference="RF12345678", by=cast.admin)
    other = order_in(cast, "awaiting_payment")
    payment = attempt(other)
    told(payment, callback(payment, receipt="OTHER12345"))
    orders.cancel(other, by=cast.vendor, reason_code="sold_out")
    second = db.session.scalars(select(Refund).where(Refund.status == "owed")).one()
    with pytest.raises(Conflict):
        refunds.mark_sent(second, reference="RF12345678", by=cast.admin)


def test_only_an_admin_says_that_it_was_sent_and_by_what(cast, refund):
    for by, reference, refusal in ((cast.vendor, "x", Forbidden), (cast.admin, " ", Invalid)):
        with pytest.raises(refusal):
            refunds.mark_sent(refund, reference=reference, by=by)


def test_doubted_money_is_not_sent_back(cast, refund):
    told(refund.payment, callback(refund.payment, 1032))
    with pytest.raises(Conflict):
        refunds.mark_sent(refund, reference="RF1", by=cast.admin)
    payment_review.deny(refund.payment, **how(refund.payment, cast))
    assert not db.session.scalars(select(Refund)).all()


# -- Money that comes otherwise ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["collected", "delivered"])
def test_cash_is_a_payment_when_the_food_changes_hands(cast, end):
    order = order_in(cast, end)
    payment = db.session.scalars(select(Payment)).one()
    assert (payment.method, payment.status, payment.amount_minor, payment.receipt) == (
        "cash",
        "paid",
        order.total_minor,
        None,
    )


def test_an_admins_reference_is_a_payment_and_its_receipt_counts_once(cast, daraja):
    first, second = (order_in(cast, "awaiting_payment") for _ in range(2))
    orders.settle(first, by=cast.admin, note="M-Pesa SKT7RT61SV, seen by phone")
    payment = db.session.scalars(select(Payment)).one()
    assert (payment.receipt, payment.status, payment.result_text) == (
        "SKT7RT61SV",
        "paid",
        "M-Pesa SKT7RT61SV, seen by phone",
    )
    with pytest.raises(Conflict):
        orders.settle(second, by=cast.admin, note="skt7rt61sv")
    db.session.refresh(second)
    assert second.status == "awaiting_payment"


def test_an_admins_reference_to_money_under_review_decides_it(cast, order, doubtful):
    orders.settle(order, by=cast.admin, note="SKT7RT61SV and the rest in cash")
    db.session.refresh(doubtful)
    assert (doubtful.status, order.status) == ("paid", "placed")
    assert len(db.session.scalars(select(Payment)).all()) == 1


def test_an_order_that_was_paid_before_payments_were_kept_owes_its_money_too(cast, daraja):
    order = order_in(cast, "awaiting_payment")
    orders.settle(order, by=orders.SYSTEM)
    orders.cancel(order, by=cast.vendor, reason_code="sold_out")
    refund = db.session.scalars(select(Refund)).one()
    assert (refund.amount_minor, refund.payment.settled_at) == (order.total_minor, order.confirmed_at)
