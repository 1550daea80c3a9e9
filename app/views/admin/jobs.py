"""Jobs: how the queues stand and who serves them, what runs, waits or has failed, the schedule; retry and discard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, case, or_, select

from app.contract.times import now
from app.domain import job_queues, job_runs
from app.domain.scheduled_runs import SCHEDULE, Timing, runs
from app.extensions import db
from app.models import Job, Process, ScheduledRun
from app.views import loading
from app.views.formats import remember_position
from app.views.loading import person
from app.views.refusals import flashed

from . import BIGGEST_ID, bp

# More than anybody looks through; what calls for a person comes first.
_MOST = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the schedule; `run` is its last one, if it has ever run."""

    name: str
    timing: Timing
    run: ScheduledRun | None
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Sheet:
    """All of the page. A list that is as long as it may be is cut."""

    queues: Sequence[job_queues.Standing]
    workers: Sequence[Process]
    failed: Sequence[Job]
    running: Sequence[Job]
    waiting: Sequence[Job]
    schedule: Sequence[Entry]
    most: int = _MOST


@bp.get("/jobs")
def jobs() -> str:
    remember_position()
    return render_template("admin/jobs.html", sheet=_sheet(now()))


@bp.get("/jobs/sheet")
def jobs_sheet() -> str:
    return render_template("admin/_jobs.html", sheet=_sheet(now()))


@bp.post(f"/jobs/<int(max={BIGGEST_ID}):job_id>/retry")
def job_retry(job_id: int) -> ResponseReturnValue:
    job = loading.one(select(Job).where(Job.id == job_id))
    with flashed():
        job_runs.retry(job, by=person())
    return redirect(url_for("admin.jobs"), 303)


@bp.post(f"/jobs/<int(max={BIGGEST_ID}):job_id>/discard")
def job_discard(job_id: int) -> ResponseReturnValue:
    job = loading.one(select(Job).where(Job.id == job_id))
    with flashed():
        job_runs.discard(job, by=person())
    return redirect(url_for("admin.jobs"), 303)


def _sheet(at: datetime) -> Sheet:
    waits = Job.status == "waiting"
    has_failed = or_(Job.status == "dead", waits & Job.last_error.is_not(None))
    dead_first = case((Job.status == "dead", 0), else_=1)
    return Sheet(
        queues=job_queues.standings(at),
        workers=job_queues.workers(at),
        failed=_rows(select(Job).where(has_failed).order_by(dead_first, Job.id.desc())),
        running=_rows(select(Job).where(Job.status == "running").order_by(Job.started_at, Job.id)),
        waiting=_rows(select(Job).where(waits, Job.last_error.is_(None)).order_by(Job.due_at, Job.id)),
        schedule=_schedule(at),
    )


def _rows(query: Select[Job]) -> Sequence[Job]:
    return db.session.scalars(query.limit(_MOST)).all()


def _schedule(at: datetime) -> Sequence[Entry]:
    last = runs()
    return [Entry(name, timing, last.get(name), timing.following(at)) for name, timing in SCHEDULE.items()]
