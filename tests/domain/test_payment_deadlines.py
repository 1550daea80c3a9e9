"""Silence: asked about, then unknown, then a person's; and what it does to the order that waits."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from app.contract.times import now
from app.domain import order_deadlines, payment_deadlines, payment_messages, payment_review, payments
from app.extensions import db
from app.models import Job
from tests.daraja import BROKEN, STILL_ASKED, callback, result
from tests.factories import attempt, order_in, told


@pytest.fixture
def backend() -> str:
    return "sqlite"


@pytest.fixture
def order(cast, daraja):
    return order_in(cast, "awaiting_payment")


def looked(payment, seconds, *, until=None):
    """What the payment is after the worker has looked once a second from the prompt on."""
    begun = payment.prompted_at or payment.created_at
    for second in (until or ()), (seconds,):
        for at in second:
            with time_machine.travel(begun + timedelta(seconds=at + 0.5), tick=False):
                payment_deadlines.act_on_due()
    db.session.refresh(payment)
    return payment.status


def jobs_of(payment):
    keys = select(Job.key).where(Job.kind == "query_payment").order_by(Job.id)
    assert all(key.startswith(f"payment:{payment.id}:") for key in db.session.scalars(keys))
    return db.session.scalar(select(func.count()).select_from(Job).where(Job.kind == "query_payment"))


def test_it_asks_at_15_seconds_and_with_growing_pauses(order):
    payment = attempt(order)
    assert (looked(payment, 14), jobs_of(payment)) == ("prompted", 0)
    assert (looked(payment, 15), jobs_of(payment)) == ("prompted", 1)
    assert (looked(payment, 29), jobs_of(payment)) == ("prompted", 1)
    assert (looked(payment, 89, until=(30, 60)), jobs_of(payment)) == ("prompted", 3)
    assert (looked(payment, 90), jobs_of(payment)) == ("unknown", 4)
    assert (looked(payment, 1799, until=(120, 240, 480, 960)), jobs_of(payment)) == ("unknown", 8)


def test_half_an_hour_of_silence_is_a_persons_and_never_a_no(order):
    payment = attempt(order)
    assert looked(payment, 1800, until=(90,)) == "needs_review"
    assert (payment.review_reason, payment.look_at) == ("Half an hour without an answer.", None)
    assert told(payment, callback(payment)) == "settled", "and its money still counts"


def test_a_worker_that_was_away_asks_once_and_does_not_catch_up(order):
    payment = attempt(order)
    assert (looked(payment, 300), jobs_of(payment)) == ("unknown", 1)
    assert payment.look_at == payment.prompted_at + timedelta(seconds=480)


def test_a_paid_word_without_a_receipt_is_told_to_the_person(order, daraja):
    payment = attempt(order)
    daraja.queries = [result(0)]
    payment_messages.ask(payment.id)
    assert looked(payment, 1800) == "needs_review"
    assert payment.review_reason == "M-Pesa says that it was paid, but no receipt came."


class TestANoThatACallbackBrought:
    """It counts at once, and is asked about: the yes that contradicts it may have been lost on its way."""

    @pytest.fixture
    def payment(self, order):
        payment = attempt(order)
        assert told(payment, callback(payment, 1032)) == "rejected"
        return payment

    def test_it_is_asked_about_until_a_query_agrees(self, payment, daraja):
        assert (looked(payment, 15), jobs_of(payment)) == ("rejected", 1)
        daraja.queries = [result(1032)]
        assert payment_messages.ask(payment.id) == "repeated"
        assert (looked(payment, 1800), jobs_of(payment)) == ("rejected", 1)

    def test_a_yes_makes_it_a_persons(self, payment, daraja):
        daraja.queries = [result(0)]
        payment_messages.ask(payment.id)
        db.session.refresh(payment)
        assert payment.status == "needs_review"

    def test_a_query_that_knows_no_end_for_half_an_hour_makes_it_a_persons(self, payment, daraja):
        daraja.queries = [result(4999), result(4999)]
        assert looked(payment, 15) == "rejected"
        assert payment_messages.ask(payment.id) == "pending"
        assert (looked(payment, 1800), payment.look_at) == ("rejected", None)
        assert payment_messages.ask(payment.id) == "contradicts"

    def test_half_an_hour_without_an_answer_makes_it_a_persons(self, payment, daraja):
        daraja.queries = [BROKEN, BROKEN]
        assert looked(payment, 15) == "rejected"
        assert payment_messages.ask(payment.id) == "unanswered"
        assert looked(payment, 1800) == "rejected"
        assert payment_messages.ask(payment.id) == "contradicts"
        db.session.refresh(payment)
        assert payment.status == "needs_review"


def test_a_question_that_was_on_its_way_does_not_turn_a_persons_no_around(cast, daraja):
    payment = attempt(order_in(cast, "awaiting_payment"))
    with time_machine.travel(now() + timedelta(seconds=95)):
        payment_deadlines.act_on_due()
    db.session.refresh(payment)
    payment_review.deny(payment, by=cast.admin, expected_version=payment.version, note="Nothing came.")
    daraja.queries = [STILL_ASKED]
    assert payment_messages.ask(payment.id) == "pending"
    assert payment.status == "rejected"


def test_a_push_that_was_never_answered_is_live_for_five_minutes(order, daraja):
    daraja.pushes = [BROKEN]
    payment = attempt(order)
    assert looked(payment, 299) == "unknown"
    assert looked(payment, 300) == "needs_review"
    assert jobs_of(payment) == 0, "there is no name to ask about it by"
    daraja.reset()
    assert attempt(order).status == "prompted"


def test_a_process_that_died_while_it_asked_leaves_an_unknown(order):
    payment = payments.start(order, phone="+254712345678", by=order.customer)
    assert (looked(payment, 59), looked(payment, 60)) == ("initiated", "unknown")


def given_up(order, minutes):
    with time_machine.travel(now() + timedelta(minutes=minutes)):
        order_deadlines.act_on_due()
    db.session.refresh(order)
    return order.cancellation_kind


def test_an_order_is_given_up_five_minutes_after_a_no(order):
    payment = attempt(order)
    told(payment, callback(payment, 1032))
    assert (given_up(order, 4.9), given_up(order, 5.1)) == (None, "payment_failed")


def test_another_attempt_gives_it_its_half_hour_again(order):
    first = attempt(order)
    told(first, callback(first, 1032))
    attempt(order)
    assert (given_up(order, 6), given_up(order, 29), given_up(order, 31)) == (None, None, "abandoned")


def test_silence_never_fails_a_payment(order):
    attempt(order)
    assert (given_up(order, 6), given_up(order, 31)) == (None, "abandoned")


def test_what_was_refused_before_any_prompt_is_no_failed_payment(order, daraja):
    daraja.pushes = [(400, "")]
    attempt(order)
    assert (given_up(order, 6), given_up(order, 31)) == (None, "abandoned")


def test_a_late_no_of_an_older_attempt_leaves_the_live_one_its_time(order):
    first = attempt(order)
    looked(first, 1800)
    with time_machine.travel(now() + timedelta(minutes=31)):
        attempt(order)
        told(first, callback(first, 1032))
    db.session.refresh(order)
    assert order.due_at > now() + timedelta(minutes=32)


def test_a_callback_that_waits_for_the_worker_keeps_its_order(order):
    payment = attempt(order)
    with time_machine.travel(now() + timedelta(minutes=29.9)):
        message = payment_messages.receive(payment.callback_token, "{}", address="")
    assert given_up(order, 31) is None
    payment_messages.process(message.id)
    assert given_up(order, 31) == "abandoned"
