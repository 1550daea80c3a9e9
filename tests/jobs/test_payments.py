"""The jobs of payments, by the payloads that their rows carry."""

import json

import pytest
from sqlalchemy import select

from app.domain import payment_deadlines, payment_messages
from app.extensions import atomic, db
from app.jobs import payments as jobs
from app.models import Job
from tests.daraja import BROKEN, QUERY, callback, result
from tests.factories import attempt, order_in

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.fixture
def payment(cast, daraja):
    return attempt(order_in(cast, "awaiting_payment"))


def payload(kind):
    return json.loads(db.session.scalars(select(Job.payload).where(Job.kind == kind)).one())


def test_a_callbacks_job_acts_on_it_and_may_run_again(payment):
    payment_messages.receive(payment.callback_token, json.dumps(callback(payment)), address="")
    for _ in range(2):
        jobs.process(payload("process_payment"))
    db.session.refresh(payment)
    assert (payment.status, payment.version) == ("paid", 3)


@pytest.mark.parametrize(("answer", "status"), [(result(1032), "rejected"), (BROKEN, "prompted")])
def test_a_look_asks_m_pesa_and_its_silence_is_no_failure(payment, daraja, answer, status):
    daraja.queries = [answer]
    with atomic():
        payment.look_at = payment.created_at
    payment_deadlines.act_on_due()
    jobs.query(payload("query_payment"))
    db.session.refresh(payment)
    assert (payment.status, len(daraja.asked[QUERY])) == (status, 1)


def test_a_callback_that_nobody_can_know_is_asked_about_by_a_job_and_may_be_again(cast, daraja):
    daraja.pushes, daraja.queries = [BROKEN], [result(0)]
    payment = attempt(order_in(cast, "awaiting_payment"))
    payment_messages.receive(payment.callback_token, json.dumps(callback(payment)), address="")
    jobs.process(payload("process_payment"))
    for _ in range(2):
        jobs.verify(payload("verify_callback"))
    db.session.refresh(payment)
    assert (payment.status, len(daraja.asked[QUERY])) == ("paid", 1)
