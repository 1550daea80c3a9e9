"""When a restaurant is open, told ahead: until when it stays open, when it opens next, which times can be ordered for.

Follows from the opening hours alone; a pause (busy.py) is another fact.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.models import Restaurant

from .order_clock import SCHEDULE_WITHIN

# A restaurant that does not close (or open) within a week is told without a time.
_AHEAD = timedelta(days=8)
_STEP = timedelta(minutes=15)
# Whoever chooses the earliest time has this long to fill in the rest.
_MARGIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Opening:
    """`changes_at`: the closing time while it is open, the next opening while it is closed; None: not within a week."""

    is_open: bool
    changes_at: datetime | None


def opening(restaurant: Restaurant, at: datetime) -> Opening:
    """Whether `restaurant` is open at `at`, and when that ends."""
    periods = sorted(restaurant.openings(at, days=_AHEAD.days))
    is_open = restaurant.is_open(at)
    if not is_open:
        return Opening(False, next((start for start, _ in periods if start > at), None))
    closes = at
    for start, end in periods:
        if start <= closes < end:
            closes = end
    return Opening(True, None if closes - at > _AHEAD - timedelta(days=2) else closes)


def times_ahead(restaurant: Restaurant, at: datetime) -> Iterator[datetime]:
    """Each quarter of an hour within a week of `at` that an order can be scheduled for: kitchens count in them."""
    earliest = at + timedelta(minutes=restaurant.lead_minutes) + _MARGIN
    local = earliest.astimezone(restaurant.zone).replace(second=0, microsecond=0)
    local += timedelta(minutes=-local.minute % 15)
    time = local.astimezone(UTC)
    # Asked for hundreds of times: worked out once.
    openings = list(restaurant.openings(at, days=_AHEAD.days))
    while time <= at + SCHEDULE_WITHIN:
        if any(opens <= time < closes for opens, closes in openings):
            yield time
        time += _STEP
