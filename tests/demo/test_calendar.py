"""When the demo's guests order."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from app.contract.times import now
from app.demo import calendar, restaurants
from app.demo.calendar import Moment
from app.demo.restaurants import ALWAYS_OPEN, Place
from app.extensions import atomic

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.fixture
def places(sqlite_app) -> list[Place]:
    with atomic() as session:
        return restaurants.furnish(session, 3, now())


def moments(places: list[Place], count: int = 1500) -> list[Moment]:
    return calendar.moments(places, count, 28, AT, random.Random(3))


def instant(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, UTC)


def test_it_finds_as_many_as_are_wanted_oldest_first(places):
    found = moments(places)
    assert len(found) == 1500
    assert found == sorted(found, key=lambda moment: moment.at)


def test_it_stays_within_the_days(places):
    assert all(AT - timedelta(days=28) <= instant(moment.at) < AT for moment in moments(places))


def test_it_orders_while_the_restaurant_is_open(places):
    for moment in moments(places):
        assert places[moment.place].restaurant.is_open(instant(moment.slot or moment.at))


def test_it_has_a_rush_at_lunch_and_at_dinner(places):
    busy = Counter()
    for moment in moments(places):
        restaurant = places[moment.place].restaurant
        if restaurant.slug == ALWAYS_OPEN:
            busy[instant(moment.slot or moment.at).astimezone(restaurant.zone).hour] += 1
    assert busy[12] > busy[10] > busy[3]
    assert busy[19] > busy[16] > busy[3]


def test_it_leaves_a_scheduled_order_time_to_be_made(places):
    scheduled = [moment for moment in moments(places) if moment.slot]
    assert scheduled
    assert all(instant(moment.slot) - instant(moment.at) >= timedelta(hours=2) for moment in scheduled)


def test_it_knows_mpesa_where_it_is_at_home(places):
    assert {places[m.place].restaurant.currency for m in moments(places) if m.story.start == "awaiting_payment"} == {
        "KES"
    }


def test_it_finds_the_same_for_the_same_seed(places):
    assert moments(places, 50) == moments(places, 50)
