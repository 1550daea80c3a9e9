"""Papers of an order: kitchen tickets and receipts. One original for each version, station and kind; after it copies.

That the kitchen makes nothing twice hangs on this word: the original is decided by the database, so of two screens that
print in the same moment one gets the copy. What was counted goes with the paper that is printed for it
(`Paper.number`); a paper that nobody counted is a copy.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from app.contract.times import now
from app.errors import Conflict
from app.extensions import atomic
from app.language import gettext as _
from app.models import Order, Person, Print

from . import idempotency, staff
from .actor import name_of
from .locks import hold

KINDS = {"kitchen_ticket": "Kitchen ticket", "receipt": "Receipt"}
# What a form sends again within this time is its second click; later somebody wants another print.
_ONE_CLICK = timedelta(seconds=5)
_INSERTS: Mapping[str, Callable[[Any], Any]] = {"sqlite": insert_on_sqlite, "postgresql": insert_on_postgresql}


@dataclass(frozen=True, slots=True)
class Paper:
    """What has been printed of an order as it is: how often, when first and by whom; `before`: of earlier versions.

    `number` is which of these prints this paper is; 0: none, nobody counted it.
    """

    times: int
    first_at: datetime | None = None
    first_by: str = ""
    before: datetime | None = None
    number: int = 0

    @property
    def is_copy(self) -> bool:
        """Whether it is not the one original of its kind."""
        return self.number != 1


def take(order: Order, kind: str, station: str = "", *, key: str | None = None, by: Person) -> Paper:
    """Count one more print of `order` as it is; the first is the original. Refuses with Conflict an empty ticket.

    `key` is a secret of the form that was sent: pressed twice it is one print.
    """
    staff.check(by, staff.PRINT)
    if station and station not in {item.station for item in order.items}:
        raise Conflict(_("Nothing of this order is made at that station."))
    at = now()
    with atomic() as session:
        # A second click waits here for the first, and then finds what that counted; the version is the order's own.
        hold(session, order)
        asked = f"{order.id} {kind} {station}".encode()
        answer, again = idempotency.once(by, key, asked, lambda: _counted(session, order, kind, station, by, at))
        version, number, since = (int(part) for part in answer.split())
        if again and (version != order.version or at.timestamp() - since > _ONE_CLICK.total_seconds()):
            _version, number, _since = (int(part) for part in _counted(session, order, kind, station, by, at).split())
        return look(session, order, kind, station, number=number)


def look(session: Session, order: Order, kind: str, station: str = "", *, number: int = 0) -> Paper:
    """What has been printed so far, on a paper that is this `number` of it."""
    query = select(Print).where(Print.order_id == order.id, Print.kind == kind, Print.station == station)
    query = query.order_by(Print.version).execution_options(populate_existing=True)
    rows = {row.version: row for row in session.scalars(query)}
    mine = rows.pop(order.version, None)
    before = max((row.printed_at for row in rows.values()), default=None)
    if mine is None:
        return Paper(0, before=before)
    return Paper(mine.copies + 1, mine.printed_at, mine.by_name, before, number)


def _counted(session: Session, order: Order, kind: str, station: str, by: Person, at: datetime) -> str:
    """One more; of which version it is, which of its prints, and since when (Unix seconds)."""
    key = {"order_id": order.id, "version": order.version, "station": station, "kind": kind}
    table = Print.__table__
    new = _INSERTS[session.connection().dialect.name](table)
    new = new.values(**key, printed_at=at, by_id=by.id, by_name=name_of(by), copies=0)
    new = new.on_conflict_do_update(index_elements=list(key), set_={"copies": table.c.copies + 1})
    copies = session.scalars(new.returning(table.c.copies)).one()
    return f"{order.version} {copies + 1} {int(at.timestamp())}"
