"""When a restaurant is open, told ahead: until when it stays open, when it opens next, which times can be ordered for.

Follows from the opening hours alone; a pause (`Restaurant.accepting`) is another fact and has no end that we know.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.models import Restaurant

from .order_placement import SCHEDULE_WITHIN

# A restaurant that does not close (or open) within a week is told without a time.
_AHEAD = timedelta(days=8)
_STEP = timedelta(minutes=30)
# Whoever chooses the earliest time has this long to fill in the rest.
_MARGIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Opening:
    """`changes_at`: the closing time while it is open, the next opening while it is closed; None: not within a week."""

    is_open: bool
    changes_at: datetime | None


def opening(restaurant: Restaurant, at: datetime) -> Opening:
    """Whether `restaurant` is open at `at`, and when that ends."""
    periods = sorted(_periods(restaurant, at))
    is_open = restaurant.is_open(at)
    if not is_open:
        return Opening(False, next((start for start, _ in periods if start > at), None))
    closes = at
    for start, end in periods:
        if start <= closes < end:
            closes = end
    return Opening(True, None if closes - at > _AHEAD - timedelta(days=2) else closes)


def times_ahead(restaurant: Restaurant, at: datetime) -> Iterator[datetime]:
    """Each full and half hour (UTC) within a week of `at` that an order can be scheduled for."""
    earliest = at + timedelta(minutes=restaurant.preparation_minutes) + _MARGIN
    local = earliest.astimezone(restaurant.zone).replace(second=0, microsecond=0)
    local += timedelta(minutes=-local.minute % 30)
    time = local.astimezone(UTC)
    while time <= at + SCHEDULE_WITHIN:
        if restaurant.is_open(time):
            yield time
        time += _STEP


def _periods(restaurant: Restaurant, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Each opening and closing from the day before `at`, as instants; a closing after midnight is the next day's."""
    today = at.astimezone(restaurant.zone).date()
    for ahead in range(-1, _AHEAD.days):
        day = today + timedelta(days=ahead)
        for hours in restaurant.hours:
            if hours.weekday == day.weekday():
                closing_day = day + timedelta(days=1) if hours.closes <= hours.opens else day
                yield (
                    datetime.combine(day, hours.opens, restaurant.zone),
                    datetime.combine(closing_day, hours.closes, restaurant.zone),
                )
