"""Refunds: money that came and has to go back, as a task for a person; one for each payment, however often it is owed.

Passline moves no money back by itself. Whoever sent it says so with M-Pesa's receipt for that.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.contract.identity import Role
from app.contract.times import now
from app.errors import Conflict, Forbidden, Invalid
from app.extensions import atomic
from app.models import Order, Payment, Person, Refund

from .locks import hold

REASONS = {
    "order_gone": "The money came after the order was given up",
    "paid_twice": "The order was paid already",
    "order_cancelled": "The order was cancelled after it was paid",
    "wifi_revoked": "The Wi-Fi pass was taken back",
    "review": "Decided by a person",
}
LONGEST_REFERENCE = 100


def owe(session: Session, payment: Payment, reason: str, *, at: datetime) -> Refund:
    """Write down that the money of `payment` goes back, and why (a key of REASONS); the one that is owed already stays.

    The payment, and first its order, is held.
    """
    refund = session.scalars(select(Refund).where(Refund.payment_id == payment.id)).one_or_none()
    if refund is None:
        amount = {"amount_minor": payment.money_minor, "currency": payment.currency}
        refund = Refund(payment=payment, order_id=payment.order_id, reason=reason, created_at=at, **amount)
        session.add(refund)
        session.flush()
    return refund


def mark_sent(refund: Refund, *, reference: str, by: Person) -> bool:
    """Say that it was sent back, with what proves it; False when that was said before.

    Refuses with Forbidden (not an admin), Invalid (no reference) and Conflict (the reference proves another refund).
    """
    if by.role != Role.ADMIN:
        raise Forbidden("Only an admin says that money was sent back.")
    reference = reference.strip()
    if not 1 <= len(reference) <= LONGEST_REFERENCE:
        wanted = f"From 1 to {LONGEST_REFERENCE} characters."
        raise Invalid("What proves that it was sent?", errors={"reference": [wanted]})
    with atomic() as session:
        order = session.get(Order, refund.order_id) if refund.order_id is not None else None
        if order is not None:
            hold(session, order)
        changed = _mark(session, refund, reference, by, now())
        session.refresh(refund)
        if changed and order is not None and order.payment_status == "refunding":
            returned = update(Order).where(Order.id == order.id).values(payment_status="refunded")
            session.execute(returned.execution_options(synchronize_session=False))
            session.refresh(order)
    return changed


def _mark(session: Session, refund: Refund, reference: str, by: Person, at: datetime) -> bool:
    sent = {"status": "sent", "sent_reference": reference, "sent_at": at, "sent_by_id": by.id}
    owed = update(Refund).where(Refund.id == refund.id, Refund.status == "owed").values(**sent)
    try:
        done = session.execute(owed.execution_options(synchronize_session=False))
    except IntegrityError as error:
        raise Conflict("This reference proves another refund already.") from error
    return bool(done.rowcount)  # type: ignore[attr-defined]
