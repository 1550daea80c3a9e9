"""The log of events: one row is one message to one room, written in the transaction of the change that it tells.

Invariant: a reader pages by position, never by id over rows that have none. On SQLite ids are given inside the one
write lock, so the id is the position; on PostgreSQL ids are taken before the commit, and one sequencer at a time gives
committed rows their position (gateway/sequencer.py). Positions only grow.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, Session, mapped_column, scoped_session

from app.contract.positions import Position
from app.contract.times import now
from app.extensions import Model

from .columns import BigInt, Instant, Key


class EventLog(Model):
    """A message to one room. `data` is JSON text, sent as it stands; an event for three rooms is three rows."""

    __tablename__ = "event_log"
    __table_args__ = (
        Index(
            "uq_event_log_position",
            "position",
            unique=True,
            postgresql_where=text("position is not null"),
            sqlite_where=text("position is not null"),
        ),
        Index(
            "ix_event_log_unsequenced",
            "id",
            postgresql_where=text("position is null"),
            sqlite_where=text("0"),
        ),
        # On SQLite no row has a position, and the id that every index ends with is the place in the room.
        Index("ix_event_log_room_position", "room", "position", postgresql_where=text("position is not null")),
        # AUTOINCREMENT: an id is never given twice, even when the newest rows were pruned.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    position: Mapped[int | None] = mapped_column(BigInt)
    event_id: Mapped[str] = mapped_column(String(32))
    room: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(40))
    data: Mapped[str] = mapped_column(Text)
    # Which order it tells of, for the trace; no foreign key: the log is pruned and outlives nothing.
    order_id: Mapped[int | None] = mapped_column(BigInt, index=True)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)

    @classmethod
    def place(cls, session: Session | scoped_session[Any]) -> Any:
        """The column by which readers page, in the database of `session`."""
        return cls.id if _is_sqlite(session) else cls.position


class LogHead(Model):
    """The one row that says which life of the database this is, how far the log is numbered, and who numbers it.

    `epoch` is another once the database was put back to an earlier moment (gateway/feed.py, `flask events new-epoch`).
    `term` fences the sequencer: it grows whenever another takes over, and only its holder's term may number rows.
    On SQLite `position` stays 0 (the head is sqlite_sequence's). `pruned` is the last position that pruning took:
    a client that asks from before it must reload.
    """

    __tablename__ = "log_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    epoch: Mapped[str] = mapped_column(String(32))
    position: Mapped[int] = mapped_column(BigInt, default=0)
    pruned: Mapped[int] = mapped_column(BigInt, default=0)
    term: Mapped[int] = mapped_column(BigInt, default=0)
    holder: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None] = mapped_column(Instant)


_SQLITE_HEAD = text(
    "select epoch, coalesce((select seq from sqlite_sequence where name = 'event_log'), 0) from log_head"
)
_HEAD = text("select epoch, position from log_head")


def head(session: Session | scoped_session[Any]) -> Position:
    """How far the log is numbered now. A page reads this before its rows, so that replay covers what it did not see."""
    row = session.execute(_SQLITE_HEAD if _is_sqlite(session) else _HEAD).one()
    return Position(row[0], row[1])


def _is_sqlite(session: Session | scoped_session[Any]) -> bool:
    return session.get_bind().dialect.name == "sqlite"
