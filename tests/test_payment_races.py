"""Races about money: two prompts at once for one order, callbacks at once, an order given up as its money comes.

Each on both databases, in threads that have a session each. Whoever comes first, no money is lost or counted twice.
"""

import json
import threading

import pytest
from sqlalchemy import func, select

from app.domain import orders, payment_messages, payment_push, payment_review, payments
from app.domain.actor import SYSTEM
from app.errors import Conflict, PaymentInProgress
from app.extensions import db
from app.models import EventLog, Order, Payment, Refund
from app.providers import mpesa
from tests.daraja import BROKEN, PUSH, callback, result
from tests.factories import PHONE, attempt, order_in, told

ROUNDS = 3


@pytest.fixture
def at_once(app):
    """Run these at the same moment; what each answered, or the refusal that it met."""

    def run(*acts):
        start, answers = threading.Barrier(len(acts)), [None] * len(acts)

        def runner(number, act):
            with app.app_context():
                start.wait()
                try:
                    answers[number] = act()
                except Conflict as refusal:
                    answers[number] = refusal
                finally:
                    db.session.remove()

        threads = [threading.Thread(target=runner, args=pair) for pair in enumerate(acts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        db.session.rollback()
        db.session.expire_all()
        return answers

    return run


def completed():
    rows = select(func.count()).select_from(EventLog).where(EventLog.name == "PaymentCompleted")
    return db.session.scalar(rows.where(EventLog.room == "payments"))


def test_two_prompts_at_once_are_one(cast, daraja, at_once):
    for _ in range(ROUNDS):
        order_id = order_in(cast, "awaiting_payment").id

        def press(order_id=order_id):
            order = db.session.get_one(Order, order_id)
            payment = payments.start(order, phone=PHONE, by=order.customer)
            payment_push.send(payment)
            return payment.id

        answers = at_once(press, press, press, press)
        assert sum(isinstance(answer, PaymentInProgress) for answer in answers) == 3, answers
    assert len(daraja.asked[PUSH]) == ROUNDS


def test_callbacks_at_once_are_one_money(cast, daraja, at_once):
    for number in range(ROUNDS):
        payment = attempt(order_in(cast, "awaiting_payment"))
        body = json.dumps(callback(payment, receipt=f"SKT7RT61S{number}"))
        messages = [payment_messages.receive(payment.callback_token, body, address="").id for _ in range(4)]
        outcomes = at_once(*(lambda id=id: payment_messages.process(id) for id in (*messages, messages[0])))
        assert sorted(set(outcomes)) == ["repeated", "settled"]
        assert payment.status == "paid"
        assert completed() == number + 1


def test_questions_about_one_callback_at_once_are_one_money(cast, daraja, at_once):
    for number in range(ROUNDS):
        payment, message = _unverified(cast, daraja, number)
        at_once(*[lambda id=message: payment_messages.verify(id, 0)] * 4)
        assert (payment.status, completed()) == ("paid", number + 1)


def test_a_callback_and_the_late_answer_to_the_push_at_once_are_one_money(cast, daraja, at_once):
    for number in range(ROUNDS):
        payment, message = _unverified(cast, daraja, number)
        payment_id, checkout = payment.id, f"ws_CO_late_{payment.id}"

        def answer(payment_id=payment_id, checkout=checkout):
            payment_push.answered(db.session.get_one(Payment, payment_id), mpesa.Prompted(checkout, "m-0", ""))

        at_once(lambda id=message: payment_messages.verify(id, 0), answer)
        assert (payment.status, payment.checkout_request_id, completed()) == ("paid", checkout, number + 1)


def _unverified(cast, daraja, number):
    """An attempt whose answer was lost, and a callback about it (its id)."""
    daraja.pushes, daraja.queries = [BROKEN], [result(0)]
    payment = attempt(order_in(cast, "awaiting_payment"))
    body = json.dumps(callback(payment, receipt=f"SKT7RT61S{number}"))
    message = payment_messages.receive(payment.callback_token, body, address="").id
    assert payment_messages.process(message) == "unverified"
    db.session.refresh(payment)
    return payment, message


def test_money_and_giving_up_at_once_leave_it_in_one_place(cast, daraja, at_once):
    for number in range(ROUNDS):
        order = order_in(cast, "awaiting_payment")
        payment = attempt(order)
        body = json.dumps(callback(payment, receipt=f"SKT7RT61S{number}"))
        message = payment_messages.receive(payment.callback_token, body, address="").id
        order_id = order.id

        def give_up(order_id=order_id):
            return orders.cancel(db.session.get_one(Order, order_id), by=SYSTEM, kind="abandoned")

        at_once(lambda id=message: payment_messages.process(id), give_up)
        owed = db.session.scalars(select(Refund).where(Refund.payment_id == payment.id)).all()
        assert payment.status == "paid"
        # The giving up, when second, finds it placed: for the system that is an edge too, and its money goes back.
        assert (order.status, order.payment_status, len(owed)) in (
            ("placed", "paid", 0),
            ("cancelled", "refunding", 1),
        )


def test_an_admins_word_and_the_callback_at_once_are_one_money(cast, daraja, at_once):
    for number in range(ROUNDS):
        order = order_in(cast, "awaiting_payment")
        payment = attempt(order)
        receipt = f"SKT7RT61S{number}"
        body = json.dumps(callback(payment, receipt=receipt))
        message = payment_messages.receive(payment.callback_token, body, address="").id
        order_id = order.id

        def vouch(order_id=order_id, receipt=receipt):
            return orders.settle(db.session.get_one(Order, order_id), by=cast.admin, note=receipt)

        at_once(lambda id=message: payment_messages.process(id), vouch)
        assert order.status == "placed"
        paid = db.session.scalars(select(Payment).where(Payment.order_id == order.id, Payment.status == "paid")).all()
        assert [row.receipt for row in paid] == [receipt]
    assert not db.session.scalars(select(Refund)).all()


def test_two_who_decide_at_once_are_one(cast, daraja, at_once):
    payment = attempt(order_in(cast, "awaiting_payment"))
    told(payment, callback(payment, amount=1))
    payment_id, version = payment.id, payment.version

    def decide(verb):
        payment = db.session.get_one(Payment, payment_id)
        return verb(payment, note="Seen.", by=cast.admin, expected_version=version)

    answers = at_once(lambda: decide(payment_review.confirm), lambda: decide(payment_review.deny))
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    assert payment.status in ("paid", "rejected")
