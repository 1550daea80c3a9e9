"""Normal, busy, paused: what each does to times and orders, how it ends, and who hears of it."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.contract.times import iso, now
from app.domain import busy, orders
from app.errors import Invalid, RestaurantClosed
from app.extensions import db
from app.models import AuditEntry, EventLog, Order
from tests.factories import place


def told():
    query = select(EventLog).where(EventLog.name == "RestaurantChanged").order_by(EventLog.id)
    return [(row.room, json.loads(row.data)["restaurant"]) for row in db.session.scalars(query)]


def trail():
    return [(row.action, row.actor_name) for row in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def minutes_promised(order: Order) -> int:
    return round((order.promised_from - order.created_at).total_seconds() / 60)


def test_a_busy_kitchen_promises_later(cast):
    busy.set_mode(cast.restaurant, "busy", minutes=25, by=cast.vendor)
    order = place(cast).order
    assert minutes_promised(order) == cast.restaurant.preparation_minutes + 25
    orders.accept(order, by=cast.vendor)
    assert order.prep_minutes == cast.restaurant.preparation_minutes + 25


def test_a_paused_kitchen_takes_no_order_and_says_why(cast):
    until = now() + timedelta(hours=1)
    busy.set_mode(cast.restaurant, "paused", reason=" the oven  is broken ", until=until, by=cast.vendor)
    clock = f"{until.astimezone(cast.restaurant.zone):%H:%M}"
    with pytest.raises(RestaurantClosed, match=f"{clock}: the oven is broken"):
        place(cast)
    assert db.session.query(Order).count() == 0


def test_every_screen_of_the_kitchen_hears_of_it_once(cast):
    until = now() + timedelta(hours=1)
    changes = [busy.set_mode(cast.restaurant, "paused", reason="a flood", until=until, by=cast.vendor) for _ in "ab"]
    assert changes == [True, False]
    about = {"id": cast.restaurant.id, "slug": "first", "mode": "paused", "until": iso(until), "reason": "a flood"}
    assert told() == [(f"vendor-orders.{cast.restaurant.id}", about)]
    assert trail() == [("restaurant.paused", cast.vendor.name)]


def test_it_ends_by_itself_and_the_worker_says_so_once(cast):
    busy.set_mode(cast.restaurant, "paused", reason="a flood", until=now() + timedelta(minutes=15), by=cast.vendor)
    assert busy.end_due() == 0
    with time_machine.travel(now() + timedelta(minutes=16), tick=False):
        assert cast.restaurant.accepting, "whether or not the worker was there"
        assert place(cast).order.status == "placed"
        assert (busy.end_due(), busy.end_due()) == (1, 0)
    db.session.refresh(cast.restaurant)
    assert (cast.restaurant.mode, cast.restaurant.mode_reason, cast.restaurant.mode_until) == ("normal", "", None)
    assert [about["mode"] for _, about in told()] == ["paused", "normal"]
    assert trail()[-1] == ("restaurant.resumed", "Passline")


def test_one_that_was_set_anew_meanwhile_is_not_ended(cast):
    busy.set_mode(cast.restaurant, "busy", minutes=10, until=now() + timedelta(minutes=15), by=cast.vendor)
    with time_machine.travel(now() + timedelta(minutes=20), tick=False):
        seen = cast.restaurant
        busy.set_mode(seen, "paused", by=cast.colleague)
        assert busy._end(seen, now()) is False
    assert cast.restaurant.mode == "paused"


def test_normal_keeps_nothing_of_what_was(cast):
    busy.set_mode(cast.restaurant, "busy", minutes=30, reason="a party", by=cast.vendor)
    busy.set_mode(cast.restaurant, "normal", minutes=30, reason="a party", by=cast.vendor)
    assert (cast.restaurant.busy_minutes, cast.restaurant.mode_reason) == (0, "")
    assert cast.restaurant.lead_minutes == cast.restaurant.preparation_minutes


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(
    ("mode", "how", "field"),
    [
        ("closed", {}, "mode"),
        ("busy", {"minutes": 0}, "minutes"),
        ("busy", {"minutes": 121}, "minutes"),
        ("paused", {"reason": "x" * 121}, "reason"),
        ("paused", {"until": now() - timedelta(minutes=1)}, "until"),
        ("paused", {"until": now() + timedelta(days=8)}, "until"),
    ],
)
def test_it_refuses_what_cannot_be(cast, mode, how, field):
    with pytest.raises(Invalid) as refusal:
        busy.set_mode(cast.restaurant, mode, by=cast.vendor, **how)
    assert set(refusal.value.members["errors"]) == {field}
    assert told() == []


@pytest.mark.parametrize("backend", ["sqlite"])
def test_it_is_told_in_words(cast):
    house = cast.restaurant
    at = now()
    assert busy.told(house, at) == ""
    busy.set_mode(house, "busy", minutes=20, reason="a large party", by=cast.vendor)
    assert busy.told(house, at) == "Busy: about 20 minutes longer (a large party)"
    tomorrow = house.next_day_starts(at)
    busy.set_mode(house, "paused", until=tomorrow, by=cast.vendor)
    assert busy.told(house, at) == f"Paused until {tomorrow.astimezone(house.zone):%A} 05:00"
