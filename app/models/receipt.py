"""Receipts: which screen has drawn which version of which order, and whether a person could see and hear it.

Written by the gateway alone (gathered in gateway/receipts.py), read by the trace of an order (doctor/trace.py).
"""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.contract.times import now
from app.extensions import Model

from .columns import BigInt, Instant, Key


class Receipt(Model):
    """One screen saw one version. `screen_id` is the browser's own and proves nothing about a person."""

    __tablename__ = "receipts"

    id: Mapped[Key]
    order_number: Mapped[str] = mapped_column(String(16), index=True)
    version: Mapped[int]
    person_id: Mapped[int] = mapped_column(BigInt)
    screen_id: Mapped[str] = mapped_column(String(40))
    screen_name: Mapped[str] = mapped_column(String(60), default="")
    audible: Mapped[bool]
    visible: Mapped[bool]
    seen_at: Mapped[datetime] = mapped_column(Instant, default=now, index=True)
