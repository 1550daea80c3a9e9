"""The history of orders: one row for each change of state, written in the same transaction as the change."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.contract.times import now
from app.extensions import Model

from .columns import BigInt, Instant, Key, choice, reference
from .order import LONGEST_NOTE


class OrderChange(Model):
    """Who moved an order where, when and why. `at` is the server's clock, `occurred_at` the device's."""

    __tablename__ = "order_changes"
    __table_args__ = (UniqueConstraint("order_id", "version"),)

    id: Mapped[Key]
    order_id: Mapped[int] = reference("orders.id")
    version: Mapped[int]
    from_status: Mapped[str | None] = mapped_column(choice())
    to_status: Mapped[str] = mapped_column(choice())
    actor_id: Mapped[int | None] = mapped_column(BigInt)
    actor_name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(choice())
    reason_code: Mapped[str | None] = mapped_column(choice(40))
    note: Mapped[str | None] = mapped_column(String(LONGEST_NOTE))
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    occurred_at: Mapped[datetime | None] = mapped_column(Instant)
