"""Tracking links: whoever holds one may read one order's status, until 48 h after its end or until withdrawn."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model

from .columns import Instant, Key, reference, running_out
from .credential import Credential
from .order import Order


class TrackingLink(Credential, Model):
    """One link; only the SHA-256 of its token is stored. `expires_at` is set when the order reaches its end."""

    kind = "tracking"
    __tablename__ = "tracking_links"
    __table_args__ = (running_out("tracking_links"),)

    id: Mapped[Key]
    order_id: Mapped[int] = reference("orders.id", index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)

    order: Mapped[Order] = relationship(lazy="joined", innerjoin=True)
