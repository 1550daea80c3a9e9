"""The event of a payment: it is settled. The table it follows is contract/events.py."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.contract import events
from app.models import Payment

from . import log


def completed(session: Session, payment: Payment, *, at: datetime) -> None:
    """The money of `payment` is there; told once in its life. No name, no phone; amounts in minor units."""
    said = {
        "id": payment.id,
        "amount": payment.amount_minor,
        "currency": payment.currency,
        "method": payment.method,
        "status": payment.status,
        "order_number": payment.order.number if payment.order else None,
        "receipt": payment.receipt,
    }
    data = {"payment": said, **log.stamp(at)}
    messages = [event.message(event.room, data) for event in events.PAYMENT_COMPLETED]
    log.append(session, messages, at=at, order_id=payment.order_id)
