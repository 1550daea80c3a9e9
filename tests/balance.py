"""Where the money is: each receipt in exactly one place, whatever was said about it. For every test about payments."""

import json
from collections import Counter

from sqlalchemy import select

from app.extensions import db
from app.models import EventLog, HotspotUser, Payment, Refund


def balance() -> dict[str, str]:
    """Where the money of each receipt is; fails where it is in two places, or in none."""
    db.session.rollback()
    db.session.expire_all()
    refunds = {refund.payment_id: refund for refund in db.session.scalars(select(Refund))}
    where = {}
    settled: dict[int, int] = {}
    for payment in db.session.scalars(select(Payment).where(Payment.receipt.is_not(None))):
        if payment.status == "needs_review":
            where[payment.receipt] = "review"
        elif payment.id in refunds:
            where[payment.receipt] = f"refund {refunds[payment.id].reason}"
            assert refunds[payment.id].amount_minor == payment.money_minor
        else:
            assert payment.status == "paid", "money in no place"
            where[payment.receipt] = _bought(payment, settled)
    for refund in refunds.values():
        assert refund.payment.status in ("paid", "needs_review")
    return where


def _bought(payment: Payment, settled: dict[int, int]) -> str:
    """What money bought that is neither looked at nor owed back: an order, once, or a pass."""
    if payment.order is None:
        passes = db.session.scalars(select(HotspotUser).where(HotspotUser.payment_id == payment.id)).unique().all()
        assert [each.status for each in passes] in (["minted"], ["active"], ["expired"]), "money without its pass"
        return "pass"
    assert payment.order.payment_status == "paid"
    assert payment.order.confirmed_at is not None
    assert settled.setdefault(payment.order.id, payment.id) == payment.id, "an order that was paid twice"
    return "settled"


def completed() -> Counter[int]:
    """How often each payment was told to be settled."""
    query = select(EventLog.data).where(EventLog.name == "PaymentCompleted", EventLog.room == "payments")
    return Counter(json.loads(data)["payment"]["id"] for data in db.session.scalars(query))
