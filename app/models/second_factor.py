"""The second factor of those who have one: an app's secret (TOTP, RFC 6238), and codes for when the phone is gone."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.contract.times import now
from app.extensions import Model

from .columns import BigInt, Instant, Key, reference


class SecondFactor(Model):
    """One person's secret, which a first code has confirmed."""

    __tablename__ = "second_factors"

    person_id: Mapped[int] = reference("people.id", primary_key=True, autoincrement=False)
    # Base32, as authenticator apps take it.
    secret: Mapped[str] = mapped_column(String(64))
    # The 30-second step of the newest code that was taken: neither it nor an older one is taken again.
    last_step: Mapped[int] = mapped_column(BigInt, default=0)
    confirmed_at: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)


class RecoveryCode(Model):
    """One code that stands in for the app once; 80 random bits, of which the SHA-256 is stored."""

    __tablename__ = "recovery_codes"

    id: Mapped[Key]
    person_id: Mapped[int] = reference("people.id", index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(Instant)
