"""A prepared statement finds and writes what SQLAlchemy would have, and fails as it does."""

import pytest
from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from app.contract.times import now
from app.extensions import atomic, db
from app.models import LogHead, Order, Person, Restaurant, TrackingLink
from app.models.prepared import Prepared
from tests.factories import order_in, place

PEOPLE, LINKS = Person.__table__, TrackingLink.__table__
write_link = Prepared(insert(LINKS), "order_id", "token_hash", "created_at", "expires_at")


def link(order, name, at):
    return {"order_id": order.id, "token_hash": name, "created_at": at, "expires_at": None}


def write(*rows):
    with atomic() as session:
        write_link.write(session.connection(), *rows)


def hashes(order):
    query = select(TrackingLink.token_hash).where(TrackingLink.order_id == order.id).order_by(TrackingLink.id)
    return db.session.scalars(query).all()[1:]


@pytest.mark.parametrize("entity", [Order, Person, Restaurant])
def test_it_finds_the_same_values_of_every_type(cast, entity):
    order_in(cast, "accepted")
    table = entity.__table__
    query = select(*table.c).where(table.c.id >= bindparam("least")).order_by(table.c.id)
    connection = db.session.connection()
    assert Prepared(query).rows(connection, {"least": 1}) == [
        list(row) for row in connection.execute(query, {"least": 1})
    ]


def test_it_finds_nothing_where_there_is_nothing(cast):
    query = Prepared(select(PEOPLE.c.id).where(PEOPLE.c.email == bindparam("email")))
    assert query.rows(db.session.connection(), {"email": "nobody@example.com"}) == []


def test_it_tells_what_an_update_returns(cast):
    order, table = place(cast).order, Order.__table__
    statement = update(table).where(table.c.id == bindparam("which")).values(version=table.c.version + 1)
    bump = Prepared(statement.returning(table.c.version, table.c.created_at))
    with atomic() as session:
        assert bump.rows(session.connection(), {"which": order.id}) == [[2, order.created_at]]
        assert bump.rows(session.connection(), {"which": 0}) == []


@pytest.mark.parametrize("names", [[], ["one"], ["one", "two", "three"], [f"{n:02}" for n in range(17, 0, -1)]])
def test_it_writes_rows_in_their_order(cast, names):
    order, at = place(cast).order, now()
    write(*(link(order, name, at) for name in names))
    assert hashes(order) == names
    told = select(TrackingLink.created_at).where(TrackingLink.token_hash.in_(names))
    assert db.session.scalars(told).all() == [at] * len(names)


def test_what_it_wrote_goes_with_its_transaction(cast):
    order = place(cast).order
    with atomic() as session:
        write_link.write(session.connection(), link(order, "one", now()))
        session.rollback()
    assert hashes(order) == []


@pytest.mark.parametrize("times", [1, 2])
def test_it_fails_as_sqlalchemy_does_and_tells_no_values(cast, times):
    order = place(cast).order
    write(link(order, "one", now()))
    with pytest.raises(IntegrityError, match="tracking_links") as raised:
        write(*[link(order, "one", now())] * times)
    assert raised.value.params is None
    assert hashes(order) == ["one"]


def test_it_takes_no_instant_without_a_zone(cast):
    order = place(cast).order
    with pytest.raises(ValueError, match="time zone"):
        write(link(order, "one", now().replace(tzinfo=None)))


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_connection_that_broke_is_not_used_again(cast):
    heads = Prepared(select(LogHead.__table__.c.epoch))
    ours = db.session.scalar(text("select pg_backend_pid()"))
    with db.engine.connect() as other:
        other.execute(text("select pg_terminate_backend(:pid)"), {"pid": ours})
    with pytest.raises(OperationalError) as raised:
        heads.rows(db.session.connection(), {})
    assert raised.value.connection_invalidated
    db.session.rollback()
    assert len(heads.rows(db.session.connection(), {})) == 1
    assert db.session.scalar(text("select pg_backend_pid()")) != ours
