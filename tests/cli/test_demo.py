"""`flask demo`: the demo's data."""

import time
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from app.demo import cast as demo_cast
from app.demo import load
from app.extensions import db
from app.models import Order


def test_it_loads_once_on_a_first_run(run):
    run("demo", "load", "--first-run", "--orders", "20")
    orders = db.session.scalar(select(func.count(Order.id)))
    began = time.monotonic()
    result = run("demo", "load", "--first-run", "--orders", "20")
    assert time.monotonic() - began < 0.5
    assert result.exit_code == 0
    assert db.session.scalar(select(func.count(Order.id))) == orders > 20


def test_it_loads_some_hundreds_when_no_number_is_said(run):
    assert run("demo", "load").exit_code == 0
    assert db.session.scalar(select(func.count(Order.id))) > load.PAST_ORDERS


def test_it_refuses_a_second_past_with_a_sentence(run):
    run("demo", "load", "--orders", "5")
    result = run("demo", "load", "--orders", "5")
    assert result.exit_code == 1
    assert "--orders 0" in result.output


@pytest.mark.parametrize("words", [("load",), ("load", "--first-run"), ("greet",)])
def test_it_refuses_in_production(run, production, words):
    result = run("demo", *words)
    assert result.exit_code == 1
    assert "PASSLINE_ENV=demo" in result.output


def test_it_greets_with_addresses_and_log_ins(run):
    shown = run("demo", "greet").output
    assert "http://localhost:5000" in shown
    assert "http://127.0.0.1:5000" in shown
    assert "Simulator  http://127.0.0.1:5002" in shown
    assert all(email in shown for email in demo_cast.LOG_INS)
    assert demo_cast.PASSWORD in shown


def test_it_says_how_other_commands_are_called_beside_it(run, app, monkeypatch):
    settings = app.config["PASSLINE"]
    assert "PASSLINE_ENV=test .venv/bin/flask --app wsgi doctor\n" in run("demo", "greet").output
    monkeypatch.setitem(app.config, "PASSLINE", replace(settings, web_port=5010, simulator_port=5012))
    assert "=test WEB_PORT=5010 SIMULATOR_PORT=5012 .venv/bin/flask --app wsgi doctor\n" in run("demo", "greet").output
