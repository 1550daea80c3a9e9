"""What sessions, bearer tokens and tracking links have in common: each is a row that gives access while it lasts."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import Mapped, mapped_column

from app.contract.times import now

from .columns import Instant


class Credential:
    """A row that gives access from `created_at` until it is ended, or has run out (None: it does not)."""

    kind: ClassVar[str]
    if TYPE_CHECKING:
        id: Any
        expires_at: Any

    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def credential(self) -> str:
        """How the log and the gateway name this row (contract/identity.py)."""
        return f"{self.kind}:{self.id}"

    def lasts(self, at: datetime) -> bool:
        """Whether it gives access at `at`."""
        return self.ended_at is None and (self.expires_at is None or self.expires_at > at)

    @classmethod
    def lasting(cls, at: datetime) -> ColumnElement[bool]:
        """The condition of those that give access at `at`."""
        return and_(cls.ended_at.is_(None), or_(cls.expires_at.is_(None), cls.expires_at > at))
