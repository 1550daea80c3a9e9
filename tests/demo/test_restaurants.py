"""The demo's restaurants and their menus."""

from datetime import UTC, datetime, timedelta

import pytest

from app.contract.times import now
from app.demo import restaurants
from app.demo.restaurants import ALWAYS_OPEN, Place
from app.extensions import atomic, db
from app.models import MenuItem, Restaurant

WEEK = [datetime(2026, 3, 23, tzinfo=UTC) + timedelta(minutes=30 * number) for number in range(2 * 24 * 7)]


@pytest.fixture
def places(app) -> list[Place]:
    with atomic() as session:
        return restaurants.furnish(session, 3, now())


def closes_after_midnight(restaurant: Restaurant) -> bool:
    return any(hours.closes < hours.opens for hours in restaurant.hours)


def test_it_has_three_of_different_kitchens_zones_and_currencies(places):
    for fact in ("kitchen", "time_zone", "currency"):
        assert len({getattr(place.restaurant, fact) for place in places}) == 3


def test_it_has_one_that_never_closes(places):
    kitchen = next(place.restaurant for place in places if place.restaurant.slug == ALWAYS_OPEN)
    assert all(kitchen.is_open(at) for at in WEEK)


def test_it_has_one_that_closes_after_midnight_and_one_that_closes_at_all(places):
    others = [place.restaurant for place in places if place.restaurant.slug != ALWAYS_OPEN]
    assert any(closes_after_midnight(restaurant) for restaurant in others)
    assert not any(all(restaurant.is_open(at) for at in WEEK) for restaurant in others)


def test_it_has_menus_of_twenty_to_forty_items_in_four_to_seven_categories(places):
    for place in places:
        assert 20 <= len(place.dishes) <= 40
        assert 4 <= len({dish.category_id for dish in place.dishes}) <= 7


def test_it_describes_every_item(places):
    assert all(dish.name and dish.description and dish.price_minor for place in places for dish in place.dishes)


def test_it_has_something_sold_out_and_something_with_a_long_name_on_each_menu(places):
    for place in places:
        assert 1 <= sum(not dish.available for dish in place.dishes) <= 2
        assert max(len(dish.name) for dish in place.dishes) > 100


def test_it_opens_each_once(places):
    count = db.session.query(MenuItem).count()
    with atomic() as session:
        again = restaurants.furnish(session, 3, now())
    assert [place.restaurant.id for place in again] == [place.restaurant.id for place in places]
    assert db.session.query(MenuItem).count() == count


def test_it_opens_branches_for_large_numbers(app):
    with atomic() as session:
        places = restaurants.furnish(session, 1000, now())
    assert len({place.restaurant.slug for place in places}) == len(places) == 30
    assert len({place.restaurant.name for place in places}) == len(places)
