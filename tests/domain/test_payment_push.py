"""The answer to the push comes after all, and later than a callback."""

import pytest

from app.domain import (
    payments,
)
from app.extensions import db
from tests.balance import balance
from tests.daraja import callback, result
from tests.factories import asked_about, order_in, told
from tests.lost_answers import FORGED, RECEIPT, answered, lost, outcomes, true_id


@pytest.fixture
def backend() -> str:
    """As in test_payment_outcomes.py; the races are in test_payment_races.py."""
    return "sqlite"


@pytest.fixture
def order(cast, daraja):
    return order_in(cast, "awaiting_payment")


@pytest.fixture
def payment(order, daraja):
    return lost(order, daraja)


@pytest.fixture
def overtaken(order):
    """An attempt whose push is still being answered; `answered` then says with which id."""
    return payments.start(order, phone="+254712345678", by=order.customer)


def test_a_callback_that_overtook_the_answer_is_known_by_it(overtaken, daraja):
    told(overtaken, callback(overtaken))
    answered(overtaken, true_id(overtaken))
    asked_about(overtaken)
    assert (overtaken.status, outcomes(), balance()) == ("paid", ["settled"], {RECEIPT: "settled"})


def test_a_forged_callback_that_overtook_the_answer_is_known_by_it(overtaken, daraja):
    told(overtaken, callback(overtaken, receipt="FORGED0001", CheckoutRequestID=FORGED))
    daraja.truths = {FORGED: result(0)}
    answered(overtaken, true_id(overtaken))
    asked_about(overtaken)
    assert (overtaken.status, outcomes(), balance()) == ("needs_review", ["forged"], {})


def test_what_the_answer_confirmed_is_not_doubted_by_a_lie(overtaken, daraja):
    daraja.truths = {true_id(overtaken): result(0)}
    told(overtaken, callback(overtaken))
    asked_about(overtaken)
    answered(overtaken, true_id(overtaken))
    assert told(overtaken, callback(overtaken, receipt="FORGED0001", CheckoutRequestID=FORGED)) == "forged"
    assert (overtaken.status, balance()) == ("paid", {RECEIPT: "settled"})


def test_an_answer_that_names_another_prompt_than_was_believed_is_for_a_person(overtaken, daraja):
    """A prompt of the same shop that passed Passline by, and was paid: the one lie that M-Pesa would confirm."""
    daraja.truths = {FORGED: result(0)}
    told(overtaken, callback(overtaken, receipt="ELSEWHERE1", CheckoutRequestID=FORGED))
    asked_about(overtaken)
    assert overtaken.status == "paid"
    answered(overtaken, "ws_CO_true")
    assert (overtaken.status, overtaken.checkout_request_id) == ("needs_review", "ws_CO_true")


def test_the_answer_about_a_prompt_that_another_payment_was_given_leaves_both_to_a_person(cast, payment, daraja):
    robbed = payments.start(order_in(cast, "awaiting_payment"), phone="+254712345678", by=cast.customer)
    daraja.truths = {"ws_CO_robbed": result(0)}
    told(payment, callback(payment, receipt="MADEUP0001", CheckoutRequestID="ws_CO_robbed"))
    asked_about(payment)
    answered(robbed, "ws_CO_robbed")
    db.session.refresh(payment)
    assert (payment.status, robbed.status, robbed.checkout_request_id) == ("needs_review", "needs_review", None)


def test_a_prompt_that_m_pesa_confirms_for_two_leaves_both_to_a_person(cast, payment, daraja):
    robbed = lost(order_in(cast, "awaiting_payment"), daraja)
    daraja.truths = {"ws_CO_robbed": result(0)}
    told(payment, callback(payment, receipt="MADEUP0001", CheckoutRequestID="ws_CO_robbed"))
    asked_about(payment)
    assert payment.status == "paid"
    told(robbed, callback(robbed, receipt="TRUE000001", CheckoutRequestID="ws_CO_robbed"))
    asked_about(robbed)
    db.session.refresh(payment)
    assert (payment.status, robbed.status) == ("needs_review", "needs_review")
    assert "TRUE000001" in robbed.review_reason


def test_the_true_money_after_a_lie_that_m_pesa_confirmed_is_for_a_person(payment, daraja):
    daraja.truths = {FORGED: result(0)}
    told(payment, callback(payment, receipt="ELSEWHERE1", CheckoutRequestID=FORGED))
    asked_about(payment)
    assert payment.status == "paid"
    assert told(payment, callback(payment, CheckoutRequestID="ws_CO_true")) == "forged"
    assert (payment.status, balance()) == ("needs_review", {"ELSEWHERE1": "review"})
