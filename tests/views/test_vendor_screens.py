"""How a screen shows the board: one stream or columns, one station or all, ages with two levels, lines ticked off."""

import re
from datetime import timedelta

import pytest
import time_machine

from app.contract.times import now
from app.domain import board_settings, item_ticks, orders
from app.domain.order_placement import Line
from app.extensions import atomic, db
from app.models.board import ALERTS
from tests.factories import order_in, place
from tests.views.vendor_pages import board

pytestmark = [pytest.mark.parametrize("backend", ["sqlite"]), pytest.mark.usefixtures("csrf_off")]


def card(browser, order, **screen):
    return browser.get(f"/vendor/orders/{order.number}/card", query_string=screen).text


@pytest.fixture
def stations(cast):
    soup, stew, _ = cast.items()
    board_settings.assign(cast.restaurant, {soup.id: "Cold", stew.id: "Grill"}, by=cast.vendor)
    return soup, stew


def test_a_stream_is_sorted_by_what_is_due_whatever_its_state(cast, as_person):
    cooking = order_in(cast, "preparing")
    with atomic():
        cooking.ready_by = now() + timedelta(minutes=2)
    new = place(cast).order  # to be accepted within eight minutes
    ready = order_in(cast, "ready_for_pickup")
    with atomic():
        ready.promised_from = now() + timedelta(minutes=30)
    later = order_in(cast, "scheduled")
    browser = as_person(cast.vendor)
    found = board(browser, view="stream")
    assert [number for number in found if number != later.number] == [cooking.number, new.number, ready.number]
    places = re.findall(r'data-place="(\w*)"', browser.get("/vendor/?view=stream").text)
    assert sorted(places) == ["scheduled", "stream", "stream", "stream"]


def test_a_screen_stays_as_it_was(cast, as_person, stations):
    browser = as_person(cast.vendor)
    browser.get("/vendor/?view=stream&station=Grill")
    page = browser.get("/vendor/").text
    assert 'id="stream"' in page
    assert 'data-station="Grill"' in page
    browser.get("/vendor/?view=columns&station=")
    assert 'id="stream"' not in browser.get("/vendor/").text
    assert 'data-station=""' in as_person(cast.colleague).get("/vendor/").text


def test_a_station_sees_what_it_has_to_make(cast, as_person, stations):
    soup, stew = stations
    both, cold = place(cast).order, place(cast, lines=[Line(soup.id, 1)]).order
    browser = as_person(cast.vendor)
    assert list(board(browser, station="Grill")) == [both.number]
    assert list(board(browser, station="Cold")) == [both.number, cold.number]
    shown = card(browser, both, station="Grill")
    assert stew.name in shown
    assert soup.name not in shown
    assert "and 1 line at other stations" in shown
    assert 'data-column-of=""' in card(browser, cold, station="Grill")


def test_lines_stand_under_their_stations(cast, as_person, stations):
    headings = re.findall(r"pl-ticket-station.*?<span>(.*?)</span>", card(as_person(cast.vendor), place(cast).order))
    assert headings == ["Cold", "Grill"]


@pytest.mark.parametrize(("minutes", "level"), [(0, "calm"), (15, "warn"), (26, "alarm")])
def test_an_age_has_two_levels_in_colour_and_in_words(cast, as_person, minutes, level):
    order = order_in(cast, "preparing")
    with time_machine.travel(now() + timedelta(minutes=minutes, seconds=1), tick=False):
        shown = card(as_person(cast.vendor), order)
    assert f'data-level="{level}"' in shown
    assert re.search(r"data-age-words>(.*?)<", shown)[1] == {"calm": "", "warn": "Hurry", "alarm": "Too long"}[level]


def test_a_level_of_zero_minutes_never_comes(cast, as_person):
    board_settings.change(cast.restaurant, ALERTS | {"preparing": (0, 0)}, "", by=cast.vendor)
    order = order_in(cast, "preparing")
    with time_machine.travel(now() + timedelta(hours=9), tick=False):
        assert 'data-level="calm"' in card(as_person(cast.vendor), order)


def test_an_allergy_is_said_in_words(cast, as_person):
    soup, *_ = cast.items()
    order = place(cast, lines=[Line(soup.id, 1, "severe nut allergy")]).order
    shown = card(as_person(cast.vendor), order)
    assert "Allergy: read the notes" in shown
    assert "<mark>nut</mark>" in shown
    assert "Allergy" not in card(as_person(cast.vendor), place(cast).order)


def test_a_line_is_ticked_off_and_taken_back_without_scripts(cast, as_person):
    order = order_in(cast, "preparing")
    browser = as_person(cast.vendor)
    path = f"/vendor/orders/{order.number}/items/{order.items[0].id}/tick"
    assert browser.post(path, data={"done": "y"}).status_code == 303
    assert card(browser, order).count('aria-pressed="true"') == 1
    browser.post(path)
    assert card(browser, order).count('aria-pressed="true"') == 0


def test_what_is_all_made_says_so(cast, as_person):
    order = order_in(cast, "preparing")
    for item in order.items:
        item_ticks.tick(order, item.id, by=cast.vendor, done=True)
    assert "All made: ready" in card(as_person(cast.vendor), order)
    orders.mark_ready(order, by=cast.vendor)
    shown = card(as_person(cast.vendor), order)
    assert 'pl-tick"' not in shown
    assert shown.count('aria-label="Made"') == 2


def test_managers_set_the_board_on_a_page(cast, as_person):
    browser = as_person(cast.vendor)
    wanted = {f"{status}_{level}": "0" for status in ALERTS for level in ("warn", "alarm")}
    assert browser.post("/vendor/settings", data=wanted | {"allergy_words": "kiwi"}).status_code == 303
    assert board_settings.of(db.session(), cast.restaurant.id).allergy_words == ("kiwi",)
    wrong = browser.post("/vendor/settings", data=wanted | {"placed_warn": "9", "placed_alarm": "8"})
    assert wrong.status_code == 422
    assert "The alarm comes after the warning." in wrong.text
    assert browser.post("/vendor/settings", data={**wanted, "placed_warn": "many"}).status_code == 422
