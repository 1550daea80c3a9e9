"""Writing to the log of events, inside the transaction of the change that they tell.

`append` must come after the guarded update of the row that the events are about: that row's lock makes the order of
log ids follow the order of commits, per order (written before it, 40 % of pairs came out inverted in a measurement).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.contract import rooms
from app.contract.events import Message
from app.contract.positions import Position, new_epoch
from app.contract.times import iso, now
from app.errors import Invalid
from app.extensions import LOG_GREW, atomic
from app.models import EventLog, LogHead
from app.models.event_log import head
from app.models.prepared import Prepared

# What the column holds.
_LONGEST_NAME = 40
_insert_row = Prepared(insert(EventLog.__table__), "event_id", "room", "name", "data", "order_id", "created_at")


def stamp(at: datetime, **more: Any) -> dict[str, Any]:
    """The fields that every `data` of one event has: a new `event_id` (32 hex digits) and `occurred_at`."""
    return {"event_id": uuid4().hex, "occurred_at": iso(at), **more}


def append(session: Session, messages: Sequence[Message], *, at: datetime, order_id: int | None = None) -> None:
    """Write one row for each message, in this order. The session's transaction decides whether they ever happened."""
    if not messages:
        return
    rows = [
        {
            "event_id": message.data["event_id"],
            "room": message.room,
            "name": message.name,
            "data": orjson.dumps(message.data).decode(),
            "order_id": order_id,
            "created_at": at,
        }
        for message in messages
    ]
    _insert_row.write(session.connection(), *rows)
    session.info[LOG_GREW] = True


def send_test(channel: str, data: Mapping[str, Any], *, name: str = "passline.test") -> str:
    """Put an event of an operator's own on the real path: `name` with the fields of `data`; returns its `event_id`.

    `channel` may have its prefix. Refuses with Invalid a channel that does not exist and a name that does not fit.
    """
    _, room = rooms.bare(channel)
    errors: dict[str, list[str]] = {}
    if not rooms.exists(room):
        errors["channel"] = ["No such channel: see app/contract/rooms.py for their names."]
    if not 1 <= len(name) <= _LONGEST_NAME:
        errors["name"] = [f"From 1 to {_LONGEST_NAME} characters."]
    if errors:
        raise Invalid("This event cannot be sent.", errors=errors)
    at = now()
    message = Message(name, room, {**data, **stamp(at)})
    with atomic() as session:
        append(session, [message], at=at)
    return str(message.data["event_id"])


def renew_epoch() -> Position:
    """Begin another life of the log, after its database was restored; its head as it is then.

    Positions that screens have seen mean nothing from now on: every screen is told to reload.
    """
    with atomic() as session:
        session.execute(update(LogHead).values(epoch=new_epoch()).execution_options(synchronize_session=False))
        return head(session)


def prune(before: datetime, *, most: int = 5000) -> int:
    """Drop up to `most` numbered rows that were written before `before`, oldest first; how many went.

    `log_head.pruned` says in the same transaction how far: whoever asks from before it is told to reload, and never
    gets a part.
    """
    with atomic() as session:
        place = EventLog.place(session)
        oldest = select(place, EventLog.created_at).where(place.is_not(None)).order_by(place).limit(most)
        last = 0
        for position, created_at in session.execute(oldest):
            if created_at >= before:
                break
            last = position or last
        if not last:
            return 0
        gone = session.execute(delete(EventLog).where(place <= last).execution_options(synchronize_session=False))
        session.execute(update(LogHead).values(pruned=last).execution_options(synchronize_session=False))
    return int(gone.rowcount)  # type: ignore[attr-defined]
