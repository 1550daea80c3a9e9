"""The event of a payment: it is settled. The table it follows is contract/events.py."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.contract import events
from app.models import Payment

from . import log, payment_json


def completed(session: Session, payment: Payment, *, at: datetime) -> None:
    """The money of `payment` is there; told once in its life."""
    data = {"payment": payment_json.glance(payment), **log.stamp(at)}
    messages = [event.message(event.room, data) for event in events.PAYMENT_COMPLETED]
    log.append(session, messages, at=at, order_id=payment.order_id)
