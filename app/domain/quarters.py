"""The quarters of an hour of one kitchen: how much work each holds, and whether there is room for more.

Quarters are those of the clock (UTC; zones differ by whole ones), numbered along time. The work of an order counts in
the quarter in which it is to be ready (`Order.ready_by`; who is ready at 18:30 sharp was cooked in the one that ends
then). More than a whole quarter's is spread evenly, backwards, over as many as it needs. What is late is being cooked
now and counts in the quarter that runs; what is late by more than an hour was forgotten and counts nowhere.

Nothing is kept but the orders: a place is held by whatever is not cooked yet, the unpaid included, and is free as soon
as that is ready or cancelled. A quarter can hold too much, when a person accepted for another time or the limit was
lowered; it then has no room, and that is all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Order, Restaurant

NOT_COOKED = ("awaiting_payment", "scheduled", "placed", "accepted", "preparing")
_FORGOTTEN_AFTER = timedelta(hours=1)
_SECONDS = 15 * 60


@dataclass(frozen=True, slots=True)
class Quarters:
    """`load`: minutes of work by the number of the quarter; `running`: the number of the one that runs."""

    capacity: int
    load: Mapping[int, int]
    running: int

    def have_room(self, ready_at: datetime, work: int) -> bool:
        """Whether so many minutes of work can be done by `ready_at`, begun not before the quarter that runs."""
        shares = _shares(work, self.capacity)
        last = _number(ready_at)
        return last - len(shares) + 1 >= self.running and all(
            self.load.get(last - back, 0) + share <= self.capacity for back, share in enumerate(shares)
        )


def of(session: Session, restaurant: Restaurant, at: datetime, *, but: Order | None = None) -> Quarters | None:
    """What this kitchen has to cook from `at` on, without `but`; None, and nothing is asked, where it has no limit."""
    if restaurant.capacity_minutes is None:
        return None
    orders = Order.__table__.c
    # By the index of a restaurant's orders by state: never more rows than are open.
    query = select(orders.ready_by, orders.work_minutes).where(
        orders.restaurant_id == restaurant.id,
        orders.status.in_(NOT_COOKED),
        orders.ready_by > at - _FORGOTTEN_AFTER,
        orders.work_minutes > 0,
    )
    if but is not None:
        query = query.where(orders.id != but.id)
    running = int(at.timestamp() // _SECONDS) + 1
    load: dict[int, int] = {}
    for ready_by, work in session.execute(query):
        last = max(_number(ready_by), running)
        for back, share in enumerate(_shares(work, restaurant.capacity_minutes)):
            load[last - back] = load.get(last - back, 0) + share
    return Quarters(restaurant.capacity_minutes, load, running)


def ends_after(at: datetime, until: datetime) -> Iterator[datetime]:
    """The ends of the quarters that follow the one of `at`, up to `until`."""
    for number in range(_number(at) + 1, int(until.timestamp() // _SECONDS) + 1):
        yield datetime.fromtimestamp(number * _SECONDS, UTC)


def _number(at: datetime) -> int:
    """The quarter that `at` lies in or ends: it ends that many quarters after the epoch."""
    return -int(-at.timestamp() // _SECONDS)


def _shares(work: int, capacity: int) -> list[int]:
    """The work by quarter, the last one first."""
    count = -(-work // capacity)
    return [work // count + (place < work % count) for place in range(count)]
