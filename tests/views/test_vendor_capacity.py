"""A kitchen that counts, as its people see it: its limit, until when the board says it is full, the place on a card."""

from datetime import UTC, datetime

import pytest
import time_machine

from app.domain import capacity, orders
from app.extensions import db
from tests.factories import place

pytestmark = [pytest.mark.usefixtures("csrf_off"), pytest.mark.parametrize("backend", ["sqlite"])]


@pytest.fixture
def browser(cast, as_person):
    return as_person(cast.vendor)


@pytest.fixture
def full(cast):
    """At noon by the restaurant's clock, the quarter that comes first is full; that until a quarter to one is not."""
    with time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC), tick=False):
        capacity.change(cast.restaurant, 15, 5, by=cast.vendor)
        place(cast)
        yield


def limit(cast):
    db.session.refresh(cast.restaurant)
    return cast.restaurant.capacity_minutes, cast.restaurant.work_minutes


def test_managers_set_the_limit_and_lift_it(cast, browser):
    answer = browser.post("/vendor/settings/capacity", data={"capacity_minutes": "30", "work_minutes": "4"})
    assert (answer.status_code, limit(cast)) == (303, (30, 4))
    page = browser.get("/vendor/settings").text
    assert 'name="capacity_minutes" type="number" value="30"' in page
    browser.post("/vendor/settings/capacity", data={"capacity_minutes": "", "work_minutes": "4"})
    assert limit(cast) == (None, 4)


@pytest.mark.parametrize("wrong", [{"capacity_minutes": "0"}, {"capacity_minutes": "many"}, {"work_minutes": ""}])
def test_what_is_wrong_is_said_beside_it(cast, browser, wrong):
    answer = browser.post("/vendor/settings/capacity", data={"capacity_minutes": "30", "work_minutes": "4", **wrong})
    assert answer.status_code == 422
    assert f'id="{next(iter(wrong))}-error"' in answer.text
    assert limit(cast) == (None, 5)


def test_the_board_says_until_when_it_is_full(full, browser):
    for path in ("/vendor/", "/vendor/capacity"):
        page = browser.get(path).text
        assert "Full until" in page
        assert ">12:45</time>" in page


def test_a_board_with_room_says_nothing_of_it(cast, browser):
    assert "Full" not in browser.get("/vendor/capacity").text


def test_a_card_is_accepted_for_the_place_that_it_has(cast, full, browser):
    order = place(cast).order
    card = browser.get(f"/vendor/orders/{order.number}/card").text
    assert "Accept · 12:45" in card
    assert 'name="prep_minutes" value="20"' in card
    browser.post(f"/vendor/orders/{order.number}/acceptance", data={"expected_version": "1", "keep": "y"})
    db.session.refresh(order)
    assert (order.status, order.ready_by) == ("accepted", datetime(2026, 11, 20, 12, 45, tzinfo=UTC))


def test_an_admin_accepts_for_it_by_saying_nothing_else(cast, full, as_person):
    order = place(cast).order
    admin = as_person(cast.admin)
    assert 'placeholder="As promised"' in admin.get(f"/admin/orders/{order.number}").text
    form = {"expected_version": "1", "to": "accepted", "prep_minutes": ""}
    admin.post(f"/admin/orders/{order.number}/transitions", data=form)
    db.session.refresh(order)
    assert (order.status, order.prep_minutes) == ("accepted", 45)


def test_what_is_ready_makes_room(cast, full, browser):
    order = place(cast).order
    for verb in (orders.accept, orders.mark_ready):
        verb(order, by=cast.vendor)
    assert "Full until" in browser.get("/vendor/capacity").text, "the first one is being cooked"
    orders.cancel(db.session.get(type(order), order.id - 1), by=cast.vendor, reason_code="other")
    assert "Full" not in browser.get("/vendor/capacity").text
