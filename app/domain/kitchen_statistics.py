"""What one kitchen did since a moment: orders, sales, how fast, what was late, cancelled, and sold best.

Two statements that read the orders of the span, `MOST` of them at the very most, newest first; so it costs the same
with years of orders behind it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Order, OrderChange, OrderItem, Restaurant

MOST = 10_000
_BEST = 10


@dataclass(frozen=True, slots=True)
class Speed:
    """Of so many orders, in seconds: the middle one, and what 95 % did not exceed."""

    orders: int
    median: int
    slow: int


@dataclass(frozen=True, slots=True)
class Figures:
    """One span. `sales_minor`: of what was not cancelled; `late`: ready after its promise; `cancelled`: by kind."""

    orders: int
    sales_minor: int
    late: int
    acceptance: Speed | None
    preparation: Speed | None
    cancelled: Mapping[str, int]
    best: Sequence[tuple[str, int]]


def day_began(restaurant: Restaurant, at: datetime) -> datetime:
    """When the service day of `at` began."""
    return datetime.combine(restaurant.service_day(at), restaurant.day_starts, restaurant.zone)


def week_began(restaurant: Restaurant, at: datetime) -> datetime:
    """When the service day of this week's Monday began."""
    today = restaurant.service_day(at)
    return datetime.combine(today - timedelta(days=today.weekday()), restaurant.day_starts, restaurant.zone)


def since(session: Session, restaurant: Restaurant, began: datetime) -> Figures:
    """The figures of `restaurant` from `began` on: orders that became its business then."""
    ready = select(func.min(OrderChange.at)).where(
        OrderChange.order_id == Order.id, OrderChange.to_status == "ready_for_pickup"
    )
    mine = (Order.restaurant_id == restaurant.id, Order.confirmed_at >= began)
    query = select(
        Order.id,
        Order.total_minor,
        Order.cancellation_kind,
        Order.placed_at,
        Order.accepted_at,
        Order.promised_by,
        ready.scalar_subquery().label("ready_at"),
    ).where(*mine)
    rows = session.execute(query.order_by(Order.confirmed_at.desc()).limit(MOST)).all()
    going = [row for row in rows if row.cancellation_kind is None]
    return Figures(
        orders=len(rows),
        sales_minor=sum(row.total_minor for row in going),
        late=sum(1 for row in going if row.ready_at and row.promised_by and row.ready_at > row.promised_by),
        acceptance=_speed(rows, "placed_at", "accepted_at"),
        preparation=_speed(rows, "accepted_at", "ready_at"),
        cancelled=Counter(row.cancellation_kind for row in rows if row.cancellation_kind),
        best=_best(session, mine),
    )


def _speed(rows: Sequence[Any], began: str, ended: str) -> Speed | None:
    pairs = ((getattr(row, began), getattr(row, ended)) for row in rows)
    took = sorted(int((end - start).total_seconds()) for start, end in pairs if start and end)
    return Speed(len(took), _at_rank(took, 0.5), _at_rank(took, 0.95)) if took else None


def _at_rank(values: Sequence[int], part: float) -> int:
    return values[max(0, ceil(len(values) * part) - 1)]


def _best(session: Session, mine: tuple[Any, ...]) -> list[tuple[str, int]]:
    newest = select(Order.id).where(*mine, Order.cancellation_kind.is_(None))
    newest = newest.order_by(Order.confirmed_at.desc()).limit(MOST)
    sold = func.sum(OrderItem.quantity)
    query = select(OrderItem.name, sold).where(OrderItem.order_id.in_(select(newest.subquery().c.id)))
    query = query.group_by(OrderItem.name).order_by(sold.desc(), OrderItem.name).limit(_BEST)
    return [(name, int(count)) for name, count in session.execute(query)]
