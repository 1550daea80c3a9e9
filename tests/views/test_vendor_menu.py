"""The kitchen's menu page: sold out and back with one press each, found by a part of the name."""

from datetime import timedelta

import pytest

from app.contract.times import now
from app.extensions import atomic, db

pytestmark = [pytest.mark.usefixtures("csrf_off"), pytest.mark.parametrize("backend", ["sqlite"])]


@pytest.fixture
def browser(cast, as_person):
    return as_person(cast.vendor)


@pytest.fixture
def soup(cast):
    return cast.items()[0]


def press(browser, item, **form):
    return browser.post(f"/vendor/menu/{item.id}/availability", data=form)


def test_it_lists_the_dishes_and_what_is_sold_out(browser):
    page = browser.get("/vendor/menu").text
    assert "The First Table soup" in page
    assert "1 sold out." in page
    assert "The Second Table soup" not in page


def test_a_dish_is_found_by_a_part_of_its_name(browser):
    page = browser.get("/vendor/menu?q=STEW").text
    assert "The First Table stew" in page
    assert "The First Table soup" not in page
    assert "No dish is called that" in browser.get("/vendor/menu?q=pizza").text


def test_sold_out_until_tomorrow_is_until_the_service_day_begins(cast, browser, soup, as_person):
    assert press(browser, soup, until="day").status_code == 303
    db.session.refresh(soup)
    assert soup.returns_at == cast.restaurant.next_day_starts(now())
    assert "Sold out until" in browser.get("/vendor/menu/list").text
    assert "05:00" in as_person(None).get("/r/first").text


def test_sold_out_until_a_time_is_until_the_clock_shows_it_next(cast, browser, soup):
    local = now().astimezone(cast.restaurant.zone)
    press(browser, soup, until="time", time=f"{local - timedelta(minutes=5):%H:%M}")
    db.session.refresh(soup)
    assert timedelta(hours=23) < soup.returns_at - now() < timedelta(hours=25)


def test_it_is_put_back(browser, soup):
    press(browser, soup, until="open")
    db.session.refresh(soup)
    assert (soup.available, soup.returns_at) == (False, None)
    press(browser, soup, until="back")
    db.session.refresh(soup)
    assert soup.available


@pytest.mark.parametrize("wrong", [{"until": "ever"}, {"until": "time"}, {"until": "time", "time": "25:00"}, {}])
def test_what_is_wrong_is_said(browser, soup, wrong):
    answer = browser.post(f"/vendor/menu/{soup.id}/availability", data=wrong, follow_redirects=True)
    assert "danger" in answer.text
    db.session.refresh(soup)
    assert soup.available


def test_what_is_off_the_menu_is_not_there(browser, soup):
    with atomic():
        soup.is_hidden = True
    assert "The First Table soup" not in browser.get("/vendor/menu").text
    assert press(browser, soup, until="open").status_code == 404
