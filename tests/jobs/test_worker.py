"""The worker process: it acts on deadlines, and ends when it is asked to."""

import signal
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from app.contract.times import now
from app.extensions import atomic, db
from app.jobs import deadlines, schedule
from tests.cast import make_cast
from tests.factories import place, session_of
from tests.processes import Worker
from tests.services import free_port


@pytest.fixture(params=["no Redis", "Redis is away"])
def worker(request, app):
    redis_url = f"redis://127.0.0.1:{free_port()}/0" if request.param == "Redis is away" else None
    with Worker(replace(app.config["PASSLINE"], redis_url=redis_url)) as worker:
        yield worker


def test_it_expires_an_order_within_seconds_and_ends_at_sigterm(worker, cast):
    order = place(cast).order
    with atomic():
        order.due_at = now() - timedelta(seconds=1)
    until = time.monotonic() + 60
    while order.status != "cancelled" and time.monotonic() < until:
        time.sleep(0.05)
        db.session.rollback()
        db.session.refresh(order)
    assert order.cancellation_kind == "expired"
    worker.send_signal(signal.SIGTERM)
    assert worker.process.wait(timeout=5) == 0


def test_it_is_late_and_not_wrong_when_an_act_fails(app, cast, monkeypatch):
    order = place(cast).order
    with atomic():
        order.due_at = now() - timedelta(seconds=1)
    db.session.execute(db.text("select 1"))
    with db.engine.begin() as connection:
        connection.exec_driver_sql("alter table sessions rename to sessions_away")
    try:
        deadlines.look(app)
    finally:
        with db.engine.begin() as connection:
            connection.exec_driver_sql("alter table sessions_away rename to sessions")
    db.session.refresh(order)
    assert order.status == "cancelled"


def test_its_scheduled_jobs_run_twice_unharmed(app):
    for scheduled in schedule.SCHEDULE:
        assert scheduled.job() == 0
        assert scheduled.job() == 0


def test_it_goes_on_after_what_nobody_thought_of(sqlite_app):
    """A row that cannot be read breaks one act; the other, and the next second, come all the same."""
    cast = make_cast()
    order, session = place(cast).order, session_of(cast.vendor)
    with atomic():
        session.expires_at = now() - timedelta(seconds=1)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("update orders set due_at = '2000'")
    assert order.id
    deadlines.look(sqlite_app)
    db.session.refresh(session)
    assert session.ended_at is not None
