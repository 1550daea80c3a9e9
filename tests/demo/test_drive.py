"""The demo's riders and regulars: something moves, and ends well, whatever the second in which they are stopped."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.contract.times import now
from app.demo import regulars, restaurants, riders, streets
from app.domain import ticket_deadlines
from app.domain.geography import Place, metres
from app.extensions import db
from app.models import Driver, Order, Restaurant, Ticket, TrackPoint

HERE, THERE = Place(-1.2841, 36.8233), Place(-1.2710, 36.8110)


def test_a_way_leads_there_with_corners_and_is_always_the_same():
    way = streets.way(HERE, THERE)
    assert (way[0], way[-1]) == (HERE, THERE)
    assert len(way) > 5
    assert metres(HERE, THERE) < streets.length(way) < 1.6 * metres(HERE, THERE)
    assert way == streets.way(HERE, THERE)


def test_one_walks_along_it():
    way = streets.way(HERE, THERE)
    assert streets.walked(way, 0) == HERE
    assert streets.walked(way, streets.length(way) + 1) == THERE
    assert metres(streets.walked(way, 100), streets.walked(way, 110)) <= 10.1


def test_an_address_has_one_door_near_the_restaurant():
    door = streets.door(HERE, "Ngong Road 7, Nairobi")
    assert door == streets.door(HERE, "Ngong Road 7, Nairobi")
    assert 700 <= metres(HERE, door) <= 2400


@pytest.fixture
def backend():
    """By the verbs, which are tested on both."""
    return "sqlite"


@pytest.fixture
def road(demo):
    """So many seconds of the demo pass, for riders that may be other objects each time."""
    began = now()
    clock = {"second": 0}

    def pass_(seconds, hired=None):
        hired = hired or riders.hire()
        for _ in range(seconds):
            clock["second"] += 1
            with time_machine.travel(began + timedelta(seconds=clock["second"]), tick=False):
                ticket_deadlines.act_on_due()
                regulars.step()
                riders.step(hired)

    return pass_


def test_a_marker_moves_within_a_minute(road):
    road(60)
    db.session.expire_all()
    [first, *_] = db.session.scalars(select(Ticket).where(Ticket.picked_up_at.is_not(None))).all()
    road(3)
    assert db.session.scalars(select(TrackPoint).where(TrackPoint.ticket_id == first.id)).all()
    assert all(driver.on_duty for driver in db.session.scalars(select(Driver)))


def test_riders_who_are_stopped_and_started_deliver_all_the_same(road):
    for _ in range(5):
        road(60)
    delivered = db.session.scalars(select(Ticket).where(Ticket.status == "delivered")).all()
    assert delivered
    assert all(ticket.order.status == "delivered" for ticket in delivered)


def test_the_cook_touches_the_regulars_orders_alone(road):
    kitchen = db.session.scalars(select(Restaurant).where(Restaurant.slug == restaurants.ALWAYS_OPEN)).one()
    others = select(Order).where(Order.restaurant_id == kitchen.id, Order.note != regulars.NOTE)
    before = {order.id: order.status for order in db.session.scalars(others).unique()}
    road(90)
    db.session.expire_all()
    after = {order.id: order.status for order in db.session.scalars(others).unique()}
    moved = {id: status for id, status in after.items() if before.get(id) != status}
    assert set(moved.values()) <= {"picked_up", "delivered"}
