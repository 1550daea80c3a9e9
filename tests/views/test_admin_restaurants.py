"""The admin's pages of restaurants: opened, changed, paused, and when they are open."""

import pytest
from sqlalchemy import select

from app.domain import opening_hours
from app.extensions import db
from app.models import AuditEntry, Restaurant
from tests.factories import place

pytestmark = [pytest.mark.usefixtures("csrf_off"), pytest.mark.parametrize("backend", ["sqlite"])]
FORM = {
    "name": "The Third Table",
    "slug": "third",
    "kitchen": "Grill",
    "time_zone": "Africa/Nairobi",
    "currency": "KES",
    "preparation_minutes": "25",
    "delivery_minutes": "20",
    "day_starts": "04:00",
}


@pytest.fixture
def browser(cast, as_person):
    return as_person(cast.admin)


def the(slug: str) -> Restaurant:
    db.session.expire_all()
    return db.session.scalars(select(Restaurant).where(Restaurant.slug == slug)).one()


def test_the_list_says_how_each_takes_orders(cast, browser):
    page = browser.get("/admin/restaurants").text
    assert page.index("The First Table") < page.index("The Second Table")
    assert "Open" in page


def test_a_restaurant_is_opened(browser):
    answer = browser.post("/admin/restaurants/new", data=FORM)
    assert answer.location == "/admin/restaurants/third#hours"
    made = the("third")
    assert (made.name, made.currency, made.preparation_minutes, made.mode, made.accepting) == (
        "The Third Table",
        "KES",
        25,
        "normal",
        True,
    )
    assert made.acceptance_minutes > 0, "the deadlines are those of all"
    assert db.session.scalars(select(AuditEntry.action)).all() == ["restaurant.created"]
    assert "Closed" in browser.get("/admin/restaurants/third").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"slug": "first"},
        {"slug": "Not an address"},
        {"time_zone": "Mars/Olympus"},
        {"currency": "XXL"},
        {"latitude": "91", "longitude": "0"},
        {"latitude": "1"},
        {"preparation_minutes": "0"},
        {"day_starts": "noon"},
    ],
)
def test_what_cannot_be_is_said_on_the_form(browser, wrong):
    answer = browser.post("/admin/restaurants/new", data={**FORM, **wrong})
    assert answer.status_code == 422
    assert "pl-error" in answer.text
    assert db.session.query(Restaurant).count() == 2


def test_it_is_changed_but_for_the_currency_of_what_was_sold(cast, browser):
    answer = browser.post("/admin/restaurants/first", data={**FORM, "slug": "first", "auto_accept": "y"})
    assert answer.status_code == 303
    assert (the("first").currency, the("first").auto_accept) == ("KES", True)
    place(cast)
    answer = browser.post("/admin/restaurants/first", data={**FORM, "slug": "first", "currency": "EUR"})
    assert answer.status_code == 422
    assert "which therefore stays" in answer.text
    assert the("first").currency == "KES"


def test_it_is_paused(browser):
    browser.post("/admin/restaurants/first/mode", data={"mode": "paused", "minutes": "20", "lasting": "60"})
    assert not the("first").accepting
    assert "Paused until" in browser.get("/admin/restaurants").text


def test_its_kitchen_is_counted(browser):
    address = "/admin/restaurants/first/capacity"
    assert browser.post(address, data={"capacity_minutes": "30", "work_minutes": "4"}).status_code == 303
    assert (the("first").capacity_minutes, the("first").work_minutes) == (30, 4)
    answer = browser.post(address, data={"capacity_minutes": "0", "work_minutes": "4"})
    assert answer.status_code == 422
    assert 'id="capacity_minutes-error"' in answer.text
    assert 'name="work_minutes" required type="number" value="4"' in browser.get("/admin/restaurants/first").text


def test_the_week_is_written_in_lines(browser):
    week = {f"day_{day}": "11:00-15:00, 18:30-02:00" for day in range(6)}
    assert browser.post("/admin/restaurants/first/week", data={**week, "day_6": ""}).status_code == 303
    assert opening_hours.week_of(the("first"))[5:] == ["11:00-15:00, 18:30-02:00", ""]
    answer = browser.post("/admin/restaurants/first/week", data={**week, "day_6": "always"})
    assert answer.status_code == 422
    assert "always" in answer.text
    assert "Write times like" in answer.text


def test_days_are_closed_and_as_each_week_again(browser):
    form = {"first": "2099-12-24", "last": "2099-12-25", "hours": "", "note": "Christmas"}
    assert browser.post("/admin/restaurants/first/days", data=form).status_code == 303
    assert browser.get("/admin/restaurants/first").text.count("closed (Christmas)") == 2
    answer = browser.post("/admin/restaurants/first/days/2099-12-24/removal")
    assert answer.location.endswith("#days")
    assert browser.get("/admin/restaurants/first").text.count("closed (Christmas)") == 1
    assert browser.post("/admin/restaurants/first/days/tomorrow/removal").status_code == 404
    assert browser.post("/admin/restaurants/first/days", data={**form, "first": "2020-01-01"}).status_code == 422


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_no_days_to_be_closed(browser, day):
    answer = browser.post("/admin/restaurants/first/days", data={"first": day, "last": "", "hours": ""})
    assert answer.status_code == 422
    assert "That day is" in answer.text
