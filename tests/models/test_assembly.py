"""What is assembled from a plain row is what the ORM would have loaded, and lives on in the session."""

import pytest
from sqlalchemy import inspect, select

from app.extensions import atomic, db
from app.models import ApiToken, Order, OrderItem, Person, Restaurant, Session
from app.models.assembly import Assemblies, Assembly
from tests.factories import place


def assembled(entity, key):
    """The row with this key, assembled in a session that has not seen it."""
    parts = Assembly(entity)
    db.session.remove()
    row = db.session.execute(select(*parts.columns).where(parts.columns[0] == key)).one()
    return parts.make(db.session(), row)


def rename(key):
    """Somebody else gives a person another name."""
    db.session.commit()
    with db.engine.begin() as elsewhere:
        elsewhere.execute(Person.__table__.update().where(Person.__table__.c.id == key).values(name="New Name"))


@pytest.mark.parametrize("entity", [ApiToken, Order, OrderItem, Person, Restaurant, Session])
def test_it_knows_every_column_and_the_key_first(entity):
    columns = Assembly(entity).columns
    assert {column.name for column in columns} == {column.name for column in entity.__table__.c}
    assert columns[0].primary_key


def test_it_makes_what_the_orm_would_have_loaded(cast):
    order = place(cast).order
    made, facts = assembled(Order, order.id), inspect(Order).column_attrs.keys()
    told = {name: getattr(made, name) for name in facts}
    db.session.remove()
    loaded = db.session.get(Order, order.id)
    assert told == {name: getattr(loaded, name) for name in facts}


def test_it_is_persistent_and_not_modified(cast):
    made = assembled(Person, cast.vendor.id)
    assert inspect(made).persistent
    assert made not in db.session.dirty


def test_the_orm_finds_the_same_object(cast):
    made = assembled(Person, cast.vendor.id)
    assert db.session.get(Person, made.id) is made


def test_its_relations_are_loaded_when_looked_at(cast):
    made = assembled(Person, cast.vendor.id)
    assert made.restaurant.slug == "first"


def test_what_is_changed_is_written(cast):
    made = assembled(Person, cast.vendor.id)
    with atomic():
        made.name = "Another Name"
    assert assembled(Person, made.id).name == "Another Name"


def test_it_can_be_refreshed(cast):
    made = assembled(Person, cast.vendor.id)
    rename(made.id)
    db.session.refresh(made)
    assert made.name == "New Name"


def test_a_row_that_the_session_knows_brings_it_up_to_date(cast):
    known, key = db.session.get(Person, cast.vendor.id), cast.vendor.id
    rename(key)
    parts = Assembly(Person)
    row = db.session.execute(select(*parts.columns).where(parts.columns[0] == key)).one()
    assert parts.make(db.session(), row) is known
    assert known.name == "New Name"
    assert known not in db.session.dirty


def test_it_expires_with_a_rollback_like_any_other(cast):
    made = assembled(Person, cast.vendor.id)
    db.session.rollback()
    assert inspect(made).expired
    assert made.name == "Vendor Person"


def test_several_lie_side_by_side(cast):
    parts = Assemblies(Person, Restaurant)
    query = select(*parts.columns).where(Person.__table__.c.restaurant_id == Restaurant.__table__.c.id)
    row = db.session.execute(query.where(Person.__table__.c.id == cast.vendor.id)).one()
    person, restaurant = parts.make(db.session(), row)
    assert (person.name, restaurant.slug) == ("Vendor Person", "first")
