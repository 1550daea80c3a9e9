"""The schedule with a moved clock and a restarted worker: no slot runs twice, and none is skipped."""

import random
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from huey import SqliteHuey

from app.contract.times import now
from app.domain import scheduled_runs
from app.domain.scheduled_runs import SCHEDULE
from app.extensions import db
from app.jobs import schedule
from app.jobs.schedule import Schedule

START = datetime(2026, 11, 29, 22, 58, 30, tzinfo=UTC)


@pytest.fixture
def ran(monkeypatch):
    """What ran, and when."""
    ran = []

    def job(name):
        return lambda: ran.append((name, now())) or 0

    monkeypatch.setattr(schedule, "job", job)
    return ran


@pytest.fixture
def worker(app, tmp_path):
    """A worker that has just begun, on the queue that the last one has left."""
    hueys = []

    def begin():
        hueys.append(SqliteHuey(filename=str(tmp_path / "queue"), results=False))
        return Schedule(app, hueys[-1]), hueys[-1]

    yield begin
    for huey in hueys:
        huey.storage.close()


def work_off(huey):
    while task := huey.dequeue():
        huey.execute(task)


def slots(ran, name):
    return [SCHEDULE[name].slot(at) for each, at in ran if each == name]


def every_slot(name, first, last):
    timing = SCHEDULE[name]
    slot = timing.slot(first)
    while slot <= last:
        yield slot
        slot += timedelta(minutes=timing.every)


def test_it_runs_each_slot_once_however_often_workers_begin_and_tasks_get_lost(worker, ran):
    """Over midnight; every 20 s two workers look, one of them is killed now and then, and its tasks with it."""
    dice = random.Random(7)
    with time_machine.travel(START, tick=False) as clock:
        (one, huey), (other, _) = worker(), worker()
        for _ in range(3 * 65):
            one.hand_out()
            other.hand_out()
            if dice.random() < 0.1:
                huey.storage.flush_all()
            if dice.random() < 0.05:
                one, huey = worker()
            else:
                work_off(huey)
            clock.shift(20)
        one.hand_out()
        work_off(huey)
        for name in SCHEDULE:
            assert slots(ran, name) == list(every_slot(name, START, now())), name
        db.session.rollback()
        assert all(run.finished_at and run.error is None for run in scheduled_runs.runs().values())


def test_what_was_missed_runs_once_when_a_worker_comes_back(worker, ran):
    with time_machine.travel(START, tick=False) as clock:
        first, huey = worker()
        first.hand_out()
        work_off(huey)
        ran.clear()
        clock.shift(timedelta(hours=5))
        second, huey = worker()
        for _ in range(5):
            second.hand_out()
            work_off(huey)
            clock.shift(1)
        assert sorted(name for name, _ in ran) == sorted(SCHEDULE)


def test_a_run_that_was_killed_is_run_again(worker, ran):
    with time_machine.travel(START, tick=False) as clock:
        scheduled_runs.begin("prune_log", at=now())
        again, huey = worker()
        again.hand_out()
        work_off(huey)
        assert slots(ran, "prune_log") == []
        clock.shift(scheduled_runs.LOST)
        again.hand_out()
        work_off(huey)
        assert len(slots(ran, "prune_log")) == 1


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_fails_is_said_and_the_next_slot_comes(app, worker, monkeypatch):
    def broken(name):
        raise ModuleNotFoundError(f"No module for {name}")

    monkeypatch.setattr(schedule, "job", broken)
    with time_machine.travel(START, tick=False):
        schedule.run(app, "prune_log")
        db.session.rollback()
        assert scheduled_runs.runs()["prune_log"].error == "ModuleNotFoundError: No module for prune_log"
        assert "prune_log" not in scheduled_runs.due(now())
        assert "prune_log" in scheduled_runs.due(now() + timedelta(minutes=5))
