"""How the queues stand, and when it is said that nobody works on one."""

import json
from datetime import timedelta

import pytest
import time_machine

from app.contract.times import now
from app.domain import job_queues, job_runs, jobs
from app.extensions import atomic, db
from app.models import Process


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(now(), tick=False) as clock:
        yield clock


def add(kind="send_credentials", key="1"):
    with atomic() as session:
        return jobs.add(session, kind, key, {}).id


def lives(*queues, kind="worker", **more):
    """A process that serves these has shown its life just now."""
    row = {
        "id": f"{kind}{queues}",
        "kind": kind,
        "host": "here",
        "pid": 1,
        "settings": json.dumps({"QUEUES": " ".join(queues)}),
    }
    with atomic() as session:
        session.merge(Process(**row, started_at=now(), seen_at=now(), **more))


def judged():
    db.session.rollback()
    return {each.queue: each.seen for each in job_queues.neglected()}


def test_it_counts_each_queue(app, clock):
    lives("payments")
    add(key="1"), add(key="2"), add(key="3")
    job_runs.claim(add(key="4"))
    with atomic() as session:
        jobs.add(session, "send_credentials", "5", {}, due_at=now() + timedelta(hours=1))
    job_runs.fail(job_runs.claim(add("query_payment")), ValueError())
    began = now()
    clock.shift(3)
    default, payments = job_queues.standings(now())
    assert (default.queue, default.waiting, default.due, default.running, default.dead) == ("default", 4, 3, 1, 0)
    assert (default.oldest, default.workers) == (began, [])
    assert (payments.waiting, payments.oldest, payments.dead, len(payments.workers)) == (0, None, 1, 1)


def test_a_queue_without_a_worker_is_named_after_a_minute(app, clock):
    add()
    lives("payments")
    lives(kind="web")
    clock.shift(59)
    assert judged() == {}
    clock.shift(1)
    assert judged() == {"default": "1 job waits and no worker serves the queue."}
    assert job_queues.neglected()[0].mend == "Start one: python -m app.jobs"


def test_a_worker_that_was_not_heard_of_is_none(app, clock):
    add()
    lives("default")
    clock.shift(60)
    assert "no worker serves" in judged()["default"]


def test_a_worker_that_takes_nothing_is_named(app, clock):
    add(key="1"), add(key="2")
    clock.shift(60)
    lives("default", "payments")
    assert judged() == {"default": "2 jobs wait, and the worker that lives takes none of them."}


def test_one_that_works_is_left_alone_until_it_falls_behind(app, clock):
    add(key="1")
    clock.shift(60)
    lives("default")
    job_runs.finish(job_runs.claim(add(key="2")))
    assert judged() == {}
    clock.shift(600)
    lives("default")
    job_runs.finish(job_runs.claim(add(key="3")))
    assert "more comes" in judged()["default"]


def test_a_job_whose_worker_was_lost_waits_too(app, clock):
    job_runs.claim(add())
    clock.shift(119)
    assert judged() == {}
    clock.shift(1)
    assert "no worker serves" in judged()["default"]
