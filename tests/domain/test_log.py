"""The log of events: what is pruned, and how far it says so."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.contract.times import now
from app.domain import log
from app.errors import Invalid
from app.extensions import db
from app.models import EventLog, LogHead
from app.models.event_log import head


def number_rows() -> None:
    """Do by hand what the sequencer does on PostgreSQL."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.begin() as connection:
            connection.exec_driver_sql("update event_log set position = id where position is null")


def test_it_keeps_what_is_young_enough(app):
    log.send_test("admin.orders", {"a": 1})
    number_rows()
    assert log.prune(now() - timedelta(hours=1)) == 0


def test_it_drops_what_is_old_and_says_how_far(app):
    for n in range(3):
        log.send_test("admin.orders", {"n": n})
    number_rows()
    last = db.session.scalar(select(func.max(EventLog.id)))
    assert log.prune(now() + timedelta(hours=1)) == 3
    assert db.session.scalar(select(func.count(EventLog.id))) == 0
    assert db.session.scalar(select(LogHead.pruned)) == last


def test_it_never_gives_a_position_twice(app):
    log.send_test("admin.orders", {})
    number_rows()
    before = db.session.scalar(select(func.max(EventLog.id)))
    log.prune(now() + timedelta(hours=1))
    log.send_test("admin.orders", {})
    assert db.session.scalar(select(func.max(EventLog.id))) > before


def test_it_says_where_the_log_ends_on_sqlite(sqlite_app):
    start = head(db.session).n
    log.send_test("admin.orders", {"a": 1})
    assert head(db.session).n == start + 1


def test_it_writes_the_data_as_json_text(app):
    event_id = log.send_test("admin.orders", {"a": "é"})
    row = db.session.scalars(select(EventLog)).one()
    assert json.loads(row.data)["a"] == "é"
    assert row.event_id == event_id


def test_it_sends_a_test_event_under_a_name(app):
    log.send_test("private-admin.orders", {}, name="OrderCreated")
    row = db.session.scalars(select(EventLog)).one()
    assert (row.room, row.name) == ("admin.orders", "OrderCreated")


def test_it_refuses_a_test_event_for_no_room(app):
    with pytest.raises(Invalid) as refusal:
        log.send_test("admin.nothing", {}, name="n" * 41)
    assert refusal.value.members["errors"].keys() == {"channel", "name"}
