"""Rows of the log that tests write, by the real path, and what of them is to be found in events."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

from sqlalchemy import text

from app.contract.events import Message
from app.contract.times import now
from app.domain import log
from app.extensions import atomic, db
from app.models.event_log import EventLog, head


def write(channel: str, *numbers: object) -> None:
    """One transaction with a test event for each number, written as everything is: through the log."""
    at = now()
    with atomic() as session:
        messages = [Message("passline.test", channel, {"n": n, **log.stamp(at)}) for n in numbers]
        log.append(session, messages, at=at)


def head_now() -> str:
    """The log's head, as a page reads it."""
    db.session.rollback()
    return str(head(db.session))


def unnumbered() -> int:
    """How many committed rows have no position yet; on SQLite none ever."""
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        return 0
    return db.session.query(EventLog).filter(EventLog.position.is_(None)).count()


def numbers(events: list[list[Any]]) -> list[object]:
    """What `write` wrote into these events."""
    return [event[2]["n"] for event in events]


def place(position: str) -> int:
    """The number in a position."""
    return int(position.partition("-")[2])


def put_back(n: int) -> None:
    """What a restored backup does to the log: it stands at position `n` again, and knows nothing of what came after."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    head = "sqlite_sequence set seq = :n where name = 'event_log'" if is_sqlite else "log_head set position = :n"
    with atomic() as session:
        session.execute(text(f"update {head}"), {"n": n})
        session.execute(EventLog.__table__.delete().where(EventLog.place(session) > n))


def until(condition: Callable[[], Any]) -> Any:
    """Wait for what comes a moment later."""
    latest = monotonic() + 15
    while not (found := condition()):
        assert monotonic() < latest
        sleep(0.02)
    return found
