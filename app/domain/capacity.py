"""How much a kitchen can cook: its limit, the place that each order gets, and what guests are told while it is full.

An order for as soon as possible is promised for the first quarter of an hour that has room (quarters.py), if that comes
before the kitchen closes and soon enough to be called soon; one for a set time is refused where that is full, with the
next time that is not. Places are given with the restaurant held, so that of two who race for the last one, one gets the
next. Acceptance with other minutes is a person's word, and asks nobody. A kitchen without a limit (as each is at first)
is neither held nor asked anything.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.contract.times import iso_or_none, now
from app.errors import Invalid, KitchenFull
from app.extensions import atomic, db
from app.language import gettext as _
from app.models import MenuItem, Order, Restaurant
from app.models.restaurant import MOST_WORK_MINUTES

from . import audit, busy, house_events, marks, order_clock, quarters
from .actor import Actor
from .locks import hold
from .opening import opening
from .order_clock import SCHEDULE_WITHIN
from .quarters import Quarters

# A place that is later than usual by more than this is not what "as soon as possible" means.
SOON = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a dish that is ordered now would get. `ready_at` None: no place, or no orders are taken."""

    ready_at: datetime | None
    is_full: bool = False


def change(
    restaurant: Restaurant,
    capacity_minutes: int | None,
    work_minutes: int,
    *,
    by: Actor,
    seen: str | None = None,
) -> bool:
    """Set the limit (None: none) and what a dish usually takes; whether anything changed.

    Refuses with Invalid, and with LostRace where it is not as it was `seen`.
    """
    errors: dict[str, list[str]] = {}
    if capacity_minutes is not None and not 1 <= capacity_minutes <= MOST_WORK_MINUTES:
        errors["capacity_minutes"] = [_("From 1 to %(most)s minutes, or nothing.", most=MOST_WORK_MINUTES)]
    if not 0 <= work_minutes <= MOST_WORK_MINUTES:
        errors["work_minutes"] = [_("From 0 to %(most)s minutes.", most=MOST_WORK_MINUTES)]
    if errors:
        raise Invalid(_("The kitchen cannot be counted like this."), errors=errors)
    after = {"capacity_minutes": capacity_minutes, "work_minutes": work_minutes}
    with atomic() as session:
        hold(session, restaurant)
        before = _limits(restaurant)
        marks.check(seen, before)
        if before == after:
            return False
        restaurant.capacity_minutes, restaurant.work_minutes = capacity_minutes, work_minutes
        session.flush()
        subject = ("restaurant", restaurant.id, restaurant.name)
        audit.record(session, "restaurant.capacity_changed", by=by, subject=subject, before=before, after=after)
        house_events.changed(session, restaurant, now())
    return True


def mark(restaurant: Restaurant) -> str:
    """The mark of what is set."""
    return marks.of(_limits(restaurant))


def work_of(restaurant: Restaurant, wanted: Iterable[tuple[MenuItem, int]]) -> int:
    """The minutes of work that so many of each dish are."""
    return sum(
        quantity * (restaurant.work_minutes if item.work_minutes is None else item.work_minutes)
        for item, quantity in wanted
    )


def take(
    session: Session,
    restaurant: Restaurant,
    work: int,
    *,
    at: datetime,
    ride: timedelta,
    scheduled_for: datetime | None,
) -> datetime:
    """When a new order of so much work will be ready; nobody else gets its place until the transaction ends.

    The restaurant is held. Refuses with KitchenFull.
    """
    kitchen = quarters.of(session, restaurant, at)
    wished = order_clock.usual(restaurant, at) if scheduled_for is None else scheduled_for - ride
    if kitchen is None or kitchen.have_room(wished, work):
        return wished
    soonest = _soonest(restaurant, kitchen, work, wished, at) if scheduled_for is None else None
    if soonest is None:
        raise _full(restaurant, kitchen, work, ride, scheduled_for, at)
    return soonest


def keep(session: Session, order: Order, at: datetime) -> datetime:
    """When an order that is paid at last will be ready: in the place that it held, else in the next; never refused."""
    restaurant = order.restaurant
    if order.scheduled_for is not None:
        return order.scheduled_for - order_clock.ride(restaurant, order.fulfilment)
    if held := order_clock.held_until(order, at):
        return held
    usual = order_clock.usual(restaurant, at)
    if restaurant.capacity_minutes is not None:
        hold(session, restaurant)
    kitchen = quarters.of(session, restaurant, at, but=order)
    return usual if kitchen is None else _soonest(restaurant, kitchen, order.work_minutes, usual, at) or usual


def outlook(restaurant: Restaurant, at: datetime) -> Outlook:
    """What is promised to whoever orders a usual dish at `at`."""
    if not (restaurant.accepting and restaurant.is_open(at)):
        return Outlook(None)
    usual, kitchen = order_clock.usual(restaurant, at), quarters.of(db.session(), restaurant, at)
    soonest = usual if kitchen is None else _soonest(restaurant, kitchen, _usual_work(restaurant), usual, at)
    return Outlook(soonest, is_full=soonest != usual)


def with_room(
    restaurant: Restaurant, times: Iterable[datetime], at: datetime, *, ride: timedelta, work: int | None = None
) -> Iterator[datetime]:
    """Those of `times` for which an order of so much work (None: a usual dish) finds room."""
    kitchen = quarters.of(db.session(), restaurant, at)
    wanted = _usual_work(restaurant) if work is None else work
    return (time for time in times if kitchen is None or kitchen.have_room(time - ride, wanted))


def _limits(restaurant: Restaurant) -> dict[str, int | None]:
    return {"capacity_minutes": restaurant.capacity_minutes, "work_minutes": restaurant.work_minutes}


def _usual_work(restaurant: Restaurant) -> int:
    """Of a dish; where dishes are none as a rule, of the least that is any."""
    return max(restaurant.work_minutes, 1)


def _soonest(restaurant: Restaurant, kitchen: Quarters, work: int, usual: datetime, at: datetime) -> datetime | None:
    """When so much work is ready, as usual or later; None: not before it closes, or not soon."""
    if kitchen.have_room(usual, work):
        return usual
    closes = opening(restaurant, at).changes_at
    until = usual + SOON if closes is None else min(usual + SOON, closes)
    return next((end for end in quarters.ends_after(usual, until) if kitchen.have_room(end, work)), None)


def _full(
    restaurant: Restaurant, kitchen: Quarters, work: int, ride: timedelta, scheduled_for: datetime | None, at: datetime
) -> KitchenFull:
    """What is said to whom it has no place for: the next time that can be ordered for."""
    after = scheduled_for or order_clock.usual(restaurant, at) + ride
    openings = list(restaurant.openings(at, days=SCHEDULE_WITHIN.days + 1))
    free = (
        end
        for end in quarters.ends_after(after, at + SCHEDULE_WITHIN)
        if any(opens <= end < closes for opens, closes in openings) and kitchen.have_room(end - ride, work)
    )
    next_time = next(free, None)
    if next_time is None:
        said = _("The kitchen is full, and has no free time within a week.")
    elif scheduled_for is None:
        said = _(
            "The kitchen is full for now. The next free time: %(time)s.", time=busy.clock(restaurant, next_time, at)
        )
    else:
        said = _(
            "The kitchen is full at that time. The next free time: %(time)s.",
            time=busy.clock(restaurant, next_time, at),
        )
    return KitchenFull(said, next_time=iso_or_none(next_time))
