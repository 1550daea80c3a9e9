"""What silence does to a payment: it is asked about, then called unknown, then given to a person. Never a no.

A no that came by callback is asked about as well, until an answer agrees.

Called once a second by the worker. Any number of workers may call it at once: the guard of each write names one winner.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contract.times import now
from app.errors import DomainError
from app.extensions import atomic, db
from app.models import Payment

from . import jobs, payments
from .payments import GIVEN_UP_AFTER, LOOKS, SILENT_AFTER, UNANSWERED_FOR

_BATCH = 200
_log = structlog.get_logger(__name__)


def act_on_due() -> int:
    """Look at every payment whose time has come, oldest first; how many there were."""
    due = select(Payment.id).where(Payment.look_at <= now()).order_by(Payment.look_at).limit(_BATCH)
    looked = 0
    for payment_id in db.session.scalars(due).all():
        try:
            looked += _look(payment_id)
        except DomainError:
            # One that cannot be looked at must not hold up those that are due after it.
            _log.exception("payment_deadlines.refused", payment=payment_id)
    db.session.rollback()
    return looked


def _look(payment_id: int) -> bool:
    at = now()
    with atomic() as session:
        payment = session.get_one(Payment, payment_id)
        payments.hold_with_order(session, payment)
        if payment.look_at is None or payment.look_at > at:
            return False
        if payment.status == "rejected":
            _refused(session, payment, at)
        elif payment.prompted_at is None:
            _never_answered(session, payment, at)
        else:
            _prompted(session, payment, payment.prompted_at, at)
    return True


def _never_answered(session: Session, payment: Payment, at: datetime) -> None:
    """We do not know whether it was asked, and have no name to ask about it by: all that can come is its callback,
    about which M-Pesa is asked then (payment_messages.verify).
    """
    until = payment.created_at + UNANSWERED_FOR
    if at < until:
        payments.walk(session, payment, "unknown", at=at, look_at=until)
    else:
        why = "M-Pesa never said whether it took the request, and no callback could be confirmed yet."
        payments.walk(session, payment, "needs_review", at=at, review_reason=why)


def _prompted(session: Session, payment: Payment, prompted_at: datetime, at: datetime) -> None:
    age = at - prompted_at
    queries = payment.queries + 1
    if age >= GIVEN_UP_AFTER:
        says_paid = payment.result_code == "0"
        why = "M-Pesa says that it was paid, but no receipt came." if says_paid else "Half an hour without an answer."
        payments.walk(session, payment, "needs_review", at=at, review_reason=why, queries=queries)
    else:
        values = {"look_at": _next_look(prompted_at, at), "queries": queries}
        if age >= SILENT_AFTER and payment.status == "prompted":
            payments.walk(session, payment, "unknown", at=at, **values)
        else:
            payments.write(session, payment, at=at, **values)
    _ask(session, payment, queries)


def _refused(session: Session, payment: Payment, at: datetime) -> None:
    queries, prompted_at = payment.queries + 1, payment.prompted_at or payment.created_at
    payments.write(session, payment, at=at, look_at=_next_look(prompted_at, at), queries=queries)
    _ask(session, payment, queries)


def _next_look(prompted_at: datetime, at: datetime) -> datetime | None:
    """When to look again; None after the last time."""
    looks = (prompted_at + timedelta(seconds=seconds) for seconds in LOOKS)
    return next((look for look in looks if look > at), None)


def _ask(session: Session, payment: Payment, queries: int) -> None:
    jobs.add(session, "query_payment", f"payment:{payment.id}:{queries}", {"payment": payment.id})
