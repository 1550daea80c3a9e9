"""When a restaurant opens, closes, and can be ordered from."""

from datetime import UTC, datetime, time, timedelta

import pytest

from app.domain.opening import Opening, opening, times_ahead
from app.models import OpeningHours, Restaurant

FRIDAY = datetime(2026, 11, 20, tzinfo=UTC)


def restaurant(*hours: tuple[int, int, int], zone: str = "UTC") -> Restaurant:
    """Open on (weekday, from, to), in whole hours."""
    rows = [OpeningHours(weekday=day, opens=time(opens), closes=time(closes % 24)) for day, opens, closes in hours]
    return Restaurant(time_zone=zone, hours=rows, preparation_minutes=20, day_starts=time(5))


def at(hours: float) -> datetime:
    return FRIDAY + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        (10, Opening(False, at(11))),
        (11, Opening(True, at(15))),
        (14.9, Opening(True, at(15))),
        (15, Opening(False, at(18))),
        (18, Opening(True, at(26))),
        (25.5, Opening(True, at(26))),
        (26, Opening(False, at(7 * 24 + 11))),
    ],
)
def test_it_tells_the_next_change(hour, expected):
    assert opening(restaurant((4, 11, 15), (4, 18, 2)), at(hour)) == expected


def test_hours_that_touch_are_one_opening():
    assert opening(restaurant((4, 9, 0), (5, 0, 3)), at(10)) == Opening(True, at(27))


def test_who_never_closes_has_no_closing_time():
    assert opening(restaurant(*((day, 0, 0) for day in range(7))), at(10)) == Opening(True, None)


def test_who_never_opens_has_no_opening_time():
    assert opening(restaurant(), at(10)) == Opening(False, None)


def test_it_counts_in_the_restaurants_zone():
    assert opening(restaurant((4, 11, 15), zone="Asia/Tokyo"), at(0)) == Opening(False, at(2))


def test_closing_follows_the_clock_when_it_is_set_back():
    # New York, 1 November 2026: open from 20:00 to 03:00, and 01:30 comes twice.
    late = restaurant((5, 20, 3), zone="America/New_York")
    assert opening(late, datetime(2026, 11, 1, 1, tzinfo=UTC)).changes_at == datetime(2026, 11, 1, 8, tzinfo=UTC)


def test_times_to_order_for_are_the_quarters_in_which_it_is_open():
    times = list(times_ahead(restaurant((4, 11, 13)), at(10)))
    assert times == [at(11 + quarter / 4) for quarter in range(8)]


def test_the_first_time_leaves_the_kitchen_its_minutes():
    assert next(times_ahead(restaurant((4, 0, 0)), at(12))) == at(12.5)
    assert next(times_ahead(restaurant((4, 0, 0)), at(12.1))) == at(12.75)


def test_times_end_after_a_week():
    times = list(times_ahead(restaurant(*((day, 0, 0) for day in range(7))), at(12)))
    assert times[-1] == at(7 * 24 + 12)
