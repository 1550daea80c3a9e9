"""Sessions and bearer tokens as rows: what ends the row ends the access, on every process."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model

from .columns import Instant, Key, reference, running_out
from .credential import Credential
from .person import Person


class Session(Credential, Model):
    """One log-in in one browser; the signed cookie carries its `id` (128 random bits)."""

    kind = "session"
    __tablename__ = "sessions"
    __table_args__ = (running_out("sessions"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[int] = reference("people.id", index=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(45), default="")

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class ApiToken(Credential, Model):
    """One bearer token of one person; only its SHA-256 is stored."""

    kind = "token"
    __tablename__ = "api_tokens"
    __table_args__ = (running_out("api_tokens"),)

    id: Mapped[Key]
    person_id: Mapped[int] = reference("people.id", index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(45), default="")

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
