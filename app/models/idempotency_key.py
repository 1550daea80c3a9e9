"""Idempotency keys with their answers: the same key and body give the first answer again, for 24 hours."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.contract.times import now
from app.extensions import db

from .columns import BigInt, Instant, reference


class IdempotencyKey(db.Model):
    """One key of one person. `answer` is null while the first request is still being worked on."""

    __tablename__ = "idempotency_keys"

    person_id: Mapped[int] = reference("people.id", primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    # SHA-256 over method, path and body: the same key with another request is refused.
    request_hash: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now, index=True)
    order_id: Mapped[int | None] = mapped_column(BigInt)
