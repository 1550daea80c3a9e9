"""The admin's pages of a menu: dishes and headings by forms alone, and as a table."""

import io
import re

import pytest

from app.domain import menus
from app.extensions import db
from tests.pictures import png

pytestmark = [pytest.mark.usefixtures("csrf_off"), pytest.mark.parametrize("backend", ["sqlite"])]
MENU = "/admin/restaurants/first/menu"


@pytest.fixture
def browser(cast, as_person):
    return as_person(cast.admin)


def names(cast):
    db.session.expire_all()
    return [[item.name.split()[-1] for item in category.shown] for category in menus.categories(cast.restaurant)]


@pytest.fixture
def plates(cast):
    return menus.categories(cast.restaurant)[0].id


def test_a_dish_is_written_and_changed(cast, browser, plates):
    dish = {"name": "Fish", "price": "12.50", "description": "With lemon"}
    assert browser.post(f"{MENU}/categories/{plates}/items", data=dish).status_code == 303
    made = menus.categories(cast.restaurant)[0].shown[-1]
    assert (made.name, made.price_minor) == ("Fish", 1250)
    assert 'value="12.50"' in browser.get(f"{MENU}/items/{made.id}").text
    form = {**dish, "price": "13", "heading": str(plates), "work_minutes": "12"}
    assert browser.post(f"{MENU}/items/{made.id}", data=form).status_code == 303
    db.session.refresh(made)
    assert (made.price_minor, made.work_minutes) == (1300, 12)


@pytest.mark.parametrize("wrong", [{"name": ""}, {"price": "dear"}, {"price": "-1"}, {"price": "1.005"}])
def test_what_is_wrong_is_said_where_it_was_typed(cast, browser, plates, wrong):
    dish = {"name": "Fish", "price": "12.50", **wrong}
    for address in (f"{MENU}/categories/{plates}/items", f"{MENU}/items/{cast.items()[0].id}"):
        answer = browser.post(address, data={**dish, "heading": str(plates)})
        assert answer.status_code == 422
        assert "pl-error" in answer.text
    assert names(cast) == [["soup", "stew", "special"]]


def test_a_dish_of_another_restaurant_is_not_there(cast, browser):
    other = cast.items(cast.other_restaurant)[0]
    assert browser.get(f"{MENU}/items/{other.id}").status_code == 404
    assert browser.post(f"{MENU}/items/{other.id}/removal").status_code == 404


def test_dishes_are_moved_by_buttons_and_by_dragging(cast, browser, plates):
    soup, stew, special = cast.items()
    browser.post(f"{MENU}/items/{soup.id}/move", data={"way": "down"})
    assert names(cast) == [["stew", "soup", "special"]]
    browser.post(f"{MENU}/items/{stew.id}/move", data={"way": "up"})
    assert names(cast) == [["stew", "soup", "special"]], "there is no place above the first"
    json = {"Accept": "application/problem+json"}
    order = {"items": f"{special.id},{stew.id},{soup.id}"}
    assert browser.post(f"{MENU}/categories/{plates}/order", data=order, headers=json).status_code == 204
    assert names(cast) == [["special", "stew", "soup"]]
    stale = {"items": f"{special.id},{stew.id}"}
    assert browser.post(f"{MENU}/categories/{plates}/order", data=stale, headers=json).status_code == 409


def test_headings_come_move_and_go(cast, browser, plates):
    browser.post(f"{MENU}/categories", data={"name": "Drinks"})
    drinks = menus.categories(cast.restaurant)[1].id
    browser.post(f"{MENU}/categories/{drinks}/move", data={"way": "up"})
    assert names(cast) == [[], ["soup", "stew", "special"]]
    browser.post(f"{MENU}/categories/{drinks}", data={"name": "Cold drinks"})
    assert "Cold drinks" in browser.get(MENU).text
    browser.post(f"{MENU}/categories/{plates}/removal")
    browser.post(f"{MENU}/categories/{drinks}/removal")
    assert names(cast) == [["soup", "stew", "special"]]


def test_a_dish_is_taken_off_and_put_back(cast, browser, as_person):
    soup = cast.items()[0]
    browser.post(f"{MENU}/items/{soup.id}/removal")
    assert "The First Table soup" not in as_person(None).get("/r/first").text
    assert "Off the menu" in browser.get(MENU).text
    browser.post(f"{MENU}/items/{soup.id}/restoration")
    assert "The First Table soup" in as_person(None).get("/r/first").text


def test_a_dish_has_a_picture_that_guests_see_until_it_is_taken_down(cast, browser, as_person):
    soup, guest = cast.items()[0], as_person(None)
    picture = {"picture": (io.BytesIO(png(4, 3)), "soup.png")}
    answer = browser.post(f"{MENU}/items/{soup.id}/picture", data=picture)
    assert answer.location == f"{MENU}/items/{soup.id}#picture"
    [address] = re.findall(r'src="(/pictures/\w{64})"', guest.get("/r/first").text)
    assert guest.get(address).data == png(4, 3)
    assert f'src="{address}"' in browser.get(f"{MENU}/items/{soup.id}").text
    browser.post(f"{MENU}/items/{soup.id}/picture/removal")
    assert "/pictures/" not in guest.get("/r/first").text
    assert guest.get(address).status_code == 404


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"<svg/>", "A JPEG, PNG or WebP of at most 300 kB."),
        (png(400, 300, seed=1), "A JPEG, PNG or WebP of at most 300 kB."),
        (png(1, 5000), "At most 4000 pixels wide and high."),
        (None, "Choose a picture first."),
    ],
    ids=["no picture", "too heavy", "too high", "nothing"],
)
def test_what_cannot_be_shown_is_refused_where_it_was_chosen(cast, browser, data, says):
    picture = {} if data is None else {"picture": (io.BytesIO(data), "soup.png")}
    answer = browser.post(f"{MENU}/items/{cast.items()[0].id}/picture", data=picture)
    assert answer.status_code == 422
    assert says in answer.text


def test_a_table_is_looked_at_before_it_is_carried_out(cast, browser):
    table = browser.get("/admin/restaurants/first/menu.csv").text
    assert table.splitlines()[0].endswith("id,heading,name,description,price,work_minutes")
    text = table.replace("4.50", "4.75") + ",Drinks,Water,,2\n"
    shown = browser.post(f"{MENU}/import", data={"text": text})
    assert shown.status_code == 200
    assert "€2.00" in shown.text, "as it was read, before anything is done"
    assert names(cast) == [["soup", "stew", "special"]], "nothing is done yet"
    seal = re.search(r'name="seal" value="(\w+)"', shown.text)[1]
    assert browser.post(f"{MENU}/import", data={"text": text, "seal": seal}).location == MENU
    assert names(cast) == [["soup", "stew", "special"], ["Water"]]
    assert browser.post(f"{MENU}/import", data={"text": text, "seal": seal}).status_code == 409


def test_a_table_with_a_wrong_line_says_so_and_offers_nothing(browser):
    page = browser.post(f"{MENU}/import", data={"text": "heading,name,description,price\nPlates,Fish,,dear"}).text
    assert "is no price in EUR" in page
    assert 'name="seal"' not in page
    assert browser.post(f"{MENU}/import", data={"text": "x"}).status_code == 422
