"""Text messages: to whom, what about, and how far each came. What one says is composed when it is sent.

So no code and no password is stored here. `status`: `queued`, `sent` (the provider took it), `delivered`, `failed`.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String
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
        Index("ix_sms_messages_phone_created_at", "phone", "created_at"),
        Index("ix_sms_messages_status_id", "status", "id"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(choice(40))
    phone: Mapped[str] = mapped_column(String(20))
    hotspot_user_id: Mapped[int | None] = reference("hotspot_users.id", index=True)
    status: Mapped[str] = mapped_column(choice(), default="queued")
    provider_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    error: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    delivered_at: Mapped[datetime | None] = mapped_column(Instant)

    hotspot_user: Mapped[HotspotUser | None] = relationship()
