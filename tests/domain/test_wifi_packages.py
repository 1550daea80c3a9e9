"""What Wi-Fi is sold: each change stands in the trail, with who made it and what differs."""

import threading

import pytest
from sqlalchemy import select

from app.domain import wifi_packages
from app.domain.wifi_packages import Terms
from app.errors import Conflict
from app.extensions import db
from app.models import WifiPackage
from tests.trail import trail
from tests.wifi_rows import mint, package

TERMS = Terms(
    name="Evening",
    minutes=240,
    price_minor=250,
    devices=2,
    down_kbps=None,
    up_kbps=None,
    data_mb=500,
    gift_from_minor=None,
)
NAME = "Evening, The First Table"


@pytest.fixture
def evening(cast):
    return wifi_packages.create(cast.restaurant, TERMS, by=cast.admin)


def test_a_package_is_made(cast, evening):
    assert (evening.id > 0, evening.restaurant_id, evening.is_sold) == (True, cast.restaurant.id, True)
    assert trail() == [(cast.admin.name, "wifi_package.created", NAME, {}, TERMS)]


def test_what_changes_of_it_is_told(cast, evening):
    wifi_packages.change(evening, TERMS | {"price_minor": 300, "minutes": 300}, by=cast.admin)
    wifi_packages.change(evening, TERMS | {"price_minor": 300, "minutes": 300}, by=cast.admin)
    [_made, changed] = trail()
    before, after = {"price_minor": 250, "minutes": 240}, {"price_minor": 300, "minutes": 300}
    assert changed == (cast.admin.name, "wifi_package.changed", NAME, before, after)


def test_that_it_is_sold_or_not_is_told_once(cast, evening):
    for on in (False, False, True):
        wifi_packages.sell(evening, on=on, by=cast.admin)
    assert [(told.action, told.after) for told in trail()[1:]] == [
        ("wifi_package.taken_off_sale", {"is_sold": False}),
        ("wifi_package.put_on_sale", {"is_sold": True}),
    ]


def test_what_is_refused_is_not_told(cast):
    of = package(cast)
    mint(of)
    with pytest.raises(Conflict):
        wifi_packages.change(of, TERMS, by=cast.admin)
    assert trail() == []


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_purchase_that_is_being_written_is_waited_for(app, cast, evening):
    id, changed = evening.id, threading.Event()
    terms: Terms = {**TERMS, "minutes": 30}
    db.session.remove()

    def change() -> None:
        with app.app_context():
            wifi_packages.change(db.session.get_one(WifiPackage, id), terms, by=cast.admin)
            db.session.remove()
        changed.set()

    with db.engine.begin() as purchase:
        # As the foreign key of a payment does until it is committed.
        purchase.execute(select(WifiPackage.id).where(WifiPackage.id == id).with_for_update(read=True, key_share=True))
        writer = threading.Thread(target=change)
        writer.start()
        assert not changed.wait(0.5)
    writer.join(10)
    assert changed.is_set()
