"""When people order: by the clock of the restaurant's own zone, within its hours, with a rush at lunch and at dinner.

Times are whole milliseconds since 1970 (UTC): a million of them are sorted, and only then turned into instants.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from typing import NamedTuple

from app.models import Restaurant

from .restaurants import Place
from .stories import PREPAID, STORIES, Story

HOUR = 3_600_000
_QUARTERS = 4 * 24
_QUARTER = 900_000
# Nothing begins later than this before now: the longest story, somebody who never came, is over by then.
_QUIET = 5 * HOUR // 2
# A scheduled order is made so long before it is wanted; preparation and ride are shorter than the least.
_AHEAD = (2 * HOUR, 20 * HOUR)

# How much is ordered at each full hour of the local day, and from Monday to Sunday; between hours it slopes.
_CURVE = (4, 2, 1, 1, 1, 3, 9, 14, 12, 9, 11, 26, 48, 42, 20, 12, 13, 22, 44, 60, 52, 34, 18, 9, 4)
_WEEK = (0.8, 0.8, 0.9, 1.0, 1.35, 1.4, 1.15)


class Moment(NamedTuple):
    """An order begins at `at` in a place (its index) and goes like `story`; a scheduled one is wanted at `slot`."""

    at: int
    slot: int | None
    place: int
    story: Story


@dataclass(frozen=True, slots=True)
class _Habits:
    """When and how people order in one place: the open quarters of its week and the stories, with their weights."""

    quarters: tuple[int, ...]
    rush: tuple[float, ...]
    stories: tuple[Story, ...]
    shares: tuple[float, ...]


def moments(places: Sequence[Place], count: int, days: int, now: datetime, rng: random.Random) -> list[Moment]:
    """`count` moments of the last `days` days before `now`, oldest first. The first places are the busiest."""
    habits = [_habits(place.restaurant) for place in places]
    popularity = list(accumulate(1 / (rank + 2) for rank in range(len(places))))
    mondays = [now.date() - timedelta(days=now.weekday() + 7 * week) for week in range(days // 7 + 2)]
    first, last = millis(now - timedelta(days=days)), millis(now) - _QUIET
    found: list[Moment] = []
    while len(found) < count:
        for index in rng.choices(range(len(places)), cum_weights=popularity, k=count - len(found)):
            moment = _moment(index, places[index].restaurant, habits[index], rng.choice(mondays), rng)
            if first <= moment.at and (moment.slot or moment.at) <= last:
                found.append(moment)
    found.sort(key=lambda moment: moment.at)
    return found


def millis(at: datetime) -> int:
    """`at` (aware) as whole milliseconds since 1970."""
    return round(at.timestamp() * 1000)


def _moment(index: int, restaurant: Restaurant, habits: _Habits, monday: date, rng: random.Random) -> Moment:
    day, quarter = divmod(rng.choices(habits.quarters, cum_weights=habits.rush)[0], _QUARTERS)
    story = rng.choices(habits.stories, cum_weights=habits.shares)[0]
    hour, part = divmod(quarter, 4)
    at = millis(datetime.combine(monday + timedelta(days=day), time(hour, part * 15), restaurant.zone))
    if story.is_scheduled:
        return Moment(at - rng.randint(*_AHEAD), at, index, story)
    return Moment(at + rng.randrange(_QUARTER), None, index, story)


def _habits(restaurant: Restaurant) -> _Habits:
    stories = STORIES + PREPAID if restaurant.currency == "KES" else STORIES
    rush = _rush(restaurant)
    shares = accumulate(story.share for story in stories)
    return _Habits(tuple(rush), tuple(accumulate(rush.values())), stories, tuple(shares))


def _rush(restaurant: Restaurant) -> dict[int, float]:
    """How much is ordered in each open quarter of the week, by weekday * 96 + quarter of the local day."""
    monday = datetime(2024, 1, 1, tzinfo=restaurant.zone)
    rush: dict[int, float] = {}
    for number in range(7 * _QUARTERS):
        local = monday + timedelta(minutes=15 * number)
        if restaurant.is_open(local):
            hour, part = divmod(number % _QUARTERS, 4)
            slope = _CURVE[hour] + (_CURVE[hour + 1] - _CURVE[hour]) * part / 4
            rush[number] = slope * _WEEK[restaurant.service_day(local).weekday()]
    return rush
