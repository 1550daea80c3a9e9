"""What an order's steps do with money: cash that is taken, a payment that an admin vouches for, money that goes back.

Called inside the transaction of the step, after its guarded update: the order is ours until that ends.
"""

import re
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.language import gettext as _
from app.models import Order, Payment, Refund

from . import payment_events, payments, refunds

# After M-Pesa's no, how long the guest may take to try once more.
GRACE = timedelta(minutes=5)
# M-Pesa's receipts: ten letters and digits, both of them in it.
_RECEIPT = re.compile(r"\b(?=[A-Z0-9]*[A-Z])(?=[A-Z0-9]*[0-9])[A-Z0-9]{10}\b")


def cash_taken(session: Session, order: Order, *, at: datetime) -> None:
    """The food changed hands, and cash with it: a payment like any other, without a receipt."""
    if order.payment_method == "cash" and order.total_minor > 0:
        payment_events.completed(session, _write_paid(session, order, at, method="cash"), at=at)


def vouched(session: Session, order: Order, *, note: str, at: datetime) -> None:
    """An admin says by `note` that the money came. A receipt in it counts once: Conflict where it paid for another.

    Nothing is to be written where the admin decided about a payment that there was (payment_review.py).
    """
    if _is_paid_for(session, order):
        return
    found = _RECEIPT.search(note.upper())
    receipt = found[0] if found else None
    known = _by_receipt(session, receipt)
    if known is not None:
        _accept(session, order, known, at)
    elif order.total_minor > 0:
        paid = _write_paid(session, order, at, receipt=receipt, result_text=note[:300])
        payment_events.completed(session, paid, at=at)


def owe_back(session: Session, order: Order, *, at: datetime) -> None:
    """The order was cancelled after it was paid: what came for it goes back."""
    came = select(Payment).where(
        Payment.order_id == order.id,
        Payment.method == "mpesa",
        (Payment.status == "paid") | ((Payment.status == "needs_review") & Payment.settled_at.is_not(None)),
    )
    found = session.scalars(came.order_by(Payment.id)).all()
    if not found:
        # It was paid before payments were rows.
        found = [_write_paid(session, order, order.confirmed_at or at)] if order.total_minor > 0 else []
    for payment in found:
        refunds.owe(session, payment, "order_cancelled", at=at)


def shorten(session: Session, order: Order, *, at: datetime) -> None:
    """M-Pesa's no was final: the order waits for another attempt, but not for long. It is held."""
    if order.status != "awaiting_payment" or payments.has_live(session, order):
        return
    if order.due_at is None or order.due_at > at + GRACE:
        payments.set_due(session, order, at + GRACE)


def is_being_paid(session: Session, order: Order, at: datetime) -> bool:
    """Whether a callback about it has come that came to nothing yet: its order is not given up now."""
    told_of = select(Payment.id).where(Payment.order_id == order.id, payments.is_told_of(at))
    return session.scalars(told_of.limit(1)).first() is not None


def given_up_as(session: Session, order: Order) -> str:
    """Which kind of cancellation giving `order` up is: `payment_failed` after M-Pesa's no alone, never on silence."""
    last = payments.latest(session, order)
    is_refused = last is not None and last.status == "rejected" and last.checkout_request_id is not None
    return "payment_failed" if is_refused and not payments.has_live(session, order) else "abandoned"


def _is_paid_for(session: Session, order: Order) -> bool:
    is_kept = ~exists().where(Refund.payment_id == Payment.id)
    paid = select(Payment.id).where(Payment.order_id == order.id, Payment.status == "paid", is_kept)
    return session.scalars(paid.limit(1)).first() is not None


def _accept(session: Session, order: Order, payment: Payment, at: datetime) -> None:
    """The receipt is that of a payment which a person was to look at: this was the look."""
    if payment.order_id != order.id or payment.status != "needs_review":
        raise Conflict(_("The receipt %(receipt)s was used already.", receipt=payment.receipt))
    payments.walk(session, payment, "paid", at=at, settled_at=at)
    payment_events.completed(session, payment, at=at)


def _by_receipt(session: Session, receipt: str | None) -> Payment | None:
    if receipt is None:
        return None
    return session.scalars(select(Payment).where(Payment.receipt == receipt)).one_or_none()


def _write_paid(
    session: Session,
    order: Order,
    at: datetime,
    *,
    method: str = "mpesa",
    receipt: str | None = None,
    result_text: str | None = None,
) -> Payment:
    payment = payments.blank(at, amount_minor=order.total_minor, currency=order.currency, method=method)
    payment.order, payment.person_id, payment.status = order, order.customer_id, "paid"
    payment.settled_at, payment.receipt, payment.result_text = at, receipt, result_text
    session.add(payment)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(_("The receipt %(receipt)s was used already.", receipt=receipt)) from error
    return payment
