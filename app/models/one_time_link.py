"""Links that are mailed or handed over once: invitations, and resets of a password. Each opens one form, once."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model

from .columns import Instant, Key, choice, reference
from .credential import Credential
from .person import Person


class OneTimeLink(Credential, Model):
    """A link to set a password with; only the SHA-256 of its token is stored.

    Without `token_hash` it waits to be mailed: the token is made when it is sent. Without a person it leads nowhere:
    somebody asked for an address that nobody has (domain/password_resets.py). `ended_at` says that it was used
    (then `used_at` says so too), or that a newer one took its place.
    """

    kind = "link"
    __tablename__ = "one_time_links"
    __table_args__ = (CheckConstraint("purpose in ('invitation', 'password_reset')", name="purpose"),)

    id: Mapped[Key]
    purpose: Mapped[str] = mapped_column(choice())
    person_id: Mapped[int | None] = reference("people.id", index=True)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)

    person: Mapped[Person | None] = relationship(lazy="joined")
