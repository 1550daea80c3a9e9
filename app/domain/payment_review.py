"""A person decides about a payment that the provider left open, or about which it contradicted itself.

Each verb is a guarded update of the payment as it was on the screen (its version), with its order held first. Who
decided, when and why stands in `review_reason`. Every receipt stays accounted for: it settles something, is owed
back, or is given up as no receipt.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.contract.identity import Role
from app.contract.times import iso, now
from app.errors import Conflict, Forbidden, Invalid, LostRace
from app.extensions import atomic
from app.models import Order, Payment, Person

from . import orders, payment_events, refunds
from .locks import hold

REVIEWABLE = ("needs_review", "unknown")
LONGEST_NOTE = 140
_LONGEST_REASON = 300


class ReceiptUsed(Conflict):
    """Another payment has this receipt already; money counts once."""

    code = "receipt_used"


def confirm(payment: Payment, *, by: Person, expected_version: int, note: str, receipt: str = "") -> None:
    """The money is there: the payment is paid, with its own receipt or (where it has none) the one given.

    Its order is settled, or the money owed back where the order does not wait for it any more. Refuses with Forbidden,
    Invalid (no receipt), Conflict (nothing to decide), LostRace and ReceiptUsed.
    """
    known = payment.receipt or receipt.strip().upper()
    if not known:
        raise Invalid("Type the receipt.", errors={"receipt": ["M-Pesa's receipt, or a reference of your own."]})
    at = now()
    # Told before: it was paid, and something contradicted that afterwards.
    was_settled = payment.settled_at is not None
    values = {"status": "paid", "receipt": known, "settled_at": payment.settled_at or at}
    with atomic() as session:
        order = _held_order(session, payment)
        _decide(session, payment, "Confirmed", values, by=by, expected_version=expected_version, note=note, at=at)
        if was_settled:
            return
        if order is not None and order.status == "awaiting_payment":
            orders.settle(order, by=by, note=f"Receipt {known}")
        elif order is not None:
            refunds.owe(session, payment, "paid_twice" if order.payment_status == "paid" else "order_gone", at=at)
        payment_events.completed(session, payment, at=at)


def deny(payment: Payment, *, by: Person, expected_version: int, note: str, refund: bool = False) -> None:
    """The payment buys nothing. With `refund` its money came and goes back; else its receipt is no receipt.

    Refuses with Forbidden, Conflict (nothing to decide, or no money that could go back) and LostRace.
    """
    if refund and not payment.receipt:
        raise Conflict("No money is known to have come: there is nothing to send back.")
    at = now()
    was_settled = payment.settled_at is not None
    values: dict[str, Any] = {"status": "paid", "settled_at": payment.settled_at or at}
    if not refund:
        note = f"{note} (receipt {payment.receipt})" if payment.receipt else note
        values = {"status": "rejected", "receipt": None, "settled_at": None}
    with atomic() as session:
        _held_order(session, payment)
        _decide(session, payment, "Denied", values, by=by, expected_version=expected_version, note=note, at=at)
        if refund:
            refunds.owe(session, payment, "review", at=at)
        if refund and not was_settled:
            payment_events.completed(session, payment, at=at)


def _held_order(session: Session, payment: Payment) -> Order | None:
    order = session.get(Order, payment.order_id) if payment.order_id is not None else None
    if order is not None:
        hold(session, order)
    return order


def _decide(
    session: Session,
    payment: Payment,
    verdict: str,
    values: Mapping[str, Any],
    *,
    by: Person,
    expected_version: int,
    note: str,
    at: datetime,
) -> None:
    """The guarded update; the payment is then what the database holds."""
    if by.role != Role.ADMIN:
        raise Forbidden("Only an admin decides about payments.")
    if payment.version == expected_version and payment.status not in REVIEWABLE:
        raise Conflict("There is nothing to decide about this payment.")
    reason = _reason(payment.review_reason, f"{verdict} by {by.name[:60]}, {iso(at)[:16]}Z: {note.strip()}")
    changes = {"version": Payment.version + 1, "changed_at": at, "look_at": None, "review_reason": reason, **values}
    open_still = (Payment.version == expected_version, Payment.status.in_(REVIEWABLE))
    guarded = update(Payment).where(Payment.id == payment.id, *open_still).values(**changes)
    try:
        done: Any = session.execute(guarded.execution_options(synchronize_session=False))
    except IntegrityError as error:
        raise ReceiptUsed from error
    if not done.rowcount:
        raise LostRace("Somebody else decided, or M-Pesa answered meanwhile. Look at it again.")
    session.refresh(payment)


def _reason(before: str | None, decision: str) -> str:
    """The decision whole, after as much of what led to it as there is room for."""
    decision = decision[:_LONGEST_REASON]
    room = _LONGEST_REASON - len(decision) - 2
    return f"{before[:room]}. {decision}" if before and room > 0 else decision
