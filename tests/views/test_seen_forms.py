"""Forms that save everything: what somebody else saved meanwhile is not written over unseen, and is said."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from app.domain import board_settings, capacity, menus, opening_hours, people, restaurants, wifi_packages
from app.domain.restaurants import Terms
from app.extensions import db
from app.models import WifiPackage
from app.models.board import ALERTS
from tests.cast import Cast
from tests.wifi_rows import package

pytestmark = [pytest.mark.usefixtures("csrf_off"), pytest.mark.parametrize("backend", ["sqlite"])]


class Case(NamedTuple):
    """Who changes a field of which form, and what somebody else did meanwhile: what the form says, and what is kept."""

    who: str
    page: str
    action: str
    changes: dict[str, str]
    meanwhile: Callable[[Cast], Any]
    says: str
    kept: Callable[[Cast], Any]


def of_dish(cast: Cast, **terms: Any) -> None:
    soup = cast.items()[0]
    said = menus.Terms(name=soup.name, description="", price_minor=soup.price_minor) | terms
    menus.change_item(cast.restaurant, soup, said, menus.categories(cast.restaurant)[0], by=cast.admin)


def of_house(cast: Cast, **terms: Any) -> None:
    said = {name: getattr(cast.restaurant, name) for name in Terms.__annotations__}
    restaurants.change(cast.restaurant, said | terms, by=cast.admin)


def of_person(cast: Cast, who: str, phone: str) -> None:
    person = getattr(cast, who)
    place = {"role": person.role, "restaurant": person.restaurant}
    people.change(person, by=cast.admin, name=person.name, phone=phone, **place)


def of_package(cast: Cast, **terms: Any) -> None:
    of = WifiPackage.query.one()
    said = {name: getattr(of, name) for name in wifi_packages.Terms.__annotations__}
    wifi_packages.change(of, said | terms, by=cast.admin)


DISH, HOUSE = "/admin/restaurants/first/menu/items/{soup}", "/admin/restaurants/first"
PACKAGE = "/admin/wifi/packages/{package}"
LATE = ["18:00-23:00"] * 7
CASES = {
    "dish": Case(
        *("admin", DISH, DISH, {"name": "Broth"}),
        lambda cast: of_dish(cast, price_minor=990),
        "It is “9.90” now.",
        lambda cast: cast.items()[0].price_minor == 990,
    ),
    "package": Case(
        *("admin", PACKAGE, PACKAGE, {"name": "Evening"}),
        lambda cast: of_package(cast, price_minor=990, data_mb=500),
        "It is “9.90” now.",
        lambda cast: (WifiPackage.query.one().price_minor, WifiPackage.query.one().data_mb) == (990, 500),
    ),
    "restaurant": Case(
        *("admin", HOUSE, HOUSE, {"kitchen": "Grill"}),
        lambda cast: of_house(cast, delivery_minutes=40, auto_accept=True),
        "It is “40” now.",
        lambda cast: (cast.restaurant.delivery_minutes, cast.restaurant.auto_accept) == (40, True),
    ),
    "week": Case(
        *("admin", HOUSE, f"{HOUSE}/week", {"day_6": ""}),
        lambda cast: opening_hours.set_week(cast.restaurant, LATE, by=cast.admin),
        "It is “18:00-23:00” now.",
        lambda cast: opening_hours.week_of(cast.restaurant) == LATE,
    ),
    "board": Case(
        *("vendor", "/vendor/settings", "/vendor/settings", {"allergy_words": "egg"}),
        lambda cast: board_settings.change(cast.restaurant, ALERTS | {"placed": (1, 2)}, "nut", by=cast.vendor),
        "It is “nut” now.",
        lambda cast: board_settings.of(db.session(), cast.restaurant.id).alerts["placed"] == (1, 2),
    ),
    "capacity of a vendor": Case(
        *("vendor", "/vendor/settings", "/vendor/settings/capacity", {"work_minutes": "4"}),
        lambda cast: capacity.change(cast.restaurant, 30, 7, by=cast.admin),
        "It is “30” now.",
        lambda cast: (cast.restaurant.capacity_minutes, cast.restaurant.work_minutes) == (30, 7),
    ),
    "capacity of an admin": Case(
        *("admin", HOUSE, f"{HOUSE}/capacity", {"capacity_minutes": "15"}),
        lambda cast: capacity.change(cast.restaurant, None, 7, by=cast.vendor),
        "It is “7” now.",
        lambda cast: (cast.restaurant.capacity_minutes, cast.restaurant.work_minutes) == (None, 7),
    ),
    "person": Case(
        *("admin", "/admin/people/{vendor}", "/admin/people/{vendor}/details", {"name": "Vera"}),
        lambda cast: of_person(cast, "vendor", "+351910000077"),
        "It is “+351910000077” now.",
        lambda cast: cast.vendor.phone == "+351910000077",
    ),
    "account": Case(
        *("customer", "/account", "/account", {"name": "Cleo"}),
        lambda cast: of_person(cast, "customer", "+351910000077"),
        "It is “+351910000077” now.",
        lambda cast: cast.customer.phone == "+351910000077",
    ),
}


def filled_in(page: str, action: str) -> dict[str, str]:
    """What the browser would post of the form that goes to `action`."""
    [form] = re.findall(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.S)
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form):
        if 'type="checkbox"' not in tag or " checked" in tag:
            fields[re.search(r'name="([^"]+)"', tag)[1]] = (re.search(r'value="([^"]*)"', tag) or ["", ""])[1]
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S):
        fields[name] = text.strip()
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        fields[name] = chosen[1] if chosen else ""
    return fields


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_nobody_has_seen_is_not_written_over_until_it_was(cast, as_person, case):
    browser = as_person(getattr(cast, case.who))
    ids = {"soup": cast.items()[0].id, "vendor": cast.vendor.id, "package": package(cast).id}
    page, action = (path.format(**ids) for path in (case.page, case.action))
    posted = filled_in(browser.get(page).text, action) | case.changes
    case.meanwhile(cast)
    lost = browser.post(action, data=posted)
    assert lost.status_code == 409
    assert "Somebody else changed this meanwhile" in lost.text
    assert case.says in lost.text
    assert case.kept(cast)
    again = filled_in(lost.text, action)
    assert again | case.changes == again, "what was typed is still there"
    assert browser.post(action, data=again).status_code == 303


def test_stations_are_not_written_over_unseen(cast, as_person):
    browser, soup = as_person(cast.vendor), cast.items()[0]
    posted = filled_in(browser.get("/vendor/settings").text, "/vendor/settings/stations")
    board_settings.assign(cast.restaurant, {soup.id: "Grill"}, by=cast.colleague)
    answer = browser.post("/vendor/settings/stations", data=posted, follow_redirects=True)
    assert "Somebody else changed this meanwhile" in answer.text
    assert cast.items()[0].station == "Grill"


def test_dishes_that_were_dragged_meanwhile_are_not_dragged_back(cast, as_person):
    browser, plates = as_person(cast.admin), menus.categories(cast.restaurant)[0]
    soup, stew, special = (item.id for item in cast.items())
    menus.arrange(cast.restaurant, plates, [stew, soup, special], by=cast.admin)
    order = {"items": f"{special},{soup},{stew}", "seen": f"{soup},{stew},{special}"}
    path = f"/admin/restaurants/first/menu/categories/{plates.id}/order"
    json = {"Accept": "application/problem+json"}
    assert browser.post(path, data=order, headers=json).status_code == 409
    assert browser.post(path, data=order | {"seen": f"{stew},{soup},{special}"}, headers=json).status_code == 204


def test_who_changes_their_own_name_keeps_the_role_that_an_admin_gave_them_meanwhile(app, cast):
    as_it_was = db.session.merge(cast.vendor)
    with app.app_context():
        people.change_role(db.session.get(type(as_it_was), as_it_was.id), "customer", by=cast.admin)
    people.change_own(as_it_was, name="Vera", phone=None)
    assert (as_it_was.name, as_it_was.role, as_it_was.restaurant_id) == ("Vera", "customer", None)
