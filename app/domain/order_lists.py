"""The lists of orders that admins ask for: narrowed, in one of four orders, a page at a time behind a cursor.

A page never reads more than `WINDOW` orders, however many there are and whatever it is narrowed to. One condition that
has an index drives: it is read in the order of the list, as far as the window. What else is asked is looked for within
the window alone; where that leaves a page short, the page says how far it looked and goes on from there.

    asked for                               read along
    nothing, fulfilment, payment, days      the ids of the orders
    status; restaurant; both                ix_orders_status_id; _restaurant_id_id; _restaurant_status_id
    how it was cancelled                    ix_orders_cancellation_kind_id
    late, waiting too long                  the ids of the orders in these states: few are open at a time
    a word that few orders have             order_terms: these orders are read, and sorted, whole
    the dearest first                       ix_orders_total_minor_id
    what is due first                       ix_orders_due_at, which holds what is due alone

Days are two ids: orders get theirs as they are written, so those of some days lie between two of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, aliased

from app.contract.times import now
from app.language import N_
from app.models import Order

from . import order_search, statistics

WINDOW = 5000
# Two orders of the same moment may get their ids the other way round; so far at most.
_SLACK = 500
_BIGGEST = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Cursor = tuple[int, int]

SORTS = {
    "newest": N_("Newest first"),
    "oldest": N_("Oldest first"),
    "due": N_("Due first"),
    "total": N_("Largest total first"),
}
PAID = {
    "unpaid": N_("Not paid"),
    "paid": N_("Paid"),
    "refunding": N_("Money going back"),
    "refunded": N_("Money gone back"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; None and "" are no wish. `begins` and `ends`: written from, and before, UTC.

    `payment` is a method or one of PAID; `only` is `late` or `unclaimed`.
    """

    text: str = ""
    status: str = ""
    restaurant_id: int | None = None
    fulfilment: str = ""
    payment: str = ""
    cancelled: str = ""
    only: str = ""
    begins: datetime | None = None
    ends: datetime | None = None
    sort: str = "newest"


@dataclass(frozen=True, slots=True)
class Found:
    """A page: the ids of its orders, the cursor of the next one, and whether it looked through a whole window."""

    ids: Sequence[int]
    next: Cursor | None
    is_short: bool = False


def page(session: Session, wanted: Wanted, after: Cursor | None, limit: int) -> Found:
    """The first `limit` orders behind the cursor `after` that are wanted, in the order that is wanted."""
    found = order_search.few(session, wanted.text, WINDOW) if wanted.text else None
    if found is not None:
        return _page(session, wanted, after, limit, _these(found), whole=True)
    if wanted == Wanted(wanted.text) and wanted.text and limit < order_search.MOST_AT_ONCE:
        before = after[1] if after else _BIGGEST
        ids = order_search.newest(session, wanted.text, before=before, limit=limit + 1)
        return Found(ids[:limit], (ids[limit - 1],) * 2 if len(ids) > limit else None)
    window = _along(session, wanted, after)
    if _is_driven(wanted):
        rows = session.execute(window.with_only_columns(*_last(wanted.sort)).limit(limit + 1)).all()
        return Found([id for _, id in rows[:limit]], _cursor(rows[limit - 1]) if len(rows) > limit else None)
    return _page(session, wanted, after, limit, window)


def _page(
    session: Session, wanted: Wanted, after: Cursor | None, limit: int, window: Select[Any], *, whole: bool = False
) -> Found:
    """The page out of the orders of `window`, which is `whole` or ends somewhere."""
    order = aliased(Order, window.subquery())
    key, falls = _key(wanted.sort, order)
    query = select(key, order.id).where(*_conditions(session, wanted, order))
    if whole:
        query = query.where(*_behind(wanted.sort, order, after))
    sorting = (key.desc(), order.id.desc()) if falls else (key, order.id)
    rows = session.execute(query.order_by(*sorting).limit(limit + 1)).all()
    ids = [id for _, id in rows[:limit]]
    if len(rows) > limit:
        return Found(ids, _cursor(rows[limit - 1]))
    last = None if whole else session.execute(window.with_only_columns(*_last(wanted.sort)).offset(WINDOW - 1)).first()
    return Found(ids, _cursor(last) if last else None, is_short=last is not None)


# What conditions and sorting look at; a window of whole orders would be copied with all of it.
_LOOKED_AT: tuple[Any, ...] = (
    Order.id,
    Order.status,
    Order.restaurant_id,
    Order.fulfilment,
    Order.cancellation_kind,
    Order.payment_status,
    Order.payment_method,
    Order.created_at,
    Order.due_at,
    Order.total_minor,
)


def _these(ids: Sequence[int]) -> Select[Any]:
    return select(*_LOOKED_AT).where(Order.id.in_(ids))


def _along(session: Session, wanted: Wanted, after: Cursor | None) -> Select[Any]:
    """The window: the next orders behind `after` in the order of the list, by the one condition that drives."""
    key, falls = _key(wanted.sort, Order)
    sorting = (key.desc(), Order.id.desc()) if falls else (key, Order.id)
    query = select(*_LOOKED_AT).where(*_behind(wanted.sort, Order, after), *_driving(session, wanted))
    if wanted.sort in ("newest", "oldest"):
        query = query.where(*_between(session, wanted))
    return query.order_by(*sorting).limit(WINDOW)


def _is_driven(wanted: Wanted) -> bool:
    """Whether what drives is all that is wanted: then the window is the page."""
    if wanted.sort not in ("newest", "oldest") or wanted.cancelled:
        drives = "" if wanted.sort in ("due", "total") else wanted.cancelled
        return wanted == Wanted(sort=wanted.sort, cancelled=drives)
    return wanted == Wanted(status=wanted.status, restaurant_id=wanted.restaurant_id, sort=wanted.sort)


def _driving(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    if wanted.only:
        return [statistics.late(now()) if wanted.only == "late" else statistics.unclaimed(session, now())]
    if wanted.sort == "total":
        return []
    if wanted.sort == "due":
        return [Order.due_at.is_not(None)]
    if wanted.cancelled:
        return [Order.cancellation_kind == wanted.cancelled]
    driving = [Order.status == wanted.status] if wanted.status else []
    return driving + ([Order.restaurant_id == wanted.restaurant_id] if wanted.restaurant_id else [])


def _between(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    """The ids between which the orders of the wanted days lie."""
    between: list[ColumnElement[bool]] = []
    if wanted.begins:
        first = select(Order.id).where(Order.created_at >= wanted.begins).order_by(Order.created_at).limit(1)
        between.append(Order.id >= (session.scalars(first).first() or _BIGGEST) - _SLACK)
    if wanted.ends:
        last = select(Order.id).where(Order.created_at < wanted.ends).order_by(Order.created_at.desc()).limit(1)
        between.append(Order.id <= (session.scalars(last).first() or 0) + _SLACK)
    return between


def _conditions(session: Session, wanted: Wanted, order: Any) -> list[ColumnElement[bool]]:
    """All that is wanted, of the orders of a window."""
    wishes = (
        (order.status, wanted.status),
        (order.restaurant_id, wanted.restaurant_id),
        (order.fulfilment, wanted.fulfilment),
        (order.cancellation_kind, wanted.cancelled),
        (order.payment_status if wanted.payment in PAID else order.payment_method, wanted.payment),
    )
    conditions = [column == wish for column, wish in wishes if wish]
    if wanted.begins:
        conditions.append(order.created_at >= wanted.begins)
    if wanted.ends:
        conditions.append(order.created_at < wanted.ends)
    if wanted.sort == "due":
        conditions.append(order.due_at.is_not(None))
    if wanted.only:
        conditions.append(order.id.in_(select(Order.id).where(*_driving(session, Wanted(only=wanted.only)))))
    if wanted.text:
        conditions.append(order.id.in_(order_search.matching(select(Order.id), wanted.text)))
    return conditions


def _key(sort: str, order: Any) -> tuple[Any, bool]:
    """What the list is sorted by, before the id, and whether it falls."""
    match sort:
        case "due":
            return order.due_at, False
        case "total":
            return order.total_minor, True
    return order.id, sort == "newest"


def _last(sort: str) -> tuple[Any, Any]:
    key, _ = _key(sort, Order)
    return key.label("key"), Order.id.label("id")


def _behind(sort: str, order: Any, after: Cursor | None) -> list[ColumnElement[bool]]:
    """The condition of what stands behind the cursor."""
    if after is None:
        return []
    number, id = after
    key, falls = _key(sort, order)
    if sort in ("newest", "oldest"):
        return [order.id < id if falls else order.id > id]
    value = _EPOCH + timedelta(microseconds=number) if sort == "due" else number
    # The first part is what the index is read by; the second cuts what is as large.
    reached, past = (key <= value, key < value) if falls else (key >= value, key > value)
    return [and_(reached, or_(past, order.id < id if falls else order.id > id))]


def _cursor(row: Any) -> Cursor:
    key, id = row
    return ((key - _EPOCH) // timedelta(microseconds=1) if isinstance(key, datetime) else int(key), id)
