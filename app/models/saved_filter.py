"""Saved filters: what an admin narrows the list of orders to again and again, under a name."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.contract.times import now
from app.extensions import Model

from .columns import Instant, Key, reference

LONGEST_FILTER_NAME = 40


class SavedFilter(Model):
    """One filter of one person. `query` is how the list's address says it (`status=placed&restaurant=first`)."""

    __tablename__ = "saved_filters"
    __table_args__ = (UniqueConstraint("person_id", "name"),)

    id: Mapped[Key]
    person_id: Mapped[int] = reference("people.id")
    name: Mapped[str] = mapped_column(String(LONGEST_FILTER_NAME))
    query: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
