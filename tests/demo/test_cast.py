"""The demo's people."""

import pytest

from app.contract.identity import Role
from app.contract.times import now
from app.demo import cast, restaurants
from app.domain import passwords
from app.extensions import atomic, db
from app.models import Person


def gather(guests: int = 42) -> cast.Cast:
    with atomic() as session:
        return cast.gather(session, restaurants.furnish(session, 4, now()), guests, now())


@pytest.mark.parametrize("email", cast.LOG_INS)
def test_it_has_the_log_ins_of_the_contract(sqlite_app, email):
    gather()
    person = db.session.query(Person).filter_by(email=email).one()
    assert person.role == email.split("@")[0].rstrip("2")
    assert passwords.matches(person.password_hash, "passline")


def test_it_has_the_vendors_in_different_restaurants_the_first_always_open(app):
    gather()
    first, second = (db.session.query(Person).filter_by(email=f"vendor{n}@passline.test").one() for n in ("", "2"))
    assert first.restaurant.slug == restaurants.ALWAYS_OPEN
    assert second.restaurant_id != first.restaurant_id


def test_it_marks_everybody(app):
    gather()
    assert db.session.query(Person).filter_by(is_demo=False).count() == 0


def test_it_makes_each_person_once(app):
    gather()
    count = db.session.query(Person).count()
    gather()
    assert db.session.query(Person).count() == count


def test_it_makes_as_many_customers_as_are_wanted(app):
    gather(500)
    assert db.session.query(Person).filter_by(role=Role.CUSTOMER).count() == 502


def test_it_gives_every_restaurant_its_staff_and_every_town_its_drivers(app):
    people = gather()
    towns = {place.town for place in restaurants.furnish(db.session(), 4, now())}
    assert people.drivers.keys() == people.guests.keys() == towns
    assert len(people.staff) == 4


def test_it_has_names_of_all_kinds(app):
    gather()
    names = [person.name for person in db.session.query(Person).filter_by(role=Role.CUSTOMER)]
    assert max(map(len, names)) > 40
    assert sum(not name.isascii() for name in names) > 10


def test_it_has_phones_that_a_person_may_have(app):
    gather(300)
    phones = [phone for (phone,) in db.session.query(Person.phone)]
    assert len(set(phones)) == len(phones)
    assert all(phone.startswith("+") and phone[1:].isdigit() and len(phone) <= 16 for phone in phones)
