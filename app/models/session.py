"""Sessions and bearer tokens as rows: what ends the row ends the access, on every process."""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contract.times import now
from app.contract.tokens import SESSION_LIFETIME_DAYS
from app.extensions import Model

from .columns import Instant, Key, reference, running_out
from .credential import Credential
from .person import Person

_ACTING = text("acts_as_id is not null")


def _absolute_end() -> datetime:
    return now() + timedelta(days=SESSION_LIFETIME_DAYS)


class Session(Credential, Model):
    """One log-in in one browser; the signed cookie carries its `id` (128 random bits).

    It runs out at `expires_at`, which moves on while it is used and never beyond `ends_at` (domain/sessions.py).
    While an admin acts as somebody else, it gives that person's access instead of the admin's (domain/acting.py).
    """

    kind = "session"
    __tablename__ = "sessions"
    __table_args__ = (
        running_out("sessions"),
        CheckConstraint("(acts_as_id is null) = (acting_until is null)", name="acting_ends"),
        Index("ix_sessions_acting", "acting_until", postgresql_where=_ACTING, sqlite_where=_ACTING),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[int] = reference("people.id", index=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant, default=_absolute_end)
    last_seen_at: Mapped[datetime] = mapped_column(Instant, default=now)
    # Whether a second factor was asked for and given.
    second_factor: Mapped[bool] = mapped_column(default=False)
    acts_as_id: Mapped[int | None] = reference("people.id")
    acting_until: Mapped[datetime | None] = mapped_column(Instant)
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(45), default="")

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True, foreign_keys=[person_id])
    acted: Mapped[Person | None] = relationship(foreign_keys=[acts_as_id])

    @property
    def holder(self) -> Person:
        """Whose access it gives: the person's who logged in, or theirs whom an admin acts as."""
        if self.acted is not None and self.acting_until is not None and self.acting_until > now():
            return self.acted
        return self.person


class ApiToken(Credential, Model):
    """One bearer token of one person; only its SHA-256 is stored."""

    kind = "token"
    __tablename__ = "api_tokens"
    __table_args__ = (running_out("api_tokens"),)

    id: Mapped[Key]
    person_id: Mapped[int] = reference("people.id", index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant, default=now)
    second_factor: Mapped[bool] = mapped_column(default=False)
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(45), default="")

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)

    @property
    def holder(self) -> Person:
        """Whose access it gives."""
        return self.person
