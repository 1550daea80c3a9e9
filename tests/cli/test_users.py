"""`flask users`: people who can log in."""

import re

import pytest
from sqlalchemy import func, select

from app.domain import password_resets, passwords, second_factors
from app.extensions import db
from app.models import AuditEntry, Person
from tests.factories import two_factors


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


def test_the_trail_tells_that_it_was_a_command(run):
    run("users", "create", "a@example.com", "A", "admin", "--password-stdin", typed="from a pipe\n")
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.actor_name, entry.subject_name) == ("person.created", "Command line", "A")
    assert "pipe" not in entry.after


def test_it_makes_a_link_for_an_admin_who_forgot_the_password(run, cast):
    result = run("users", "reset-link", "Admin@example.com")
    token = re.search(r"http://127\.0\.0\.1:5000/password-reset/([\w-]{43})$", result.output.strip())[1]
    password_resets.redeem(token, "a new long password")
    assert passwords.matches(db.session.get_one(Person, cast.admin.id).password_hash, "a new long password")


def test_it_takes_a_second_factor_from_who_lost_the_phone(run, cast):
    two_factors(cast.admin)
    assert run("users", "reset-second-factor", "admin@example.com").exit_code == 0
    assert second_factors.of(cast.admin) is None
    again = run("users", "reset-second-factor", "admin@example.com")
    assert (again.exit_code, "has no second factor" in again.output) == (1, True)


@pytest.mark.parametrize("command", ["reset-link", "reset-second-factor"])
def test_it_says_that_nobody_has_the_address(run, command):
    result = run("users", command, "nobody@example.com")
    assert result.exit_code == 1
    assert "Nobody has the address nobody@example.com." in result.output
