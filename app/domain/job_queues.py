"""How the queues of jobs stand: what waits, runs and is dead in each, which workers serve it, and whether any does.

What is due waits for a second when all is well. Jobs that have been due for a minute mean that nobody works on them,
which admins are told on every page of theirs, and whoever asks the doctor.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import case, exists, func, select

from app.contract.times import now
from app.extensions import db
from app.language import gettext as _
from app.language import ngettext
from app.models import Job, Process
from app.models.job import OPEN
from app.models.process import GONE

from .jobs import QUEUES

LATE = timedelta(minutes=1)
# So much, while jobs are being done: there are too many for the workers that there are.
BEHIND = timedelta(minutes=10)
START = "python -m app.jobs"


@dataclass(frozen=True, slots=True)
class Standing:
    """One queue. `due` are those of `waiting` whose time has come; `oldest` is the time of the longest overdue."""

    queue: str
    workers: Sequence[Process]
    waiting: int
    due: int
    oldest: datetime | None
    running: int
    dead: int


@dataclass(frozen=True, slots=True)
class Neglect:
    """A queue that is not worked on as it should be. `seen` and `mend` are sentences for people."""

    queue: str
    jobs: int
    oldest: datetime
    fault: Literal["unserved", "stuck", "behind"]

    @property
    def seen(self) -> str:
        """What is wrong with it."""
        wait = ngettext("%(num)s job waits", "%(num)s jobs wait", self.jobs)
        match self.fault:
            case "unserved":
                return _("%(wait)s and no worker serves the queue.", wait=wait)
            case "stuck":
                return _("%(wait)s, and the worker that lives takes none of them.", wait=wait)
        return _("%(wait)s: more comes than the workers get done.", wait=wait)

    @property
    def mend(self) -> str:
        """What is to be done about it."""
        match self.fault:
            case "unserved":
                return _("Start one: %(command)s", command=START)
            case "stuck":
                return _("See its log, then end it and start it again.")
        return _("Start another one: %(command)s", command=f"{START} {self.queue}")


def workers(at: datetime) -> Sequence[Process]:
    """The workers that live, the oldest first."""
    alive = select(Process).where(Process.kind == "worker", Process.seen_at >= at - GONE)
    return db.session.scalars(alive.order_by(Process.started_at)).all()


def standings(at: datetime) -> Sequence[Standing]:
    """Every queue as it is at `at`."""
    alive = workers(at)
    is_due = (Job.status == "waiting") & (Job.due_at <= at)
    counts = (
        select(
            Job.queue,
            func.count(case((Job.status == "waiting", 1))).label("waiting"),
            func.count(case((is_due, 1))).label("due"),
            func.min(case((is_due, Job.due_at))).label("oldest"),
            func.count(case((Job.status == "running", 1))).label("running"),
            func.count(case((Job.status == "dead", 1))).label("dead"),
        )
        .where(Job.status.in_(("waiting", "running", "dead")))
        .group_by(Job.queue)
    )
    found = {queue: numbers for queue, *numbers in db.session.execute(counts)}
    return [Standing(queue, _serving(alive, queue), *found.get(queue, (0, 0, None, 0, 0))) for queue in QUEUES]


def neglected(at: datetime | None = None) -> Sequence[Neglect]:
    """The queues that nobody works on, or too few, at `at` (now). One look into an index where all is well."""
    at = at or now()
    late = select(Job.queue, func.count(Job.id), func.min(Job.due_at)).where(OPEN, Job.due_at <= at - LATE)
    found = db.session.execute(late.group_by(Job.queue).order_by(Job.queue)).all()
    return list(_judged(found, at)) if found else []


def _judged(found: Sequence[tuple[str, int, datetime]], at: datetime) -> Iterator[Neglect]:
    alive = workers(at)
    for queue, jobs, oldest in found:
        if not _serving(alive, queue):
            yield Neglect(queue, jobs, oldest, "unserved")
        elif not _was_begun(queue, at - LATE):
            yield Neglect(queue, jobs, oldest, "stuck")
        elif oldest <= at - BEHIND:
            yield Neglect(queue, jobs, oldest, "behind")


def _serving(alive: Sequence[Process], queue: str) -> Sequence[Process]:
    return [worker for worker in alive if queue in worker.queues]


def _was_begun(queue: str, since: datetime) -> bool:
    return bool(db.session.scalar(select(exists().where(Job.queue == queue, Job.started_at > since))))
