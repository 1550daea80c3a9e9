"""The commands of the person who runs it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import func, select

from app.demo import cast as demo_cast
from app.demo import load
from app.domain import log, passwords
from app.extensions import db
from app.models import EventLog, Order, Person

ROOT = Path(__file__).parent.parent
Run = Callable[..., Result]


@pytest.fixture
def run(app) -> Run:
    """A command by its words, with what is typed."""

    def invoke(*words: str, typed: str = "") -> Result:
        return app.test_cli_runner().invoke(args=words, input=typed)

    return invoke


@pytest.fixture
def production(app, monkeypatch) -> None:
    monkeypatch.setitem(app.config, "PASSLINE", replace(app.config["PASSLINE"], env="production"))


class TestUsersCreate:
    def test_it_makes_the_first_admin(self, run, production):
        result = run("users", "create", "Boss@Example.com", "The Boss", "admin", typed="long enough\nlong enough\n")
        assert result.exit_code == 0, result.output
        boss = db.session.scalars(select(Person)).one()
        assert (boss.email, boss.name, boss.role, boss.is_demo) == ("boss@example.com", "The Boss", "admin", False)
        assert passwords.matches(boss.password_hash, "long enough")

    def test_it_reads_the_password_from_standard_input(self, run):
        run("users", "create", "a@example.com", "A", "driver", "--password-stdin", typed="from a pipe\n")
        person = db.session.scalars(select(Person)).one()
        assert passwords.matches(person.password_hash, "from a pipe")

    def test_it_never_shows_the_password(self, run):
        result = run("users", "create", "a@example.com", "A", "admin", typed="long enough\nlong enough\n")
        assert "long enough" not in result.output

    def test_it_makes_staff_of_a_restaurant(self, run, cast):
        words = ("new@example.com", "New", "vendor", "--restaurant", "first", "--phone", "+254700000099")
        result = run("users", "create", *words, "--password-stdin", typed="from a pipe\n")
        assert result.exit_code == 0, result.output
        person = db.session.scalars(select(Person).where(Person.email == "new@example.com")).one()
        assert (person.restaurant_id, person.phone) == (cast.restaurant.id, "+254700000099")

    def test_it_refuses_bad_input_by_name(self, run):
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
    def test_it_refuses_and_makes_nobody(self, run, words, typed, named):
        result = run("users", "create", *words, "--password-stdin", typed=typed)
        assert result.exit_code == 1
        assert f"  {named}: " in result.output
        assert db.session.scalar(select(func.count(Person.id))) == 0

    def test_it_refuses_an_address_that_is_taken(self, run, cast):
        result = run("users", "create", "admin@example.com", "A", "admin", "--password-stdin", typed="from a pipe\n")
        assert result.exit_code == 1
        assert "  email: " in result.output


class TestEventsSend:
    def test_it_puts_the_event_on_the_real_path(self, run):
        result = run("events", "send", "admin.orders", "Hello", '{"n": 1}')
        assert result.exit_code == 0, result.output
        row = db.session.scalars(select(EventLog)).one()
        assert (row.room, row.name) == ("admin.orders", "Hello")
        assert row.event_id in result.output

    @pytest.mark.parametrize(
        ("words", "named"),
        [
            (("nowhere", "Hello", "{}"), "channel"),
            (("!access", "Hello", "{}"), "channel"),
            (("admin.orders", "", "{}"), "name"),
            (("admin.orders", "Hello", "{"), "json"),
            (("admin.orders", "Hello", "[1]"), "json"),
        ],
    )
    def test_it_refuses_by_name_and_sends_nothing(self, run, words, named):
        result = run("events", "send", *words)
        assert result.exit_code == 1
        assert f"  {named}: " in result.output
        assert db.session.scalar(select(func.count(EventLog.id))) == 0


class TestEventsTail:
    @pytest.fixture
    def tail(self, app):
        """The command in a process of its own, following the log from now on."""
        settings = {"PASSLINE_ENV": "test", "SECRET_KEY": "k" * 32, "DATABASE_URL": app.config["PASSLINE"].database_url}
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "events", "tail"],
            cwd=ROOT,
            env={**os.environ, **settings, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        yield process
        process.kill()
        process.communicate()

    def test_it_shows_what_is_new_and_ends_with_ctrl_c(self, app, tail):
        head = tail.stdout.readline()
        log.send_test("admin.orders", {}, name="Hello")
        if db.engine.dialect.name == "postgresql":
            # What the gateway's sequencer does.
            with db.engine.begin() as connection:
                connection.exec_driver_sql("update event_log set position = id where position is null")
        line = tail.stdout.readline()
        tail.send_signal(signal.SIGINT)
        assert "from now on" in head
        assert line.split()[1:] == ["admin.orders", "Hello", "-"]
        assert tail.wait(5) == 0


class TestDemo:
    def test_it_loads_once_on_a_first_run(self, run):
        run("demo", "load", "--first-run", "--orders", "20")
        orders = db.session.scalar(select(func.count(Order.id)))
        began = time.monotonic()
        result = run("demo", "load", "--first-run", "--orders", "20")
        assert time.monotonic() - began < 0.5
        assert result.exit_code == 0
        assert db.session.scalar(select(func.count(Order.id))) == orders > 20

    def test_it_loads_some_hundreds_when_no_number_is_said(self, run):
        assert run("demo", "load").exit_code == 0
        assert db.session.scalar(select(func.count(Order.id))) > load.PAST_ORDERS

    def test_it_refuses_a_second_past_with_a_sentence(self, run):
        run("demo", "load", "--orders", "5")
        result = run("demo", "load", "--orders", "5")
        assert result.exit_code == 1
        assert "--orders 0" in result.output

    @pytest.mark.parametrize("words", [("load",), ("load", "--first-run"), ("greet",)])
    def test_it_refuses_in_production(self, run, production, words):
        result = run("demo", *words)
        assert result.exit_code == 1
        assert "PASSLINE_ENV=demo" in result.output

    def test_it_greets_with_addresses_and_log_ins(self, run):
        shown = run("demo", "greet").output
        assert "http://localhost:5000" in shown
        assert "http://127.0.0.1:5000" in shown
        assert all(email in shown for email in demo_cast.LOG_INS)
        assert demo_cast.PASSWORD in shown
