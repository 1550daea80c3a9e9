"""Guest Wi-Fi: what is sold, the passes that were minted, and the sessions that accounting told of.

A pass is minted once for what it was given for (a payment, an order): the database keeps that. Its time runs from its
first session. What FreeRADIUS reads and writes is in radius.py.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contract.times import now
from app.extensions import Model

from .columns import BigInt, Instant, Key, choice, reference
from .restaurant import Restaurant


class WifiPackage(Model):
    """What a restaurant sells: so many minutes for a price. Rates in kbit/s, data in MB (10^6); None: no bound."""

    __tablename__ = "wifi_packages"
    __table_args__ = (
        CheckConstraint("minutes between 1 and 44640", name="minutes"),
        CheckConstraint("price_minor > 0", name="price_positive"),
        CheckConstraint("devices between 1 and 20", name="devices"),
        CheckConstraint("down_kbps is null or down_kbps > 0", name="down"),
        CheckConstraint("up_kbps is null or up_kbps > 0", name="up"),
        CheckConstraint("data_mb is null or data_mb > 0", name="data"),
    )

    id: Mapped[Key]
    restaurant_id: Mapped[int] = reference("restaurants.id", index=True)
    name: Mapped[str] = mapped_column(String(60))
    minutes: Mapped[int]
    price_minor: Mapped[int]
    devices: Mapped[int] = mapped_column(default=1)
    down_kbps: Mapped[int | None]
    up_kbps: Mapped[int | None]
    data_mb: Mapped[int | None]
    # Orders of at least so much get it for nothing; None: it is only sold.
    gift_from_minor: Mapped[int | None]
    is_sold: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)

    restaurant: Mapped[Restaurant] = relationship(lazy="joined", innerjoin=True)


class HotspotUser(Model):
    """A pass: a code that opens the Wi-Fi. `code` is user name and password at once, and is shown to its guest alone.

    `status`: `minted` (not used yet), `active` (its time runs), `expired` (time or data used up), `revoked`.
    """

    __tablename__ = "hotspot_users"
    __table_args__ = (
        CheckConstraint("status in ('minted', 'active', 'expired', 'revoked')", name="status"),
        CheckConstraint("(payment_id is null) <> (order_id is null)", name="given_for_one_thing"),
        Index(
            "ix_hotspot_users_open",
            "expires_at",
            postgresql_where=text("status in ('minted', 'active')"),
            sqlite_where=text("status in ('minted', 'active')"),
        ),
        Index("ix_hotspot_users_restaurant_id_id", "restaurant_id", "id"),
        Index("ix_hotspot_users_created_at", "created_at"),
        # AUTOINCREMENT: events name a pass by its id.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    package_id: Mapped[int] = reference("wifi_packages.id", index=True)
    restaurant_id: Mapped[int] = reference("restaurants.id")
    payment_id: Mapped[int | None] = reference("payments.id", unique=True)
    order_id: Mapped[int | None] = reference("orders.id", unique=True)
    person_id: Mapped[int | None] = reference("people.id", index=True)
    phone: Mapped[str] = mapped_column(String(20), default="")
    code: Mapped[str] = mapped_column(String(20), unique=True)
    status: Mapped[str] = mapped_column(choice(), default="minted")
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    first_seen_at: Mapped[datetime | None] = mapped_column(Instant)
    # Unused: until when it may be begun; begun: when its time is over.
    expires_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    # Why it ended: time, data, unused, or revoked and by what.
    end_reason: Mapped[str | None] = mapped_column(choice(40))

    package: Mapped[WifiPackage] = relationship(lazy="joined", innerjoin=True)
    restaurant: Mapped[Restaurant] = relationship()


class WifiSession(Model):
    """One device's time on the Wi-Fi, as accounting told of it; kept in step with radacct (domain/wifi_sessions.py)."""

    __tablename__ = "wifi_sessions"
    __table_args__ = (
        Index(
            "ix_wifi_sessions_open",
            "hotspot_user_id",
            postgresql_where=text("ended_at is null"),
            sqlite_where=text("ended_at is null"),
        ),
        Index("ix_wifi_sessions_started_at", "started_at"),
    )

    id: Mapped[Key]
    hotspot_user_id: Mapped[int] = reference("hotspot_users.id", index=True)
    # radacct's own key of it.
    acct_unique_id: Mapped[str] = mapped_column(String(32), unique=True)
    acct_session_id: Mapped[str] = mapped_column(String(64))
    nas_address: Mapped[str] = mapped_column(String(45))
    device: Mapped[str] = mapped_column(String(50), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    started_at: Mapped[datetime] = mapped_column(Instant)
    heard_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    seconds: Mapped[int] = mapped_column(default=0)
    bytes_in: Mapped[int] = mapped_column(BigInt, default=0)
    bytes_out: Mapped[int] = mapped_column(BigInt, default=0)
    end_reason: Mapped[str | None] = mapped_column(String(40))
    # When the access point was asked to end it, and when it said that it did.
    disconnect_asked_at: Mapped[datetime | None] = mapped_column(Instant)
    disconnected_at: Mapped[datetime | None] = mapped_column(Instant)

    hotspot_user: Mapped[HotspotUser] = relationship(lazy="joined", innerjoin=True)
