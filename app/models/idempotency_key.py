"""Idempotency keys with their answers: the same key and body give the first answer again, for 24 hours."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.contract.times import now
from app.extensions import Model

from .columns import Instant, reference


class IdempotencyKey(Model):
    """One key of one person, written in the transaction of what it guards."""

    __tablename__ = "idempotency_keys"

    person_id: Mapped[int] = reference("people.id", primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    # SHA-256 over method, path and body: the same key with another request is refused.
    request_hash: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now, index=True)
