"""`flask users`: people who can log in."""

import pytest
from sqlalchemy import func, select

from app.domain import passwords
from app.extensions import db
from app.models import Person


def test_it_makes_the_first_admin(run, production):
    result = run("users", "create", "Boss@Example.com", "The Boss", "admin", typed="long enough\nlong enough\n")
    assert result.exit_code == 0, result.output
    boss = db.session.scalars(select(Person)).one()
    assert (boss.email, boss.name, boss.role, boss.is_demo) == ("boss@example.com", "The Boss", "admin", False)
    assert passwords.matches(boss.password_hash, "long enough")


def test_it_reads_the_password_from_standard_input(run):
    run("users", "create", "a@example.com", "A", "driver", "--password-stdin", typed="from a pipe\n")
    person = db.session.scalars(select(Person)).one()
    assert passwords.matches(person.password_hash, "from a pipe")


def test_it_never_shows_the_password(run):
    result = run("users", "create", "a@example.com", "A", "admin", typed="long enough\nlong enough\n")
    assert "long enough" not in result.output


def test_it_makes_staff_of_a_restaurant(run, cast):
    words = ("new@example.com", "New", "vendor", "--restaurant", "first", "--phone", "+254700000099")
    result = run("users", "create", *words, "--password-stdin", typed="from a pipe\n")
    assert result.exit_code == 0, result.output
    person = db.session.scalars(select(Person).where(Person.email == "new@example.com")).one()
    assert (person.restaurant_id, person.phone) == (cast.restaurant.id, "+254700000099")


def test_it_refuses_bad_input_by_name(run):
    words = ("nobody", "", "king", "--phone", "0700 1234")
    result = run("users", "create", *words, "--password-stdin", typed="from a pipe\n")
    assert result.exit_code == 1
    assert all(f"  {name}: " in result.output for name in ("email", "name", "role", "phone"))


@pytest.mark.parametrize(
    ("words", "typed", "named"),
    [
        (("a@example.com", "A", "admin"), "short\n", "password"),
        (("a@example.com", "A", "admin"), "", "password"),
        (("a@example.com", "A", "vendor"), "from a pipe\n", "restaurant"),
        (("a@example.com", "A", "vendor", "--restaurant", "nowhere"), "from a pipe\n", "restaurant"),
    ],
)
def test_it_refuses_and_makes_nobody(run, words, typed, named):
    result = run("users", "create", *words, "--password-stdin", typed=typed)
    assert result.exit_code == 1
    assert f"  {named}: " in result.output
    assert db.session.scalar(select(func.count(Person.id))) == 0


def test_it_refuses_an_address_that_is_taken(run, cast):
    result = run("users", "create", "admin@example.com", "A", "admin", "--password-stdin", typed="from a pipe\n")
    assert result.exit_code == 1
    assert "  email: " in result.output
