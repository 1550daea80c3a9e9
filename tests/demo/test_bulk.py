"""Writing rows past the ORM: they read as if it had written them."""

from datetime import UTC, datetime

from sqlalchemy import select

from app.contract.times import now
from app.demo import bulk
from app.demo.calendar import millis
from app.extensions import atomic, db
from app.models import Order, OrderTerm, Person


def test_it_writes_instants_that_read_as_they_were(app):
    at = datetime(2026, 3, 29, 1, 30, 0, 123000, tzinfo=UTC)
    columns = ("email", "name", "password_hash", "role", "is_active", "is_demo", "created_at")
    with atomic() as session:
        row = ("a@b.cd", "A", "-", "customer", True, True, bulk.instant(millis(at)))
        bulk.write(session, Person.__table__, columns, [row])
    assert db.session.scalar(select(Person.created_at)) == at
    assert db.session.scalar(select(Person.id).where(Person.created_at == at))


def test_it_writes_nothing_when_the_transaction_is_undone(app):
    with db.session.begin_nested() as undone:
        bulk.write(db.session(), OrderTerm.__table__, ("term", "order_id"), [("word", 1)])
        undone.rollback()
    assert db.session.scalars(select(OrderTerm)).all() == []


def test_it_takes_ids_that_grow_and_that_nobody_else_gets(app):
    with atomic() as session:
        ids = list(bulk.take_ids(session, Order.__table__, 5))
    assert ids == list(range(ids[0], ids[0] + 5))


def test_it_rounds_to_whole_milliseconds():
    at = now()
    assert abs(millis(at) / 1000 - at.timestamp()) <= 0.001
