"""What Wi-Fi is sold: made and changed in the units that people say, never under those who bought it."""

import pytest
from sqlalchemy import select

from app.extensions import db
from app.models import WifiPackage
from tests.wifi_rows import mint, package

pytestmark = [pytest.mark.usefixtures("csrf_off"), pytest.mark.parametrize("backend", ["sqlite"])]

FORM = {"name": "Evening", "minutes": "240", "price": "2.50", "devices": "2", "down_kbps": "", "gift_from": "20"}


@pytest.fixture
def browser(cast, as_person):
    return as_person(cast.admin)


def the_package() -> WifiPackage:
    db.session.expire_all()
    return db.session.scalars(select(WifiPackage)).unique().one()


def test_a_package_is_made(cast, browser):
    answer = browser.post("/admin/wifi/packages", data={**FORM, "restaurant": cast.restaurant.id, "data_mb": "500"})
    assert answer.status_code == 303
    made = the_package()
    assert (made.name, made.minutes, made.price_minor, made.devices) == ("Evening", 240, 250, 2)
    assert (made.down_kbps, made.up_kbps, made.data_mb, made.gift_from_minor) == (None, None, 500, 2000)
    text = browser.get("/admin/wifi/packages").text
    assert "Evening" in text
    assert "4 hours" in text


def test_a_currency_without_cents_has_none(cast, browser):
    browser.post("/admin/wifi/packages", data={**FORM, "restaurant": cast.other_restaurant.id, "price": "300"})
    assert the_package().price_minor == 300


@pytest.mark.parametrize(
    "wrong",
    [
        {"minutes": "0"},
        {"minutes": "x"},
        {"price": "0"},
        {"price": "-1"},
        {"devices": "21"},
        {"name": " "},
        {"gift_from": "0"},
    ],
)
def test_what_cannot_be_sold_is_said_on_the_form(cast, browser, wrong):
    answer = browser.post("/admin/wifi/packages", data={**FORM, "restaurant": cast.restaurant.id, **wrong})
    assert answer.status_code == 422
    assert "pl-error" in answer.text
    assert db.session.scalars(select(WifiPackage)).first() is None


def test_a_package_is_changed(cast, browser):
    of = package(cast, gift_from_minor=1050)
    text = browser.get(f"/admin/wifi/packages/{of.id}").text
    assert 'value="50.00"' in text
    assert 'value="10.50"' in text
    assert browser.post(f"/admin/wifi/packages/{of.id}", data=FORM).status_code == 303
    assert (the_package().minutes, the_package().price_minor) == (240, 250)


def test_what_was_bought_stays_what_it_is(cast, browser):
    of = package(cast)
    mint(of)
    same = {"minutes": "60", "devices": "1", "down_kbps": "5000", "up_kbps": "1000"}
    assert "readonly" in browser.get(f"/admin/wifi/packages/{of.id}").text
    answer = browser.post(f"/admin/wifi/packages/{of.id}", data={**FORM, **same, "minutes": "30"})
    assert answer.status_code == 409
    assert "make another package" in answer.text
    assert the_package().minutes == 60
    assert browser.post(f"/admin/wifi/packages/{of.id}", data={**FORM, **same}).status_code == 303
    assert (the_package().name, the_package().price_minor) == ("Evening", 250)


def test_it_is_taken_off_sale_and_put_on_again(cast, browser):
    sale = f"/admin/wifi/packages/{package(cast).id}/sale"
    assert 'name="on"' not in browser.get("/admin/wifi/packages").text
    browser.post(sale)
    assert not the_package().is_sold
    assert "No Wi-Fi is sold here" in browser.get("/wifi/first").text
    assert 'name="on" value="y"' in browser.get("/admin/wifi/packages").text
    browser.post(sale, data={"on": "y"})
    assert the_package().is_sold


def test_two_who_take_it_off_sale_at_once_do_not_put_it_on_again(cast, browser):
    sale = f"/admin/wifi/packages/{package(cast).id}/sale"
    for _ in range(2):
        browser.post(sale)
    assert not the_package().is_sold
