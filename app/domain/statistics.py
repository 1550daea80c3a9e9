"""Figures about orders, over all restaurants: what is open, late, cancelled, how many came and how fast they are taken.

Each is one statement that reads an index as far as it has to: it costs the same with a million orders behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Integer, and_, cast, extract, false, func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from app.models import Order, Restaurant

from .days import Span, numbered
from .order_states import ENDS, LABELS, WITH_THE_KITCHEN

# Of so many orders it is worked out how fast they were accepted; more would say the same.
MEASURED = 5000
OPEN = tuple(status for status in LABELS if status not in ENDS)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How long `orders` waited to be accepted, in seconds: the middle one, and what 95 % did not exceed."""

    orders: int
    median: int
    slow: int


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Orders cancelled in one way, within the shorter and the longer of two spans."""

    today: int
    week: int


def open_orders(session: Session) -> dict[str, int]:
    """How many orders there are in each state that is no end; every such state has a number."""
    query = select(Order.status, func.count()).where(Order.status.in_(OPEN)).group_by(Order.status)
    found: dict[str, int] = dict(session.execute(query).all())
    return {status: found.get(status, 0) for status in OPEN}


def late(at: datetime) -> ColumnElement[bool]:
    """The condition of an order that the kitchen still has past its promise."""
    return and_(_in_state(*sorted(WITH_THE_KITCHEN)), Order.promised_by < at)


def unclaimed(session: Session, at: datetime) -> ColumnElement[bool]:
    """The condition of a placed order that nobody has taken although half of the time for it is over."""
    minutes = session.scalars(select(Restaurant.acceptance_minutes).distinct())
    over = (
        and_(
            Order.restaurant_id.in_(select(Restaurant.id).where(Restaurant.acceptance_minutes == each)),
            Order.due_at < at + timedelta(minutes=each) / 2,
        )
        for each in minutes.all()
    )
    return and_(_in_state("placed"), or_(false(), *over))


def how_many(session: Session, condition: ColumnElement[bool]) -> int:
    """How many orders meet `condition` (`late`, `unclaimed`)."""
    return session.scalars(select(func.count()).select_from(Order).where(condition)).one()


def confirmed_in(session: Session, spans: Sequence[Span]) -> list[int]:
    """How many orders became the kitchen's business in each of `spans`."""
    each = numbered(spans)
    within = and_(Order.confirmed_at >= each.c.begins, Order.confirmed_at < each.c.ends)
    query = select(each.c.n, func.count()).select_from(each).join(Order, within).group_by(each.c.n)
    found: dict[int, int] = dict(session.execute(query).all())
    return [found.get(n, 0) for n in range(len(spans))]


def acceptance(session: Session, since: datetime) -> Acceptance | None:
    """How fast the last orders that came since `since` were accepted, `MEASURED` at most; None where none was.

    Counted by whole seconds in the database: a few hundred rows come back.
    """
    taken = (Order.confirmed_at >= since, Order.accepted_at.is_not(None), Order.placed_at.is_not(None))
    last = select(Order.placed_at, Order.accepted_at).where(*taken).order_by(Order.confirmed_at.desc()).limit(MEASURED)
    each = last.subquery()
    waited = cast(extract("epoch", each.c.accepted_at) - extract("epoch", each.c.placed_at), Integer)
    query = select(waited.label("waited"), func.count()).group_by("waited").order_by("waited")
    counts = [(int(seconds), count) for seconds, count in session.execute(query)]
    total = sum(count for _, count in counts)
    return Acceptance(total, _at_rank(counts, total * 0.5), _at_rank(counts, total * 0.95)) if total else None


def cancellations(session: Session, today: datetime, week: datetime) -> dict[str, Cancelled]:
    """By kind, the orders that were cancelled since `today` and since `week` (the earlier of the two)."""
    recent = func.count().filter(Order.changed_at >= today)
    query = select(Order.cancellation_kind, recent, func.count())
    # Spelt out, as the index that holds the cancelled ones alone spells it.
    query = query.where(Order.status == literal_column("'cancelled'"), Order.changed_at >= week)
    rows = session.execute(query.group_by(Order.cancellation_kind))
    return {str(kind): Cancelled(recently, whole_week) for kind, recently, whole_week in rows}


def _in_state(*statuses: str) -> ColumnElement[bool]:
    """The condition of orders in these states, which are few: by their ids out of an index.

    Asked for by its states alone, SQLite reads all orders: to it each state has as many as any other.
    """
    order = aliased(Order)
    return Order.id.in_(select(order.id).where(order.status.in_(statuses)))


def _at_rank(counts: Sequence[tuple[int, int]], rank: float) -> int:
    """The value at `rank` of a sorted list that is given as values and how often each is there."""
    passed = 0
    for value, count in counts:
        passed += count
        if passed >= rank:
            return value
    return counts[-1][0]
