"""What happens to what is committed: events get their position, deadlines are acted on, and no change is silent."""

from datetime import timedelta
from time import sleep
from typing import Any

from sqlalchemy import Float, Select, and_, exists, extract, func, select

from app.config import Config
from app.contract.times import now
from app.extensions import db
from app.models import EventLog, LogHead, Order, OrderChange
from app.models.event_log import head

from .finding import Finding, ok, wrong

# Seconds that an event may wait for its position, and a deadline for the worker, before somebody must be asleep.
_WAITS = 5.0
_LATE = timedelta(seconds=10)
# How far back is looked for changes without an event, in time (rows of the log are kept for an hour at least) and in
# rows, so that a busy system is asked no more than a quiet one.
_LOOK_BACK = timedelta(minutes=30)
_ROWS = 20_000
_MOST = 5


def sequencer(config: Config) -> Finding:
    """Whether somebody gives committed events their position, and how far behind that is."""
    if config.is_sqlite:
        position = head(db.session)
        db.session.rollback()
        return ok("sequencer", f"not needed on SQLite, where the id is the position; the log stands at {position}")
    finding = _sequencer()
    if finding.verdict == "wrong":
        # One gateway may be taking over from another at this very moment.
        sleep(1.0)
        finding = _sequencer()
    return finding


def _sequencer() -> Finding:
    clock = func.clock_timestamp()
    holder, left, waiting, oldest, position = db.session.execute(
        select(
            LogHead.holder,
            extract("epoch", LogHead.lease_until - clock).cast(Float),
            select(func.count(EventLog.id)).where(EventLog.position.is_(None)).scalar_subquery(),
            select(extract("epoch", clock - func.min(EventLog.created_at)).cast(Float))
            .where(EventLog.position.is_(None))
            .scalar_subquery(),
            LogHead.position,
        )
    ).one()
    db.session.rollback()
    behind = f"{waiting} events wait for their position" + (f", the oldest for {oldest:.1f} s" if waiting else "")
    if left is None:
        return wrong("sequencer", f"no gateway numbers events; {behind}", "start a gateway (`python -m gateway`)")
    if left < 0:
        seen = f"{holder} numbered events until {-left:.1f} s ago and stopped; {behind}"
        return wrong("sequencer", seen, "that gateway is stopped or cut off: end it and start it again")
    if waiting and oldest > _WAITS:
        return wrong("sequencer", f"{holder} holds the lease, but {behind}", f"see the log of {holder}")
    return ok("sequencer", f"{holder} numbers events, {behind}; the log stands at {position}")


def deadlines() -> Finding:
    """Whether the worker acts on what is due."""
    late = Order.due_at <= now() - _LATE
    count, oldest = db.session.execute(select(func.count(Order.id), func.min(Order.due_at)).where(late)).one()
    db.session.rollback()
    if oldest is not None:
        ago = (now() - oldest).total_seconds()
        seen = f"{count} orders are past their time, the oldest by {ago:.0f} s: they neither expire nor reach a kitchen"
        return wrong("deadlines", seen, "the worker must run; if it does, see its log")
    return ok("deadlines", "no order is past its time")


def events() -> Finding:
    """Whether each change of the last half hour (of a busy one: its end) has its events, on orders that have had some.

    (Orders that were written without any, as the demo's past is, are not looked at: nobody waited for theirs.)
    """
    newest = db.session.scalar(select(func.max(EventLog.id))) or 0
    first = (
        select(EventLog.order_id, func.min(EventLog.created_at).label("at"))
        .where(EventLog.id > newest - _ROWS, EventLog.created_at > now() - _LOOK_BACK)
        .where(EventLog.order_id.is_not(None))
        .group_by(EventLog.order_id)
        .subquery()
    )
    told = db.session.scalar(select(func.count()).select_from(first))
    silent = [
        *(f"order {number}, version {version}" for number, version in db.session.execute(_untold(first)).all()),
        *(f"order {number}, now {status}" for number, status in db.session.execute(_unwritten(first)).all()),
    ]
    db.session.rollback()
    if silent:
        seen = f"changed without an event, so no screen can know: {'; '.join(silent[:_MOST])}"
        return wrong("events", seen, "something writes orders beside the verbs of app/domain: find it, reload screens")
    return ok("events", f"each change of {told} orders in the last {_LOOK_BACK.seconds // 60} minutes has its events")


def _untold(first: Any) -> Select[str, int]:
    """Changes with a row of history and none in the log. Both are written with the same instant."""
    row = exists().where(and_(EventLog.order_id == OrderChange.order_id, EventLog.created_at == OrderChange.at))
    return (
        select(Order.number, OrderChange.version)
        .join(OrderChange, OrderChange.order_id == Order.id)
        .join(first, first.c.order_id == Order.id)
        .where(OrderChange.at > first.c.at, ~row)
        .limit(_MOST)
    )


def _unwritten(first: Any) -> Select[str, str]:
    """Orders that are what no row of history says."""
    change = exists().where(
        and_(
            OrderChange.order_id == Order.id,
            OrderChange.version == Order.version,
            OrderChange.to_status == Order.status,
        )
    )
    return select(Order.number, Order.status).join(first, first.c.order_id == Order.id).where(~change).limit(_MOST)
