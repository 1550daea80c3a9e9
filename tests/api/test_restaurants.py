"""Restaurants and menus, as every person who is logged in may read them."""

from datetime import UTC, datetime

import pytest
import time_machine

from app.domain import capacity
from app.extensions import atomic
from tests.factories import place

from .conftest import close, refused

RESTAURANT = {
    "id", "slug", "name", "kitchen", "description", "address", "phone", "time_zone", "currency",
    "preparation_minutes", "delivery_minutes", "accepting", "open", "opening_hours",
    "mode", "busy_minutes", "mode_reason", "mode_until",
}  # fmt: skip


@pytest.mark.parametrize("name", ["customer", "vendor", "driver", "admin"])
def test_it_lists_them_by_slug_to_everybody(program, cast, name):
    listed = program(getattr(cast, name)).get("/restaurants").json
    assert [row["slug"] for row in listed["items"]] == ["first", "second"]
    assert listed["items"][0].keys() == RESTAURANT
    assert listed["next"] is None


def test_it_lists_them_by_pages(program, cast):
    client = program(cast.customer)
    first = client.get("/restaurants", limit=1).json
    second = client.get("/restaurants", limit=1, after=first["next"]).json
    assert [page["items"][0]["slug"] for page in (first, second)] == ["first", "second"]
    assert second["next"] is None


def test_it_tells_whether_orders_are_taken(program, cast):
    client = program(cast.customer)
    row = client.get("/restaurants/first").json
    assert (row["open"], row["accepting"]) == (True, True)
    with atomic():
        cast.restaurant.mode = "paused"
    close(cast.restaurant)
    row = client.get("/restaurants/first").json
    assert (row["open"], row["accepting"], row["opening_hours"]) == (False, False, [])


def test_it_shows_the_menu(program, cast):
    found = program(cast.customer).get("/restaurants/first").json
    assert found.keys() == RESTAURANT | {"categories", "earliest_time", "kitchen_full"}
    [category] = found["categories"]
    assert category.keys() == {"id", "name", "items"}
    soup, stew, special = category["items"]
    item = cast.items()[0]
    assert soup == {
        "id": item.id,
        "name": "The First Table soup",
        "description": "",
        "price": 450,
        "available": True,
    }
    assert (stew["price"], special["available"]) == (1250, False)


def test_it_tells_when_an_order_would_be_ready(program, cast):
    client = program(cast.customer)
    with time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC), tick=False):
        row = client.get("/restaurants/first").json
        assert (row["earliest_time"], row["kitchen_full"]) == ("2026-11-20T12:20:00.000Z", False)
        capacity.change(cast.restaurant, 15, 5, by=cast.vendor)
        place(cast)
        row = client.get("/restaurants/first").json
        assert (row["earliest_time"], row["kitchen_full"]) == ("2026-11-20T12:45:00.000Z", True)
        close(cast.restaurant)
        assert client.get("/restaurants/first").json["earliest_time"] is None


def test_it_tells_opening_hours(program, cast):
    hours = program(cast.customer).get("/restaurants/first").json["opening_hours"]
    assert hours[0] == {"weekday": 0, "opens": "00:00", "closes": "00:00"}
    assert len(hours) == 7


def test_it_knows_no_other(program, cast):
    refused(program(cast.customer).get("/restaurants/third"), 404, "not_found")
