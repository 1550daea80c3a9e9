"""Restaurants: of two who take the same address one gets it, and none begins with rules that were just changed."""

from datetime import time

import pytest

from app.domain import policy_changes, restaurants
from app.domain.restaurants import Terms
from app.errors import Invalid
from app.extensions import db
from app.models import Person, Restaurant
from app.models.restaurant import DEADLINES
from tests.at_once import behind


def terms(slug) -> Terms:
    """What is said of a restaurant at this address."""
    words = {"name": "The Third Table", "kitchen": "", "description": "", "address": "", "phone": ""}
    minutes = {"preparation_minutes": 20, "delivery_minutes": 15}
    where = {"latitude": None, "longitude": None, "time_zone": "Europe/Lisbon", "currency": "EUR"}
    return Terms(slug=slug, day_starts=time(5), auto_accept=False, **words, **minutes, **where)


@pytest.fixture
def opens(cast):
    """The verb that opens a restaurant at an address."""
    admin_id = cast.admin.id
    return lambda slug: restaurants.create(terms(slug), by=db.session.get_one(Person, admin_id))


def test_of_two_that_open_at_one_address_the_second_is_told(app, opens):
    told = behind(app, lambda: opens("third"), lambda: opens("third"))
    assert isinstance(told, Invalid)
    assert told.members["errors"]["slug"] == ["Another restaurant has this address."]


def test_one_that_moves_to_an_address_that_is_being_taken_is_told(app, cast, opens):
    house_id, admin_id = cast.other_restaurant.id, cast.admin.id

    def move():
        house = db.session.get_one(Restaurant, house_id)
        restaurants.change(house, terms("third") | {"currency": "JPY"}, by=db.session.get_one(Person, admin_id))

    assert isinstance(behind(app, lambda: opens("third"), move), Invalid)


def test_one_that_opens_while_deadlines_of_all_change_begins_with_the_new_ones(app, cast, opens):
    def decide():
        policy_changes.change_deadlines(None, DEADLINES | {"acceptance_minutes": 15}, by=cast.admin, seen=0)

    assert behind(app, decide, lambda: opens("third").acceptance_minutes) == 15
