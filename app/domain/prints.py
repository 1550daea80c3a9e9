"""Papers of an order: kitchen tickets and receipts. One original for each version, station and kind; after it copies.

That the kitchen makes nothing twice hangs on this word: the original is decided by the database, so of two screens that
print in the same moment one gets the copy.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from app.contract.times import now
from app.errors import Conflict
from app.extensions import atomic
from app.models import Order, Print

from . import staff
from .actor import Actor, name_of

KINDS = {"kitchen_ticket": "Kitchen ticket", "receipt": "Receipt"}
_INSERTS: Mapping[str, Callable[[Any], Any]] = {"sqlite": insert_on_sqlite, "postgresql": insert_on_postgresql}


@dataclass(frozen=True, slots=True)
class Paper:
    """What has been printed of an order as it is: how often, when first and by whom; `before`: of earlier versions."""

    times: int
    first_at: datetime | None = None
    first_by: str = ""
    before: datetime | None = None

    @property
    def is_copy(self) -> bool:
        """Whether what is printed now is not the first of its kind."""
        return self.times > 1


def take(order: Order, kind: str, station: str = "", *, by: Actor) -> Paper:
    """Count one more print of `order` as it is; the first is the original. Refuses with Conflict an empty ticket."""
    staff.check(by, staff.PRINT)
    if station and station not in {item.station for item in order.items}:
        raise Conflict("Nothing of this order is made at that station.")
    at = now()
    key = {"order_id": order.id, "version": order.version, "station": station, "kind": kind}
    with atomic() as session:
        table = Print.__table__
        new = _INSERTS[session.connection().dialect.name](table)
        new = new.values(**key, printed_at=at, by_id=by.id, by_name=name_of(by), copies=0)
        session.execute(new.on_conflict_do_update(index_elements=list(key), set_={"copies": table.c.copies + 1}))
        return look(session, order, kind, station)


def look(session: Session, order: Order, kind: str, station: str = "") -> Paper:
    """What has been printed so far."""
    query = select(Print).where(Print.order_id == order.id, Print.kind == kind, Print.station == station)
    query = query.order_by(Print.version).execution_options(populate_existing=True)
    rows = {row.version: row for row in session.scalars(query)}
    mine = rows.pop(order.version, None)
    before = max((row.printed_at for row in rows.values()), default=None)
    if mine is None:
        return Paper(0, before=before)
    return Paper(mine.copies + 1, mine.printed_at, mine.by_name, before)
