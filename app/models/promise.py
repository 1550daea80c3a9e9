"""Promises: every window that a guest was shown for an order, with why it was that one."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.contract.times import now
from app.extensions import Model

from .columns import Instant, Key, reference


class Promise(Model):
    """One window. The last row of an order is what its page shows; `reason` is a sentence for the guest."""

    __tablename__ = "promises"
    __table_args__ = (Index("ix_promises_order_id", "order_id", "id"),)

    id: Mapped[Key]
    order_id: Mapped[int] = reference("orders.id")
    promised_from: Mapped[datetime] = mapped_column(Instant)
    promised_by: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(Instant, default=now)
