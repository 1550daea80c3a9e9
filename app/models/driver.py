"""Drivers: whether they are on duty, where they are, and the track of the tickets they rode.

A position is kept for a day (jobs/pruning.py). What screens may be told of it stands in `live_fixes`: one row for each
room and driver, always the newest, written by domain/live_fixes.py, followed by the gateway, and no part of the log.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contract.times import now
from app.extensions import Model

from .columns import BigInt, Instant, Key, choice, reference
from .person import Person


class Driver(Model):
    """The duty and the last fix of one driver. Degrees (WGS 84); accuracy in metres."""

    __tablename__ = "drivers"
    __table_args__ = (
        CheckConstraint("(latitude is null) = (fixed_at is null)", name="fix_has_a_time"),
        CheckConstraint("(latitude is null) = (longitude is null)", name="fix_is_whole"),
    )

    person_id: Mapped[int] = reference("people.id", primary_key=True, autoincrement=False)
    on_duty: Mapped[bool] = mapped_column(default=False)
    duty_changed_at: Mapped[datetime] = mapped_column(Instant, default=now)
    # Why off duty: `self`, `lapses` (three offers in a row), `admin`.
    off_duty_reason: Mapped[str | None] = mapped_column(choice())
    lapses_in_row: Mapped[int] = mapped_column(default=0)
    # Of two who are equally near, whoever was asked longest ago is asked.
    last_offered_at: Mapped[datetime | None] = mapped_column(Instant)

    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    accuracy: Mapped[float | None]
    # The device's clock and ours.
    fixed_at: Mapped[datetime | None] = mapped_column(Instant)
    received_at: Mapped[datetime | None] = mapped_column(Instant)
    # The last fix that was refused as an impossible jump: one that agrees with it is believed.
    doubted_latitude: Mapped[float | None]
    doubted_longitude: Mapped[float | None]
    doubted_at: Mapped[datetime | None] = mapped_column(Instant)

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class TrackPoint(Model):
    """A fix of a driver who rode a ticket."""

    __tablename__ = "track_points"
    __table_args__ = (
        Index("ix_track_points_ticket_id", "ticket_id", "fixed_at"),
        Index("ix_track_points_received_at", "received_at"),
    )

    id: Mapped[Key]
    ticket_id: Mapped[int] = reference("tickets.id")
    driver_id: Mapped[int] = reference("people.id")
    latitude: Mapped[float]
    longitude: Mapped[float]
    accuracy: Mapped[float | None]
    fixed_at: Mapped[datetime] = mapped_column(Instant)
    received_at: Mapped[datetime] = mapped_column(Instant, default=now)


class LiveFix(Model):
    """What the screens of one room are told of one driver now; `data` is the event's JSON, None: nothing any more.

    `n` grows with every write, over all rows: the gateway asks for what is larger than what it saw.
    """

    __tablename__ = "live_fixes"
    __table_args__ = (Index("ix_live_fixes_n", "n"),)

    room: Mapped[str] = mapped_column(String(64), primary_key=True)
    driver_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(BigInt)
    data: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant, default=now)
