"""Text messages: to whom, what about, and how far each came. What one says is composed when it is sent.

So no code and no password is stored here. `status` changes only in domain/messages.py, and never goes back:

    queued     it is to be sent; `error` says why it was not yet
    sent       the provider took it
    failed     the provider refused it, or could not deliver it
    delivered  the phone has it
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contract.times import now
from app.extensions import Model

from .columns import Instant, Key, choice, reference
from .wifi import HotspotUser


class SmsMessage(Model):
    """One message to one phone (E.164)."""

    __tablename__ = "sms_messages"
    __table_args__ = (
        CheckConstraint("status in ('queued', 'sent', 'delivered', 'failed')", name="status"),
        CheckConstraint("number >= 1", name="number"),
        # A pass is sent for the nth time once, however often its job runs.
        UniqueConstraint("hotspot_user_id", "number"),
        Index("ix_sms_messages_phone_created_at", "phone", "created_at"),
        Index("ix_sms_messages_status_id", "status", "id"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(choice(40))
    phone: Mapped[str] = mapped_column(String(20))
    hotspot_user_id: Mapped[int | None] = reference("hotspot_users.id")
    # The how many-th message about this pass it is, from 1 on.
    number: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(choice(), default="queued")
    provider_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    error: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    delivered_at: Mapped[datetime | None] = mapped_column(Instant)

    hotspot_user: Mapped[HotspotUser | None] = relationship()
