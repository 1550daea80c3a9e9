"""Ticking off lines: told to the kitchen once, of an order in work alone, by who cooks."""

import json

import pytest
from sqlalchemy import select

from app.domain import item_ticks, orders
from app.errors import Conflict, Forbidden, NotFound
from app.extensions import atomic, db
from app.models import EventLog
from tests.factories import order_in


def told():
    rows = db.session.scalars(select(EventLog).where(EventLog.name == "OrderItemTicked").order_by(EventLog.id))
    return [(row.room, json.loads(row.data)) for row in rows]


def test_a_tick_is_told_to_the_kitchen_and_changes_no_version(cast):
    order = order_in(cast, "preparing")
    version, item = order.version, order.items[0].id
    assert item_ticks.tick(order, item, by=cast.vendor, done=True)
    assert item_ticks.ticked(db.session(), [order]) == {item}
    assert item_ticks.tick(order, item, by=cast.colleague, done=False)
    assert item_ticks.ticked(db.session(), [order]) == set()
    assert order.version == version
    [(room, first), (_, second)] = told()
    assert room == f"vendor-orders.{cast.restaurant.id}"
    assert (first["order_number"], first["item_id"], first["done"], second["done"]) == (order.number, item, True, False)


def test_the_same_again_is_no_news(cast):
    order = order_in(cast, "accepted")
    item = order.items[0].id
    assert item_ticks.tick(order, item, by=cast.vendor, done=True)
    assert not item_ticks.tick(order, item, by=cast.colleague, done=True)
    assert len(told()) == 1


def test_what_was_recalled_keeps_its_ticks(cast):
    order = order_in(cast, "preparing")
    item_ticks.tick(order, order.items[0].id, by=cast.vendor, done=True)
    orders.mark_ready(order, by=cast.vendor)
    with pytest.raises(Conflict):
        item_ticks.tick(order, order.items[1].id, by=cast.vendor, done=True)
    orders.recall(order, by=cast.vendor)
    assert item_ticks.ticked(db.session(), [order]) == {order.items[0].id}


def test_it_refuses_lines_of_others_and_people_who_do_not_cook(cast):
    order, other = order_in(cast, "preparing"), order_in(cast, "preparing")
    with pytest.raises(NotFound):
        item_ticks.tick(order, other.items[0].id, by=cast.vendor, done=True)
    with atomic():
        cast.colleague.staff_role = "counter"
    for person in (cast.colleague, cast.customer, cast.driver):
        with pytest.raises(Forbidden):
            item_ticks.tick(order, order.items[0].id, by=person, done=True)
    assert told() == []
