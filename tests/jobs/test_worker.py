"""The worker process: it acts on deadlines, and ends when it is asked to."""

import signal
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.contract.times import now
from app.domain import job_queues, jobs, offers, scheduled_runs
from app.errors import OfferLapsed
from app.extensions import atomic, db
from app.jobs import deadlines
from app.jobs.__main__ import main
from app.models import OrderChange, Ticket, TicketOffer
from tests.cast import COUNTER, make_cast
from tests.factories import on_duty, place, session_of, ticket_in
from tests.gateway.rough import eventually
from tests.jobs import deeds
from tests.processes import Worker
from tests.services import free_port


@pytest.fixture(params=["no Redis", "Redis is away"])
def worker(request, app):
    redis_url = f"redis://127.0.0.1:{free_port()}/0" if request.param == "Redis is away" else None
    with Worker(replace(app.config["PASSLINE"], redis_url=redis_url)) as worker:
        yield worker


def expires(order):
    """Whether it does within a minute, and once."""
    eventually(lambda: status_of(order) == "cancelled", timeout=60)
    history = select(OrderChange.to_status).where(OrderChange.order_id == order.id).order_by(OrderChange.version)
    return order.cancellation_kind == "expired" and db.session.scalars(history).all() == ["placed", "cancelled"]


def status_of(order):
    db.session.rollback()
    db.session.refresh(order)
    return order.status


def test_it_expires_an_order_within_seconds_and_ends_at_sigterm(worker, cast):
    order = place(cast).order
    with atomic():
        order.due_at = now() - timedelta(seconds=1)
    assert expires(order)
    worker.send_signal(signal.SIGTERM)
    assert worker.process.wait(timeout=5) == 0


WAITS_FOR_ITS_LOCK = """
    select count(*) from pg_locks where not granted and relation = 'order_changes'::regclass
    and database = (select oid from pg_database where datname = current_database())
"""


@pytest.mark.parametrize("backend", ["postgresql"])
def test_it_forgets_nothing_when_it_is_killed_in_the_middle_of_it(app, cast):
    """Trap: Huey takes a task off its queue before it runs it. What is due is a row, which is due until it was done."""
    order = place(cast).order
    with Worker(app.config["PASSLINE"]) as worker:
        # It can move the order, and not write its history.
        with db.engine.begin() as connection:
            connection.exec_driver_sql("lock table order_changes in exclusive mode")
            with atomic():
                order.due_at = now() - timedelta(seconds=1)
            eventually(lambda: connection.exec_driver_sql(WAITS_FOR_ITS_LOCK).scalar(), timeout=60)
            worker.kill()
        assert status_of(order) == "placed"
        worker.start()
        assert expires(order)


def test_an_offer_lapses_though_the_worker_was_killed_meanwhile(app, cast):
    ticket = ticket_in(cast, "offered")
    on_duty(cast.other_driver, *COUNTER)
    with Worker(app.config["PASSLINE"]) as worker:
        worker.kill()
        with atomic() as session:
            session.execute(update(TicketOffer).where(TicketOffer.ticket_id == ticket.id).values(lapses_at=now()))
            session.execute(update(Ticket).where(Ticket.id == ticket.id).values(due_at=now()))
        # Nobody is there to say so, and it has lapsed all the same.
        with pytest.raises(OfferLapsed):
            offers.accept(ticket, by=cast.driver)
        worker.start()
        eventually(lambda: asked(ticket) == [(cast.driver.id, "lapsed"), (cast.other_driver.id, "open")], timeout=60)


def asked(ticket):
    """Who was asked for it, in turn, and what came of it."""
    db.session.rollback()
    query = select(TicketOffer).where(TicketOffer.ticket_id == ticket.id).order_by(TicketOffer.id)
    found = db.session.scalars(query.execution_options(populate_existing=True))
    return [(offer.driver_id, offer.status) for offer in found]


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


class Taught(Worker):
    """A worker that knows the kinds of jobs of tests as well."""

    module = ("tests.jobs.taught",)


def ask_for(monkeypatch, kind, key, payload):
    monkeypatch.setattr(jobs, "KINDS", {**jobs.KINDS, **deeds.KINDS})
    with atomic() as session:
        return jobs.add(session, kind, key, payload)


def seen(job):
    db.session.rollback()
    db.session.refresh(job)
    return job


def test_a_job_of_a_killed_worker_runs_again_and_has_its_effect_once(app, monkeypatch, tmp_path):
    runs = tmp_path / "runs"

    def has_run() -> bool:
        return runs.exists() and bool(runs.read_text())

    with Taught(app.config["PASSLINE"]) as worker:
        job = ask_for(monkeypatch, "be_killed", "1", {"mark": "killed", "runs": str(runs)})
        eventually(has_run, timeout=60)
        worker.kill()
        assert (seen(job).status, job.attempts, deeds.marks()) == ("running", 1, ["killed"])
        worker.start()
        eventually(lambda: seen(job).status == "done", timeout=60)
        # The threads of both queues live, and the schedule ran.
        eventually(lambda: "prune_log" in scheduled_runs.runs(), timeout=60)
        assert (job.attempts, runs.read_text(), deeds.marks()) == (2, "xx", ["killed"])
        # One that runs does not hold it up for long.
        runs.unlink()
        job = ask_for(monkeypatch, "be_killed", "2", {"mark": "stopped", "runs": str(runs)})
        eventually(has_run, timeout=60)
        worker.send_signal(signal.SIGTERM)
        assert worker.process.wait(timeout=5) == 0
        assert seen(job).status == "running"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_worker_of_one_queue_leaves_the_others_alone_and_says_so(app, monkeypatch):
    class ForPayments(Taught):
        module = (*Taught.module, "payments")

    with ForPayments(app.config["PASSLINE"]) as worker:
        job = ask_for(monkeypatch, "break", "1", {})
        other = ask_for(monkeypatch, "leave_a_mark", "1", {"mark": "1"})
        eventually(lambda: seen(job).last_error, timeout=60)
        assert (job.last_error, seen(other).status) == ("ValueError: it is broken", "waiting")
        assert [row.queues for row in job_queues.workers(now())] == [("payments",)]
        worker.send_signal(signal.SIGINT)
        assert worker.process.wait(timeout=5) == 0


def test_a_queue_that_is_not_there_is_refused():
    with pytest.raises(SystemExit, match="There is no queue 'sms'"):
        main(["payments", "sms"])


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
