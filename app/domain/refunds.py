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
from app.language import N_
from app.language import gettext as _
from app.models import Order, Payment, Person, Refund

from . import audit, passes, payments

REASONS = {
    "order_gone": N_("The money came after the order was given up"),
    "paid_twice": N_("The order was paid already"),
    "order_cancelled": N_("The order was cancelled after it was paid"),
    "wifi_revoked": N_("The Wi-Fi pass was taken back"),
    "review": N_("Decided by a person"),
}
_LONGEST_REFERENCE = 100


def owe(session: Session, payment: Payment, reason: str, *, at: datetime) -> Refund:
    """Write down that the money of `payment` goes back, and why (a key of REASONS); the one that is owed already stays.

    The payment, and first its order, is held. A pass that it bought ends.
    """
    refund = session.scalars(select(Refund).where(Refund.payment_id == payment.id)).one_or_none()
    if refund is None:
        refund = Refund(
            payment=payment,
            order_id=payment.order_id,
            amount_minor=payment.money_minor,
            currency=payment.currency,
            reason=reason,
            created_at=at,
        )
        session.add(refund)
        session.flush()
        passes.revoke(session, payment_id=payment.id, reason="refund", at=at)
    return refund


def take_back_wifi(payment: Payment, *, by: Person) -> bool:
    """End the pass that `payment` bought and owe its money back; False where it is owed already.

    Refuses with Forbidden (not an admin) and Conflict (no Wi-Fi, or no money that is certain to have come).
    """
    if by.role != Role.ADMIN:
        raise Forbidden(_("Only an admin gives money back."))
    at = now()
    with atomic() as session:
        payments.hold_with_order(session, payment)
        if payment.wifi_package_id is None:
            raise Conflict(_("This payment is for an order: cancel the order, and its money goes back."))
        if payment.status != "paid":
            raise Conflict(_("It is not certain that this money came."))
        refund = owe(session, payment, "wifi_revoked", at=at)
        is_new = refund.created_at == at
        if is_new:
            owed = {"amount_minor": refund.amount_minor, "currency": refund.currency}
            audit.record(session, "payment.pass_taken_back", by=by, subject=payments.subject(payment), after=owed)
    return is_new


def mark_sent(refund: Refund, *, reference: str, by: Person) -> bool:
    """Say that it was sent back, with what proves it; False when that was said before.

    Refuses with Forbidden (not an admin), Invalid (no reference) and Conflict (the reference proves another refund, or
    a person still looks whether the money ever came).
    """
    if by.role != Role.ADMIN:
        raise Forbidden(_("Only an admin says that money was sent back."))
    reference = reference.strip()
    if not 1 <= len(reference) <= _LONGEST_REFERENCE:
        wanted = _("From %(shortest)s to %(longest)s characters.", shortest=1, longest=_LONGEST_REFERENCE)
        raise Invalid(_("What proves that it was sent?"), errors={"reference": [wanted]})
    at = now()
    with atomic() as session:
        payments.hold_with_order(session, refund.payment)
        if refund.payment.status == "needs_review":
            raise Conflict(_("It is not certain that this money ever came: decide that first."))
        changed = _mark(session, refund, reference, by, at)
        session.refresh(refund)
        if changed:
            sent = {"reference": reference}
            audit.record(session, "payment.refund_sent", by=by, subject=payments.subject(refund.payment), after=sent)
            if refund.order_id is not None:
                _settle_order(session, refund.order_id)
    return changed


def _mark(session: Session, refund: Refund, reference: str, by: Person, at: datetime) -> bool:
    statement = (
        update(Refund)
        .where(Refund.id == refund.id, Refund.status == "owed")
        .values(status="sent", sent_reference=reference, sent_at=at, sent_by_id=by.id)
        .execution_options(synchronize_session=False)
    )
    try:
        done = session.execute(statement)
    except IntegrityError as error:
        raise Conflict(_("This reference proves another refund already.")) from error
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _settle_order(session: Session, order_id: int) -> None:
    """An order whose money is on its way back has it back when nothing is owed any more."""
    owed = select(Refund.id).where(Refund.order_id == order_id, Refund.status == "owed")
    if session.scalars(owed.limit(1)).first() is None:
        order = session.get(Order, order_id)
        if order is not None and order.payment_status == "refunding":
            set_payment_status(session, order, "refunded")


def set_payment_status(session: Session, order: Order, to: str) -> None:
    """What an order says of its money while its state stays; the order is held."""
    session.execute(
        update(Order).where(Order.id == order.id).values(payment_status=to).execution_options(synchronize_session=False)
    )
    session.refresh(order, ["payment_status"])
