"""The control in the board's header: it sets the mode, says what is left of it, and guests read it on the menu."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app.contract.times import now
from app.domain import busy, opening_hours
from app.extensions import db
from tests.factories import place

pytestmark = [pytest.mark.usefixtures("csrf_off"), pytest.mark.parametrize("backend", ["sqlite"])]
FORM = {"mode": "busy", "minutes": "20", "lasting": "30", "reason": "A large party"}


@pytest.fixture
def browser(cast, as_person):
    return as_person(cast.vendor)


def mode_in(page: str) -> str:
    """The control, as far as it tells what holds."""
    return page.partition('data-fragment="/vendor/mode"')[2].partition("<form")[0]


def test_the_board_shows_how_orders_are_taken(browser):
    page = browser.get("/vendor/").text
    assert "Taking orders" in page
    assert 'action="/vendor/mode"' in page


NOON, OPENS = "2026-11-20T12:00:00+00:00", datetime(2026, 11, 20, 18, tzinfo=UTC)


@pytest.mark.parametrize("path", ["/vendor/", "/vendor/menu", "/vendor/mode"])
def test_a_closed_kitchen_says_so_and_when_it_opens(cast, as_person, path):
    opening_hours.set_week(cast.restaurant, ["18:00-23:00"] * 7, by=cast.admin)
    busy.set_mode(cast.restaurant, "busy", minutes=20, by=cast.vendor)
    with time_machine.travel(NOON, tick=False):
        control = mode_in(as_person(cast.vendor).get(path).text)
        assert "Closed" in control
        assert "until 18:00" in control
        assert "Busy +20" not in control
        assert f'data-fragment-every="{6 * 3600 + 1}"' in control, "as it opens, no event tells of it"
    with time_machine.travel(OPENS, tick=False):
        assert "Busy +20" in mode_in(as_person(cast.vendor).get(path).text)


def test_a_pause_is_what_counts_also_of_a_closed_kitchen(cast, as_person):
    opening_hours.set_week(cast.restaurant, ["18:00-23:00"] * 7, by=cast.admin)
    busy.set_mode(cast.restaurant, "paused", by=cast.vendor)
    with time_machine.travel(NOON, tick=False):
        control = mode_in(as_person(cast.vendor).get("/vendor/mode").text)
    assert "Paused" in control
    assert "Closed" not in control


def test_it_is_set_for_a_while(cast, browser):
    answer = browser.post("/vendor/mode", data=FORM)
    assert (answer.status_code, answer.location) == (303, "/vendor/")
    db.session.refresh(cast.restaurant)
    left = cast.restaurant.mode_until - now()
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)
    control = browser.get("/vendor/mode").text
    assert "Busy +20" in control
    assert "data-counts-down" in control


def test_it_is_set_until_tomorrow_or_until_somebody_ends_it(cast, browser):
    browser.post("/vendor/mode", data={**FORM, "mode": "paused", "lasting": "day"})
    db.session.refresh(cast.restaurant)
    assert cast.restaurant.mode_until == cast.restaurant.next_day_starts(now())
    browser.post("/vendor/mode", data={**FORM, "mode": "paused", "lasting": "open"})
    db.session.refresh(cast.restaurant)
    assert (cast.restaurant.mode, cast.restaurant.mode_until) == ("paused", None)


@pytest.mark.parametrize("wrong", [{"mode": "closed"}, {"minutes": "7"}, {"lasting": "year"}, {"reason": "x" * 200}])
def test_what_is_wrong_is_said_on_the_board(cast, browser, wrong):
    answer = browser.post("/vendor/mode", data={**FORM, **wrong}, follow_redirects=True)
    assert "danger" in answer.text
    db.session.refresh(cast.restaurant)
    assert cast.restaurant.mode == "normal"


def test_a_card_offers_the_minutes_of_a_busy_kitchen(cast, browser):
    busy.set_mode(cast.restaurant, "busy", minutes=15, by=cast.vendor)
    place(cast)
    assert f"Accept · {cast.restaurant.preparation_minutes + 15} min" in browser.get("/vendor/").text


def test_guests_read_it_on_the_menu_and_in_the_list(cast, as_person):
    guest = as_person(None)
    busy.set_mode(cast.restaurant, "busy", minutes=20, by=cast.vendor)
    for path in ("/r/first", "/r/"):
        assert "Busy: about 20 minutes longer" in guest.get(path).text
    until = now() + timedelta(minutes=40)
    busy.set_mode(cast.restaurant, "paused", reason="the oven is broken", until=until, by=cast.vendor)
    clock = f"{until.astimezone(cast.restaurant.zone):%H:%M}"
    for path in ("/r/first", "/r/"):
        assert f"{clock}: the oven is broken" in guest.get(path).text
