"""What the demo's kitchen is busy with when it is loaded."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.contract.times import now
from app.demo import restaurants
from app.domain import order_deadlines, orders
from app.domain.order_states import ENDS
from app.extensions import db
from app.models import EventLog, Order, Person, Restaurant


@pytest.fixture
def vendor(demo) -> Person:
    return db.session.scalars(select(Person).where(Person.email == "vendor@passline.test")).one()


@pytest.fixture
def board(vendor) -> list[Order]:
    return [order for order in db.session.scalars(Order.visible_to(vendor)) if order.status not in ENDS]


def test_it_has_work_in_every_state(board):
    states = Counter(order.status for order in board)
    assert states["placed"] == 2
    assert min(states[status] for status in ("accepted", "preparing", "ready_for_pickup")) >= 2
    assert states["scheduled"] == 1


def test_it_is_busy_at_the_restaurant_that_is_always_open_alone(board):
    elsewhere = select(Order).join(Restaurant).where(Restaurant.slug != restaurants.ALWAYS_OPEN)
    assert all(order.status in ENDS for order in db.session.scalars(elsewhere))


def test_it_gives_time_to_accept_what_has_just_come_in(board):
    for order in board:
        if order.status == "placed":
            assert order.accept_by > now() + timedelta(minutes=5)


def test_it_tells_the_kitchen_of_what_has_just_come_in(board):
    placed = {order.id for order in board if order.status == "placed"}
    received = select(EventLog.order_id).where(EventLog.name == "OrderReceived")
    assert set(db.session.scalars(received)) == placed


def test_it_has_nothing_that_is_past_its_time(board):
    assert order_deadlines.act_on_due() == 0


def test_it_can_go_on_from_there(board, vendor):
    for order in board:
        match order.status:
            case "placed":
                assert orders.accept(order, by=vendor)
            case "accepted" | "preparing":
                assert orders.mark_ready(order, by=vendor)
            case "ready_for_pickup":
                assert orders.hand_over(order, by=vendor)


def test_it_has_an_order_of_the_demos_customer_on_the_stove(board):
    assert "preparing" in {order.status for order in board if order.customer.email == "customer@passline.test"}
