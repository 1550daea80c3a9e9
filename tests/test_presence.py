"""Signs of life: one row a process, which comes back when it is lost, goes with its process, and tells no secret."""

import json
import os
import time
from dataclasses import replace

import pytest
from sqlalchemy import select

from app import presence
from app.extensions import db
from app.models import Process


def rows():
    db.session.rollback()
    db.session.expire_all()
    # Others of the run may have theirs in the same database.
    return db.session.scalars(select(Process).where(Process.pid == os.getpid())).all()


@pytest.fixture
def config(app):
    return app.config["PASSLINE"]


@pytest.fixture
def life(config):
    life = presence.Presence("worker", config)
    yield life
    life.leave()


def wait_for(condition):
    latest = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < latest
        time.sleep(0.02)


def test_a_process_has_a_row_for_as_long_as_it_runs(config):
    with presence.kept("web", config):
        wait_for(rows)
        assert [row.kind for row in rows()] == ["web"]
    wait_for(lambda: not rows())


def test_it_writes_when_it_is_time_to(life):
    life.beat()
    (first,) = [row.seen_at for row in rows()]
    life.beat()
    assert [row.seen_at for row in rows()] == [first]
    life._next = 0
    life.beat()
    (later,) = [row.seen_at for row in rows()]
    assert later > first


def test_a_row_that_was_lost_comes_back(life):
    life.beat()
    with db.engine.begin() as connection:
        connection.execute(Process.__table__.delete())
    life._next = 0
    life.beat()
    assert [row.kind for row in rows()] == ["worker"]


def test_it_forgets_who_was_gone_for_a_day(config, life):
    old = presence.Presence("web", config)
    old.beat()
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(Process.__table__.update().values(seen_at=presence.now() - presence.KEPT))
    life.beat()
    old.leave()
    assert [row.kind for row in rows()] == ["worker"]


def test_a_database_that_is_away_is_no_reason_to_fail(sqlite_app):
    life = presence.Presence("web", replace(sqlite_app.config["PASSLINE"], database_url="sqlite:////nowhere/at.db"))
    life.beat()
    life.leave()


def test_it_tells_no_secret_and_whether_two_are_the_same(sqlite_app):
    config = replace(sqlite_app.config["PASSLINE"], redis_url="redis://:hush@localhost/0")
    told = presence.settings_of(config)
    assert config.secret_key not in json.dumps(told)
    assert "hush" not in json.dumps(told)
    assert presence.settings_of(config) == told
    other = presence.settings_of(replace(config, secret_key="another key, also of forty letters......"))
    assert other["SECRET_KEY"] != told["SECRET_KEY"]
    assert presence.settings_of(replace(config, redis_url=None))["REDIS_URL"] is None
