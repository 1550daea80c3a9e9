"""A queue as one worker serves it, on each of Huey's storages: rows go to it, are run once, and survive its loss."""

from dataclasses import replace
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import func, select

from app.contract.times import now
from app.domain import job_runs, jobs
from app.extensions import atomic, db
from app.jobs import serving as serving_module
from app.jobs import work
from app.jobs.serving import Serving
from app.models import Job
from tests.jobs import deeds
from tests.services import free_port


@pytest.fixture(autouse=True)
def taught(monkeypatch):
    monkeypatch.setattr(jobs, "KINDS", {**jobs.KINDS, **deeds.KINDS})
    monkeypatch.setattr(job_runs, "KINDS", jobs.KINDS)
    monkeypatch.setattr(work, "WORK", {**work.WORK, **deeds.WORK})


@pytest.fixture(params=["beside the database", "in Redis"])
def config(request, app):
    config = app.config["PASSLINE"]
    return config if request.param != "in Redis" else replace(config, redis_url=request.getfixturevalue("redis_url"))


@pytest.fixture
def serve(app, config):
    """Serve a queue, the way a process does that has just begun; its threads are the test's own."""
    served = []

    def serve(name="default"):
        served.append(Serving(app, config, name))
        served[-1].schedule = None
        return served[-1]

    yield serve
    for each in served:
        each.huey.storage.flush_all()
        each.huey.storage.close()


@pytest.fixture
def clock():
    with time_machine.travel(now(), tick=False) as clock:
        yield clock


def add(kind="leave_a_mark", key="1", **payload):
    with atomic() as session:
        return jobs.add(session, kind, key, {"mark": key, **payload}).id


def work_off(serving):
    """Run what Huey has; how many tasks that was."""
    done = 0
    while serving.huey.storage.queue_size():
        serving.huey.execute(serving.huey.dequeue())
        done += 1
    return done


def statuses():
    db.session.rollback()
    query = select(Job.key, Job.status).where(Job.kind != "mark").order_by(Job.id)
    return dict(iter(db.session.execute(query)))


def test_what_was_committed_is_run_by_its_queue(serve):
    add(key="1")
    default, payments = serve("default"), serve("payments")
    assert (payments.hand_out(), work_off(payments)) == (0, 0)
    assert (default.hand_out(), work_off(default)) == (1, 1)
    assert deeds.marks() == ["1"]
    assert statuses() == {"1": "done"}


def test_what_huey_hands_out_twice_is_run_once(serve):
    id = add()
    serving = serve()
    serving.hand_out()
    serving._task(id)
    assert work_off(serving) == 2
    db.session.rollback()
    assert db.session.scalar(select(Job.attempts).where(Job.id == id)) == 1


def test_it_is_not_handed_out_each_second(serve, clock):
    add()
    serving = serve()
    for second in range(5):
        assert serving.hand_out() == (1 if second == 0 else 0)
        clock.shift(1)
    assert serving.huey.storage.queue_size() == 1


def test_who_is_killed_between_commit_and_enqueue_loses_nothing(serve, clock):
    id = add()
    # Noted as handed out, and then no more.
    job_runs.hand_out([id])
    restarted = serve()
    assert (restarted.hand_out(), work_off(restarted)) == (0, 0)
    clock.shift(job_runs.HAND_AGAIN)
    assert (restarted.hand_out(), work_off(restarted)) == (1, 1)
    assert deeds.marks() == ["1"]


def test_a_task_that_was_taken_and_never_run_comes_again(serve, clock):
    """Trap: Huey takes a task off its queue before it runs it."""
    add()
    serving = serve()
    serving.hand_out()
    assert serving.huey.dequeue()
    clock.shift(job_runs.HAND_AGAIN)
    assert (serving.hand_out(), work_off(serving)) == (1, 1)
    assert deeds.marks() == ["1"]


def test_a_storage_that_was_emptied_loses_nothing(serve, clock):
    for n in range(3):
        add(key=str(n))
    serving = serve()
    assert serving.hand_out() == 3
    serving.huey.storage.flush_all()
    assert work_off(serving) == 0
    clock.shift(job_runs.HAND_AGAIN)
    serving.hand_out()
    work_off(serving)
    assert deeds.marks() == ["0", "1", "2"]


@pytest.mark.parametrize("config", ["beside the database"], indirect=True)
@pytest.mark.parametrize("way", ["file", "tables"])
def test_a_storage_that_is_gone_is_made_again(app, serve, clock, way):
    add()
    serving = serve()
    serving.hand_out()
    storage = serving.huey.storage
    if way == "tables":
        prefix = "huey_" if hasattr(storage, "table_task") and not hasattr(storage, "filename") else ""
        for table in ("task", "schedule", "kv", "counter"):
            storage.sql(f"drop table {prefix}{table}", commit=True)
    elif hasattr(storage, "filename"):
        for path in Path(storage.filename).parent.glob(f"{Path(storage.filename).name}*"):
            path.unlink()
    for _ in range(2):
        clock.shift(job_runs.HAND_AGAIN)
        serving.hand_out()
    work_off(serving)
    assert deeds.marks() == ["1"]


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("config", ["beside the database"], indirect=True)
class TestHoweverSlow:
    def test_hueys_own_queue_stays_short_and_new_jobs_come_first(self, serve, clock, monkeypatch):
        monkeypatch.setattr(serving_module, "_MOST", 5)
        for n in range(12):
            add(key=str(n))
        serving = serve()
        for _ in range(4):
            serving.hand_out()
            clock.shift(job_runs.HAND_AGAIN)
        assert serving.huey.storage.queue_size() == 5
        work_off(serving)
        serving.hand_out()
        work_off(serving)
        assert deeds.marks() == [str(n) for n in range(10)]

    def test_a_redis_that_is_away_is_late_and_not_wrong(self, app, serve, clock):
        add()
        port = free_port()
        away = Serving(app, replace(app.config["PASSLINE"], redis_url=f"redis://127.0.0.1:{port}/0"), "default")
        assert away.hand_out() == 0
        clock.shift(job_runs.HAND_AGAIN)
        serving = serve()
        assert (serving.hand_out(), work_off(serving)) == (1, 1)

    def test_what_fails_is_tried_again_by_the_row_and_not_by_huey(self, serve, clock):
        id = add("break")
        serving = serve("payments")
        assert (serving.hand_out(), work_off(serving)) == (1, 1)
        clock.shift(4)
        assert serving.hand_out() == 0
        clock.shift(1)
        assert (serving.hand_out(), work_off(serving)) == (1, 1)
        assert statuses() == {"1": "dead"}
        assert db.session.get(Job, id).last_error == "ValueError: it is broken"

    def test_what_leaves_rows_changed_outside_a_verb_has_failed(self, serve, monkeypatch):
        id = add()
        monkeypatch.setattr(work, "of", lambda kind: lambda payload: setattr(db.session.get(Job, id), "key", "changed"))
        serving = serve()
        serving.hand_out()
        work_off(serving)
        assert statuses() == {"1": "waiting"}

    def test_a_lost_attempt_is_counted_and_the_job_runs_again(self, serve, clock):
        id = add()
        job_runs.claim(id)
        clock.shift(60)
        serving = serve()
        assert serving.hand_out() == 1
        clock.shift(5)
        assert (serving.hand_out(), work_off(serving)) == (1, 1)
        assert db.session.scalar(select(func.max(Job.attempts))) == 2
        assert statuses() == {"1": "done"}
