"""What a person should look at, in numbers: payments that hang, money owed, failures; and how the Wi-Fi is used.

Bounded: of what may have piled up no more than `MOST` are counted, and the page then says "and more".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.models import HotspotUser, Job, Payment, Refund, SmsMessage, WifiSession

MOST = 1000
OPEN_PAYMENTS = ("initiated", "prompted", "unknown", "needs_review")


@dataclass(frozen=True, slots=True)
class Owed:
    """Money that has to go back, in minor units of one currency."""

    currency: str
    refunds: int
    minor: int


def open_payments(session: Session) -> Mapping[str, int]:
    """How many payments there are in each state that is no end; every such state has a number."""
    query = select(Payment.status, func.count()).where(Payment.status.in_(OPEN_PAYMENTS)).group_by(Payment.status)
    found: dict[str, int] = dict(session.execute(query).all())
    return {status: found.get(status, 0) for status in OPEN_PAYMENTS}


def owed(session: Session) -> list[Owed]:
    """The refunds that nobody has sent yet, by currency."""
    query = select(Refund.currency, func.count(), func.sum(Refund.amount_minor)).where(Refund.status == "owed")
    rows = session.execute(query.group_by(Refund.currency).order_by(Refund.currency))
    return [Owed(currency, refunds, int(minor)) for currency, refunds, minor in rows]


def dead_jobs(session: Session) -> int:
    """Jobs that failed as often as they may."""
    return _up_to_most(session, Job.status == "dead")


def failed_messages(session: Session, since: datetime) -> int:
    """Text messages written since `since` that did not go out."""
    return _up_to_most(session, SmsMessage.status == "failed", SmsMessage.created_at >= since)


def wifi_sessions(session: Session) -> int:
    """Devices that are on the Wi-Fi now, as far as accounting has told."""
    return _up_to_most(session, WifiSession.ended_at.is_(None))


def passes_minted(session: Session, since: datetime) -> tuple[int, int]:
    """The passes minted since `since`: those that were sold, and those that came with an order."""
    sold, given = func.count(HotspotUser.payment_id), func.count(HotspotUser.order_id)
    row = session.execute(select(sold, given).where(HotspotUser.created_at >= since)).one()
    return row[0], row[1]


def _up_to_most(session: Session, *conditions: ColumnElement[bool]) -> int:
    found: Any = select(1).where(*conditions).limit(MOST).subquery()
    return session.scalars(select(func.count()).select_from(found)).one()
