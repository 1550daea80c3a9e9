"""The page of jobs: what stands where, what may be done from it, and the warning that is on every admin page."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine

from app.contract.times import now
from app.domain import job_runs, jobs, scheduled_runs
from app.extensions import atomic, db
from app.models import Job, Process
from app.views.admin import queue_warning

PROBLEM = {"Accept": "application/problem+json"}
# What is drawn is the same on either database; the verbs are tested on both.
pytestmark = [pytest.mark.usefixtures("csrf_off"), pytest.mark.parametrize("backend", ["sqlite"])]


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(queue_warning, "_KEPT", -1.0)
    with time_machine.travel(now(), tick=False) as clock:
        yield clock


@pytest.fixture
def browser(cast, as_person):
    """A browser whose session was opened before the clock is moved."""
    return as_person(cast.admin)


def add(kind="send_credentials", key="pass:1:1", **details):
    with atomic() as session:
        return jobs.add(session, kind, key, {"pass": 1}, **details)


def dead(key="payment:7:1", error="it timed out"):
    job = add("query_payment", key)
    job_runs.fail(job_runs.claim(job.id), TimeoutError(error))
    return job


def lives(*queues):
    settings = json.dumps({"QUEUES": " ".join(queues)})
    with atomic() as session:
        session.merge(Process(id="w", kind="worker", host="kitchen", pid=7, settings=settings, seen_at=now()))


def drawn(browser, path="/admin/jobs"):
    page = browser.get(path)
    assert page.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", part(page.text, path))).split())


def part(text, path):
    return text.partition('<main id="main"')[2] if path == "/admin/jobs" else text


def status_of(job):
    db.session.rollback()
    return db.session.get(Job, job.id).status


def test_it_shows_an_empty_house(browser):
    text = drawn(browser)
    assert text.count("No worker serves it. Start one: python -m app.jobs") == 2
    assert "No job waits." in text
    assert "Check expired Wi-Fi sessions 1 min Not yet in" in text
    assert "Failed" not in text


def test_it_counts_each_queue_and_says_who_works(browser, clock):
    add()
    clock.shift(2)
    lives("default", "payments")
    text = drawn(browser)
    assert "Default Due 1 Later 0 Running 0 Dead 0 The oldest has been due for 2 s. worker (kitchen:7) lives" in text
    assert "Payments Due 0 Later 0 Running 0 Dead 0 Nothing waits for a worker." in text


def test_it_shows_what_failed_with_its_error_and_what_runs_and_waits(browser, clock):
    dead()
    failing = add(key="pass:2:1")
    job_runs.fail(job_runs.claim(failing.id), ValueError("<b>no & no</b>"))
    running = add(key="pass:3:1")
    job_runs.claim(running.id)
    add(key="pass:4:1", due_at=now() + timedelta(minutes=3))
    text = drawn(browser)
    assert "Failed 2 Query payment payment:7:1 TimeoutError: it timed out Given up 0 s ago after 1 attempt" in text
    assert "pass:2:1 ValueError: <b>no & no</b> Attempt 1 failed; the next is in 5 s" in text
    assert "Running 1 Send credentials pass:3:1 Begun 0 s ago , attempt 1" in text
    assert "Scheduled 1 Send credentials pass:4:1 in 3 min" in text
    clock.shift(61)
    assert "its time is over: the worker is lost" in drawn(browser)


def test_it_shows_the_schedule(browser, clock):
    scheduled_runs.begin("prune_log", at=now())
    clock.shift(2)
    assert "Drop old events from the log 5 min Running since 2 s" in drawn(browser)
    scheduled_runs.end("prune_log", started_at=now() - timedelta(seconds=2), at=now(), rows=1)
    assert "Drop old events from the log 5 min 2 s ago 1 row in 2.0 s" in drawn(browser)
    scheduled_runs.begin("forget_jobs", at=now())
    scheduled_runs.fail("forget_jobs", started_at=now(), at=now(), error=ValueError("no"))
    assert "Forget jobs that were done a week ago hour 0 s ago ValueError: no" in drawn(browser)


def test_its_live_part_is_the_same(browser):
    dead()
    assert drawn(browser, "/admin/jobs/sheet") in drawn(browser)


def test_a_dead_job_is_tried_again(browser):
    job = dead()
    assert browser.post(f"/admin/jobs/{job.id}/retry").headers["Location"] == "/admin/jobs"
    assert status_of(job) == "waiting"
    assert "To be tried anew" in drawn(browser)


def test_a_job_is_discarded(browser):
    job = dead()
    assert browser.post(f"/admin/jobs/{job.id}/discard").status_code == 303
    assert status_of(job) == "discarded"
    assert "payment:7:1" not in drawn(browser)


@pytest.mark.parametrize("act", ["retry", "discard"])
def test_what_runs_is_refused_in_a_sentence(browser, act):
    job = add()
    job_runs.claim(job.id)
    answer = browser.post(f"/admin/jobs/{job.id}/{act}", headers=PROBLEM)
    assert (answer.status_code, answer.json["detail"]) == (409, "This job is running by now.")
    browser.post(f"/admin/jobs/{job.id}/{act}")
    assert "This job is running by now." in drawn(browser)
    assert browser.post(f"/admin/jobs/{job.id + 1}/{act}").status_code == 404


def test_a_queue_that_nobody_works_on_is_said_on_every_admin_page(browser, clock):
    add()
    clock.shift(59)
    assert "are waiting" not in browser.get("/admin/dispatch").text
    clock.shift(1)
    for path in ("/admin/", "/admin/dispatch", "/admin/jobs", "/admin/jobs/warning"):
        text = browser.get(path).text
        assert "Jobs of the queue “default” are waiting" in text
        assert "1 job waits and no worker serves the queue. The oldest has been due for 1 min." in text
    lives("default")
    job_runs.finish(job_runs.claim(add(key="pass:2:1").id))
    assert "are waiting" not in browser.get("/admin/jobs/warning").text


def test_it_is_asked_once_in_some_seconds(browser, clock, monkeypatch):
    monkeypatch.setattr(queue_warning, "_KEPT", 3600.0)
    browser.get("/admin/jobs/warning")
    add()
    clock.shift(60)
    assert "are waiting" not in browser.get("/admin/jobs/warning").text
