"""Loading the demo: where it refuses, what it does again and what it does not, and any number of orders."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.contract.times import now
from app.demo import load
from app.demo.load import OnlyInTheDemo, PastExists
from app.domain import order_placement
from app.domain.order_placement import Line
from app.extensions import db
from app.models import EventLog, Order, OrderChange, OrderItem, OrderTerm, Person, Restaurant
from tests.conftest import empty


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def test_it_refuses_production(app, monkeypatch):
    production = replace(app.config["PASSLINE"], env="production")
    monkeypatch.setitem(app.config, "PASSLINE", production)
    with pytest.raises(OnlyInTheDemo):
        load.load(10)
    assert count(Person) == count(Restaurant) == 0


def test_it_is_needed_until_there_are_people(app):
    assert load.is_needed()
    load.load(10)
    assert not load.is_needed()


def test_it_refuses_a_second_past(demo):
    before = count(Order)
    with pytest.raises(PastExists):
        load.load(10)
    assert count(Order) == before


def test_it_gives_the_kitchen_more_to_do_when_asked_for_no_past(demo):
    orders, people, log = count(Order), count(Person), count(EventLog)
    load.load(0)
    assert count(Order) > orders
    assert count(EventLog) > log
    assert count(Person) == people


def test_it_writes_all_or_nothing_of_a_first_run(app, monkeypatch):
    # A duplicate number, as the last thing that a first run writes, is refused by the database.
    monkeypatch.setattr(order_placement, "_fresh_number", lambda session: "AAAAAAA")
    with pytest.raises(Exception, match="number"):
        load.load(10)
    db.session.rollback()
    assert count(Person) == count(Order) == 0


def test_it_makes_the_same_orders_by_the_same_seed(app):
    at = now() - timedelta(minutes=1)

    def told() -> list[tuple[object, ...]]:
        empty()
        db.session.expunge_all()
        load.load(40, seed=5, at=at)
        query = select(Order.created_at, Order.total_minor, Order.status, Order.changed_at).order_by(Order.id)
        return [tuple(row) for row in db.session.execute(query.limit(40))]

    assert told() == told()


def test_it_lets_verbs_go_on_with_fresh_ids(demo):
    customer = db.session.scalars(select(Person).where(Person.email == "customer@passline.test")).one()
    kitchen = db.session.scalars(select(Restaurant).where(Restaurant.slug == "mama-wanjiru")).one()
    dish = select(OrderItem.menu_item_id).join(Order, Order.id == OrderItem.order_id)
    id = db.session.scalar(dish.where(Order.restaurant_id == kitchen.id, Order.status == "placed"))
    last = db.session.scalar(select(func.max(Order.id)))
    placed = order_placement.place(customer, kitchen, [Line(id, 1)], fulfilment="pickup", payment="cash")
    assert placed.order.id > last


class TestManyOrders:
    """Two thousand orders in batches: the way that a million goes."""

    @pytest.fixture(autouse=True)
    def _loaded(self, app, monkeypatch) -> None:
        monkeypatch.setattr(load, "BATCH", 600)
        self.lines: list[str] = []
        load.load(2000, say=self.lines.append)

    def test_it_writes_them_whole(self):
        past = select(func.count()).select_from(Order).where(Order.created_at < now() - timedelta(hours=2))
        # And the evening that is going on: what was scheduled for now was ordered hours ago.
        assert 0 <= db.session.scalar(past) - 2000 < 10
        for model in (OrderItem, OrderChange, OrderTerm):
            having = db.session.scalar(select(func.count(model.order_id.distinct())))
            assert having == count(Order)
        versions = db.session.scalar(select(func.sum(Order.version)))
        assert versions == count(OrderChange)

    def test_it_says_how_far_it_is_and_how_fast(self):
        assert [line.split()[0] for line in self.lines] == ["600", "1,200", "1,800", "2,000", "The"]
        assert all("rows a second" in line for line in self.lines[:-1])
