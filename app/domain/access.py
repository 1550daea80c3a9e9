"""Ending an access: the row that gave it ends, and an event tells every gateway to close the sockets that hold it.

The ways in are in sessions.py and tracking.py; this is the one way out.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session as Transaction
from sqlalchemy.orm import lazyload

from app.contract.events import access_ended
from app.contract.times import now
from app.extensions import atomic, db
from app.models import ApiToken, Person, Session, TrackingLink

from . import audit, log

Access = Session | ApiToken | TrackingLink
Row = TypeVar("Row", Session, ApiToken, TrackingLink)
Held = TypeVar("Held", Session, ApiToken)


def end(row: Access, *, reason: str) -> bool:
    """End one session, token or link; False when it had ended already."""
    at = now()
    with atomic() as transaction:
        ended = transaction.execute(
            update(type(row))
            .where(type(row).id == row.id, type(row).ended_at.is_(None))
            .values(ended_at=at)
            .execution_options(synchronize_session=False)
        )
        transaction.refresh(row)
        if ended.rowcount:  # type: ignore[attr-defined]
            if isinstance(row, Session) and row.acted is not None:
                _record_stop(transaction, row, row.acted)
            _tell(transaction, at, reason, credential=row.credential)
    return bool(ended.rowcount)  # type: ignore[attr-defined]


def end_all(person: Person, *, reason: str) -> None:
    """End every session and token of `person`, and every socket that holds one.

    Where an admin acts as `person`, the acting ends, and so it does where `person` acts as somebody.
    """
    at = now()
    with atomic() as transaction:
        stop_acting(transaction, at, or_(Session.person_id == person.id, Session.acts_as_id == person.id))
        for table in (Session, ApiToken):
            transaction.execute(
                update(table)
                .where(table.person_id == person.id, table.ended_at.is_(None))
                .values(ended_at=at)
                .execution_options(synchronize_session=False)
            )
        _tell(transaction, at, reason, person_id=person.id)


def end_others(person: Person, kept: Session | ApiToken | None, *, reason: str) -> None:
    """End every session and token of `person` but `kept`, each with the sockets that hold it and no other."""
    with atomic() as transaction:
        rows: list[Session | ApiToken] = [*_of(transaction, Session, person), *_of(transaction, ApiToken, person)]
        for row in rows:
            if kept is None or row.credential != kept.credential:
                end(row, reason=reason)


def stop_acting(transaction: Transaction, at: datetime, *which: ColumnElement[bool]) -> Sequence[Session]:
    """In the sessions `which`, let admins be themselves again, and tell the trail; those that were changed.

    Their sockets are asked to come back, and are then in the admin's own rooms.
    """
    acting = select(Session).where(Session.acts_as_id.is_not(None), Session.ended_at.is_(None), *which)
    held = acting.order_by(Session.id).options(lazyload(Session.person)).with_for_update(of=Session)
    rows = transaction.scalars(held.execution_options(populate_existing=True)).all()
    for row in rows:
        if row.acted is not None:
            _record_stop(transaction, row, row.acted)
        row.acts_as_id = row.acting_until = None
    transaction.flush()
    for row in rows:
        _tell(transaction, at, "acting_changed", credential=row.credential)
    return rows


def tell_acting(transaction: Transaction, at: datetime, row: Session) -> None:
    """Ask the sockets of `row` to come back: it gives another person's access from now on."""
    _tell(transaction, at, "acting_changed", credential=row.credential)


def end_expired() -> int:
    """End what has run out by itself: sessions, tokens, links. Called once a second by the worker."""
    rows: list[Access] = [*_run_out(Session), *_run_out(ApiToken), *_run_out(TrackingLink)]
    return sum(end(row, reason="expired") for row in rows)


def _of(transaction: Transaction, table: type[Held], person: Person) -> Sequence[Held]:
    """Whatever of `table` has not ended."""
    query = select(table).where(table.person_id == person.id, table.ended_at.is_(None))
    return transaction.scalars(query.order_by(table.id)).all()


def _run_out(table: type[Row]) -> Sequence[Row]:
    due = select(table).where(table.expires_at <= now(), table.ended_at.is_(None)).limit(200)
    return db.session.scalars(due).all()


def _record_stop(transaction: Transaction, row: Session, acted: Person) -> None:
    subject = ("person", acted.id, acted.name)
    audit.record(transaction, "person.acting_stopped", by=row.person, subject=subject)


def _tell(
    transaction: Transaction, at: datetime, reason: str, *, credential: str | None = None, person_id: int | None = None
) -> None:
    message = access_ended(credential=credential, person_id=person_id, reason=reason, stamp=log.stamp(at))
    log.append(transaction, [message], at=at)
