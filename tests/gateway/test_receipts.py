"""Which screen has drawn which version of an order."""

from contextlib import closing

import gevent
import pytest

from app.contract.times import now
from app.extensions import db
from app.models import Receipt
from gateway import refusals
from gateway.metrics import Metrics
from gateway.receipts import Receipts
from gateway.store import Store
from gateway.threads import Threads
from tests.factories import place


def stored():
    db.session.rollback()
    return [
        (row.order_number, row.version, row.person_id, row.screen_id, row.screen_name, row.audible, row.visible)
        for row in db.session.scalars(db.select(Receipt).order_by(Receipt.id))
    ]


def seen(order, **changes):
    return {"order_number": order.number, "version": order.version, "audible": True, "visible": False, **changes}


def test_it_stores_what_a_screen_has_seen_before_it_says_so(cast, screen):
    order = place(cast).order
    vendor = screen(cast.vendor, {"screen": {"id": "tablet-1", "name": "By the stove"}})
    vendor.ready()
    assert vendor.ask("seen", seen(order)) == {"ok": True}
    assert stored() == [(order.number, 1, cast.vendor.id, "tablet-1", "By the stove", True, False)]


def test_it_stores_a_repeat_once(cast, screen):
    order = place(cast).order
    vendor = screen(cast.vendor)
    vendor.ready()
    for _ in range(3):
        assert vendor.ask("seen", seen(order)) == {"ok": True}
    assert vendor.ask("seen", seen(order, visible=True)) == {"ok": True}
    assert len(stored()) == 2


def test_it_takes_receipts_only_for_orders_that_the_person_sees(cast, screen):
    order = place(cast).order
    for name, person in cast.people().items():
        connected = screen(person)
        connected.ready()
        allowed = name in ("admin", "vendor", "colleague", "customer")
        answer = connected.ask("seen", seen(order))
        assert answer == ({"ok": True} if allowed else {"ok": False, **refusals.ORDER_REFUSED.data}), name
    assert len(stored()) == 4


def test_nobody_has_drawn_a_version_that_does_not_exist_yet(cast, screen):
    order = place(cast).order
    vendor = screen(cast.vendor)
    vendor.ready()
    answer = vendor.ask("seen", seen(order, version=order.version + 1))
    assert answer == {"ok": False, **refusals.ORDER_REFUSED.data}
    assert stored() == []


def test_it_refuses_a_receipt_that_does_not_have_its_form(cast, screen):
    order = place(cast).order
    vendor = screen(cast.vendor)
    vendor.ready()
    for change in (
        {"version": 0},
        {"version": True},
        {"version": "1"},
        {"version": 2**31},
        {"order_number": 7},
        {"order_number": "' or 1=1"},
        {"audible": 1},
        {"visible": None},
    ):
        answer = vendor.ask("seen", seen(order, **change))
        assert answer == {"ok": False, **refusals.PAYLOAD_MALFORMED.data}, change
    assert stored() == []


@pytest.mark.parametrize("backend", ["sqlite"])
def test_one_receipt_that_cannot_be_stored_costs_the_others_nothing(app):
    """The door refuses such names; the writer does not rely on it."""
    with closing(Store(app.config["PASSLINE"], 1)) as store:
        receipts = Receipts(store, Threads(1), Metrics())
        row = {"order_number": "A1B2", "version": 1, "person_id": 1, "screen_id": "a", "audible": True, "visible": True}
        names = ("good", "half \ud800", "as good")
        asked = [gevent.spawn(receipts.write, {**row, "screen_name": name, "seen_at": now()}) for name in names]
        gevent.joinall(asked)
    assert [ask.successful() for ask in asked] == [True, False, True]
    assert [name for *_, name, _, _ in stored()] == ["good", "as good"]
