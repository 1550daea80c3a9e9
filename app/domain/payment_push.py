"""The STK push: M-Pesa is asked to put the prompt of an attempt onto a phone, and what it answered is written down.

No transaction is open while it is asked. A process that dies meanwhile loses the answer, and with it the ids of the
prompt; payment_messages.py then asks M-Pesa before it believes a callback. Callbacks may be faster than the answer.
"""

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contract.times import now
from app.errors import NotOffered, PaymentRefused, PaymentUnanswered
from app.extensions import atomic, db
from app.models import Payment
from app.providers import mpesa

from .locks import hold
from .payments import FIRST_LOOK, UNANSWERED_FOR, hold_with_order, note, review, walk, write
from .phones import masked

_log = structlog.get_logger(__name__)


def send(payment: Payment) -> None:
    """Have M-Pesa put the prompt onto the phone, and write down what it said. Waits for it, up to some 15 s.

    Called once, after the transaction that began the attempt and outside of any.
    """
    daraja = mpesa.current()
    if daraja is None:
        raise NotOffered
    asked: dict[str, Any] = {
        "phone": payment.phone,
        "shillings": payment.amount_minor // 100,
        "reference": payment.order.number if payment.order else f"WIFI-{payment.id}",
        "token": payment.callback_token,
    }
    # Whatever the view has read is over: nobody's transaction stays open while a stranger thinks.
    db.session.rollback()
    answered(payment, daraja.push(**asked))


def answered(payment: Payment, answer: mpesa.Prompted | mpesa.Refused | mpesa.NoAnswer) -> None:
    """Write down what M-Pesa answered, whatever was said about the payment meanwhile."""
    at = now()
    other = None
    with atomic() as session:
        hold(session, payment)
        match answer:
            case mpesa.Prompted():
                other = _holder(session, answer.checkout, payment)
                outcome = _prompted(session, payment, answer, at) if other is None else "contradicts"
            case mpesa.Refused():
                outcome = _refused(session, payment, answer, at)
            case mpesa.NoAnswer():
                outcome = _unanswered(session, payment, at)
        session.add(note("push", payment, answer.raw, outcome, at))
    if other is not None and isinstance(answer, mpesa.Prompted):
        _doubt(payment, f"A callback about payment {other.id} named the prompt of this one.", at)
        doubt_holder(answer.checkout, payment, at)
    why = "" if isinstance(answer, mpesa.Prompted) else getattr(answer, "why", None) or getattr(answer, "code", "")
    _log.info("payment.pushed", payment=payment.id, phone=masked(payment.phone), outcome=outcome, why=why)


def check(payment: Payment) -> None:
    """Refuse with what the guest must know where no prompt came of it: PaymentRefused or PaymentUnanswered."""
    if payment.checkout_request_id is not None:
        return
    told: dict[str, Any] = {
        "payment_id": payment.id,
        "transaction_id": payment.transaction_id,
        "payment_status": payment.status,
    }
    if payment.status == "rejected":
        raise PaymentRefused(**told)
    raise PaymentUnanswered(**told)


def doubt_holder(checkout: str, payment: Payment, at: datetime) -> None:
    """The prompt is that of `payment`: leave whatever payment was given it by a callback to a person."""
    with atomic() as session:
        other = _holder(session, checkout, payment)
        if other is not None and other.prompted_at is None:
            hold_with_order(session, other)
            review(session, other, f"A callback about it named the prompt of payment {payment.id}.", at=at)


def _prompted(session: Session, payment: Payment, answer: mpesa.Prompted, at: datetime) -> str:
    ids = {"checkout_request_id": answer.checkout, "merchant_request_id": answer.merchant or None}
    known = payment.checkout_request_id
    if known not in (None, answer.checkout):
        # What a callback brought that named another prompt was not this attempt's.
        why = "A callback named another prompt than the one that M-Pesa says it made."
        review(session, payment, why, at=at, prompted_at=at, **ids)
        return "contradicts"
    if known is None and payment.status in ("initiated", "unknown"):
        walk(session, payment, "prompted", at=at, prompted_at=at, look_at=at + FIRST_LOOK, **ids)
    else:
        # A callback was faster, or a person.
        write(session, payment, at=at, prompted_at=at, **ids)
    return "prompted"


def _holder(session: Session, checkout: str, payment: Payment) -> Payment | None:
    """Another payment that has this prompt for its own, by what a callback said and M-Pesa confirmed."""
    others = select(Payment).where(Payment.checkout_request_id == checkout, Payment.id != payment.id)
    return session.scalars(others).one_or_none()


def _doubt(payment: Payment, why: str, at: datetime) -> None:
    """Each of two by itself: nobody holds two payments at once."""
    with atomic() as session:
        hold_with_order(session, payment)
        review(session, payment, why, at=at)


def _refused(session: Session, payment: Payment, answer: mpesa.Refused, at: datetime) -> str:
    if payment.status in ("initiated", "unknown"):
        walk(session, payment, "rejected", at=at, result_code=answer.code, result_text=answer.text[:300])
    return "refused"


def _unanswered(session: Session, payment: Payment, at: datetime) -> str:
    if payment.status == "initiated":
        walk(session, payment, "unknown", at=at, look_at=payment.created_at + UNANSWERED_FOR)
    return "unanswered"
