"""Attempts whose answer to the push was lost, and what is then asked about them. For the tests of messages."""

from sqlalchemy import select

from app.domain import (
    payment_push,
)
from app.domain.payment_messages import VERIFICATION_PAUSES
from app.extensions import db
from app.models import Job, ProviderMessage
from app.providers import mpesa
from tests.daraja import BROKEN, callback
from tests.factories import asked_about, attempt

FORGED = "ws_CO_forged"
RECEIPT = "SKT7RT61SV"


def lost(order, daraja):
    """An attempt of which we know no more than that it was asked for."""
    daraja.pushes = [BROKEN]
    payment = attempt(order)
    assert (payment.status, payment.checkout_request_id) == ("unknown", None)
    return payment


def true_id(payment):
    return callback(payment)["Body"]["stkCallback"]["CheckoutRequestID"]


def ask_to_the_end(payment):
    for _ in VERIFICATION_PAUSES:
        asked_about(payment)
    asked_about(payment)


def questions():
    return db.session.scalars(select(Job).where(Job.kind == "verify_callback").order_by(Job.id)).all()


def outcomes():
    kept = select(ProviderMessage.outcome).where(ProviderMessage.kind == "callback")
    return db.session.scalars(kept.order_by(ProviderMessage.id)).all()


def answered(payment, checkout):
    payment_push.answered(payment, mpesa.Prompted(checkout, "m-0", ""))
