"""Whether the quarters of a kitchen have room, from what they hold."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.quarters import Quarters, ends_after

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
# Of the quarter that ends at noon.
LAST = int(NOON.timestamp()) // 900


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("held", "minutes", "work", "has_room"),
    [
        ({}, 15, 30, True),
        ({1: 10}, 15, 20, True),
        ({1: 10}, 15, 21, False),
        ({1: 30}, 15, 0, True),
        # Ready at the end of a quarter, and a second later.
        ({1: 30}, 15, 1, False),
        ({1: 30}, 15.02, 1, True),
        # More than a quarter's: half in each of two, begun not before the one that runs.
        ({}, 30, 40, True),
        ({1: 10, 2: 10}, 30, 40, True),
        ({1: 11}, 30, 40, False),
        ({}, 15, 40, False),
        ({}, 45, 90, True),
        ({}, 45, 91, False),
        # Held too much, by a person's word.
        ({1: 50}, 15, 1, False),
        ({1: 50}, 15, 0, True),
    ],
)
def test_room_is_what_the_limit_leaves(held, minutes, work, has_room):
    quarters = Quarters(30, {LAST + number: load for number, load in held.items()}, running=LAST + 1)
    assert quarters.have_room(at(minutes), work) is has_room


def test_quarters_end_by_the_clock():
    assert list(ends_after(at(1), at(45))) == [at(30), at(45)]
    assert list(ends_after(at(15), at(30))) == [at(30)]
    assert list(ends_after(at(16), at(30))) == []
