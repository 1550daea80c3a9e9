"""A person decides about a payment that M-Pesa left open, or about which it contradicted itself.

Each verb acts on the payment as it was on the screen (its version), with its order held first. Who decided, when and
why stands in `review_reason`. Every receipt stays accounted for: it settles something, is owed back, or is given up
as no receipt.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.contract.identity import Role
from app.contract.times import iso, now
from app.errors import Conflict, Forbidden, Invalid, LostRace
from app.extensions import atomic
from app.language import gettext as _
from app.models import Payment, Person, Refund

from . import audit, passes, payment_events, payment_outcomes, payments, refunds

REVIEWABLE = ("needs_review", "unknown")
# The verdicts by their actions in the trail, in the words that the payment keeps.
_VERDICTS = {"payment.confirmed": "Confirmed", "payment.denied": "Denied"}
LONGEST_NOTE = 140
_LONGEST_REASON = 300


class ReceiptUsed(Conflict):
    """Another payment has this receipt already; money counts once."""

    code = "receipt_used"


def confirm(payment: Payment, *, by: Person, expected_version: int, note: str, receipt: str = "") -> str:
    """The money is there: the payment is paid, with its own receipt or (where it has none) the one given.

    What was paid for is given, or the money owed back where that cannot be: answers `settled`, `order_gone`,
    `paid_twice`, or `known` where it had counted before it was doubted. Refuses with Forbidden, Invalid (no receipt, no
    note), Conflict (nothing to decide), LostRace and ReceiptUsed.
    """
    known = payment.receipt or receipt.strip().upper()
    if not 1 <= len(known) <= 40:
        raise Invalid(_("Type the receipt."), errors={"receipt": [_("M-Pesa's receipt, or a reference of your own.")]})
    at = now()
    with atomic() as session:
        had_counted = _take_up(session, payment, by, expected_version, note)
        settled_at = payment.settled_at or at
        _decide(session, payment, "paid", "payment.confirmed", note, by, at, receipt=known, settled_at=settled_at)
        if had_counted:
            return "known"
        payment_events.completed(session, payment, at=at)
        return payment_outcomes.deliver(session, payment, at=at, by=by)


def deny(payment: Payment, *, by: Person, expected_version: int, note: str, refund: bool = False) -> None:
    """The payment buys nothing. With `refund` its money came and goes back; else its receipt is no receipt.

    Refuses with Forbidden, Invalid (no note), LostRace and Conflict (nothing to decide, no money that could go back,
    or money that was sent back already and so must have come).
    """
    if refund and not payment.receipt:
        raise Conflict(_("No money is known to have come: there is nothing to send back."))
    at = now()
    with atomic() as session:
        had_counted = _take_up(session, payment, by, expected_version, note)
        if refund:
            _decide(session, payment, "paid", "payment.denied", note, by, at, settled_at=payment.settled_at or at)
            refunds.owe(session, payment, "review", at=at)
            if not had_counted:
                payment_events.completed(session, payment, at=at)
        else:
            _owe_no_more(session, payment)
            note = f"{note} (receipt {payment.receipt})" if payment.receipt else note
            _decide(session, payment, "rejected", "payment.denied", note, by, at, receipt=None, settled_at=None)
        passes.revoke(session, payment_id=payment.id, reason="review", at=at)
        if had_counted and payment.order is not None and payment.order.payment_status in ("paid", "refunding"):
            refunds.set_payment_status(session, payment.order, "refunding" if refund else "unpaid")


def _take_up(session: Session, payment: Payment, by: Person, expected_version: int, note: str) -> bool:
    """Hold it; whether it had counted as paid before it was doubted."""
    if by.role != Role.ADMIN:
        raise Forbidden(_("Only an admin decides about payments."))
    if not 1 <= len(note.strip()) <= LONGEST_NOTE:
        raise Invalid(
            _("Write down why."),
            errors={"note": [_("From %(shortest)s to %(longest)s characters.", shortest=1, longest=LONGEST_NOTE)]},
        )
    payments.hold_with_order(session, payment)
    if payment.version != expected_version:
        raise LostRace(_("Somebody else decided, or M-Pesa answered meanwhile. Look at it again."))
    if payment.status not in REVIEWABLE:
        raise Conflict(_("There is nothing to decide about this payment."))
    return payment.settled_at is not None


def _decide(
    session: Session,
    payment: Payment,
    to: str,
    action: str,
    note: str,
    by: Person,
    at: datetime,
    **values: Any,
) -> None:
    decision = f"{_VERDICTS[action]} by {by.name[:60]}, {iso(at)[:16]}Z: {note.strip()}"
    before = _said(payment)
    try:
        payments.walk(session, payment, to, at=at, review_reason=_reason(payment.review_reason, decision), **values)
    except IntegrityError as error:
        raise ReceiptUsed from error
    after = {**_said(payment), "note": note.strip()}
    audit.record(session, action, by=by, subject=payments.subject(payment), before=before, after=after)


def _said(payment: Payment) -> dict[str, Any]:
    return {"status": payment.status, "receipt": payment.receipt}


def _owe_no_more(session: Session, payment: Payment) -> None:
    """What never came cannot go back."""
    refund = session.scalars(select(Refund).where(Refund.payment_id == payment.id)).one_or_none()
    if refund is None:
        return
    if refund.status == "sent":
        raise Conflict(_("It was sent back already, so it must have come."))
    session.delete(refund)
    session.flush()


def _reason(before: str | None, decision: str) -> str:
    """The decision whole, after as much of what led to it as there is room for."""
    decision = decision[:_LONGEST_REASON]
    room = _LONGEST_REASON - len(decision) - 2
    return f"{before[:room]}. {decision}" if before and room > 0 else decision
