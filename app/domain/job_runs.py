"""A job's way from waiting to its end: handed to Huey, claimed by one worker, ended by that attempt, or by a person.

Huey may lose what it was handed, or hand it to two workers: the row alone decides. Whoever moves it from waiting to
running has it until its lease is over, and an attempt whose lease ran out counts as failed. An attempt is fenced by its
number and its instant (a person who retries has the numbers begin anew): who comes late ends nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Row, Select, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from app.contract.times import iso, now
from app.errors import Conflict
from app.extensions import atomic, db
from app.language import N_
from app.language import gettext as _
from app.models import Job
from app.models.job import OPEN

from . import audit
from .actor import Actor
from .job_errors import told
from .jobs import KINDS, Kind
from .locks import hold

# What was handed to Huey and is still waiting by then is handed to it again: it may be lost.
HAND_AGAIN = timedelta(seconds=5)
LOST = N_("Its worker was lost.")
_BATCH = 200
_UNSYNCHRONIZED = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt of one job. `attempt` counts from 1."""

    id: int
    kind: str
    key: str
    payload: dict[str, Any]
    attempt: int
    started_at: datetime


# -- by the worker -------------------------------------------------------------------------------------------------


def to_hand_out(queue: str, *, most: int) -> Sequence[int]:
    """The jobs of `queue` that are due and not on their way, those first that were never handed out; `most` of them."""
    at = now()
    query = select(Job.id).where(OPEN, Job.queue == queue, Job.due_at <= at, _is_not_on_its_way(at))
    found = db.session.scalars(query.order_by(Job.handed_at.is_not(None), Job.due_at, Job.id).limit(most)).all()
    db.session.rollback()
    return found


def hand_out(ids: Sequence[int]) -> Sequence[int]:
    """Note that these go to Huey now; those that nobody else has handed out meanwhile, in their order."""
    if not ids:
        return []
    at = now()
    with atomic() as session:
        mine = update(Job).where(Job.id.in_(ids), _is_not_on_its_way(at)).values(handed_at=at).returning(Job.id)
        won = set(session.scalars(mine.execution_options(**_UNSYNCHRONIZED)))
    return [id for id in ids if id in won]


def claim(job_id: int) -> Claim | None:
    """Have a job that waits and is due, for as long as its kind's lease; None when it is not there for us."""
    at = now()
    job = db.session.execute(_facts().where(Job.id == job_id)).one_or_none()
    db.session.rollback()
    if job is None:
        return None
    with atomic() as session:
        taken = session.execute(
            update(Job)
            .where(Job.id == job_id, Job.status == "waiting", Job.due_at <= at)
            .values(
                status="running",
                attempts=Job.attempts + 1,
                started_at=at,
                due_at=at + timedelta(seconds=_kind(job.kind).lease),
            )
            .returning(Job.attempts)
            .execution_options(**_UNSYNCHRONIZED)
        ).one_or_none()
    if taken is None:
        return None
    return Claim(job.id, job.kind, job.key, orjson.loads(job.payload), taken.attempts, at)


def finish(claim: Claim) -> bool:
    """It ran to its end; False when this attempt has lost the job."""
    with atomic() as session:
        return _end(session, claim, status="done", finished_at=now(), last_error=None)


def fail(claim: Claim, error: Exception) -> str | None:
    """It failed: `waiting` for its next attempt, or `dead`; None when this attempt has lost the job."""
    with atomic() as session:
        return _fail(session, claim, told(error))


def give_up_lost(queue: str) -> int:
    """Count the attempts of `queue` whose lease is over as failed; how many."""
    over = _facts().where(OPEN, Job.queue == queue, Job.status == "running", Job.due_at <= now())
    # In one order everywhere, as any rows that one transaction holds.
    over = over.order_by(Job.id).limit(_BATCH)
    found = db.session.execute(over).all()
    db.session.rollback()
    if not found:
        return 0
    with atomic() as session:
        # Whoever ended it meanwhile has moved it on, and the fence finds nothing.
        return sum(_fail(session, _as_claimed(row), LOST) is not None for row in found)


def _fail(session: Session, claim: Claim, error: str) -> str | None:
    pauses, at = _kind(claim.kind).pauses, now()
    if claim.attempt > len(pauses):
        has = _end(session, claim, status="dead", finished_at=at, last_error=error)
        return "dead" if has else None
    due_at = at + timedelta(seconds=pauses[claim.attempt - 1])
    has = _end(session, claim, status="waiting", due_at=due_at, handed_at=None, last_error=error)
    return "waiting" if has else None


def _end(session: Session, claim: Claim, **values: Any) -> bool:
    mine = and_(Job.id == claim.id, Job.status == "running")
    fence = and_(Job.attempts == claim.attempt, Job.started_at == claim.started_at)
    ended = session.execute(update(Job).where(mine, fence).values(**values).execution_options(**_UNSYNCHRONIZED))
    return bool(ended.rowcount)  # type: ignore[attr-defined]


def _kind(name: str) -> Kind:
    # One that an older version has written, and this one does not know any more, fails as any other.
    return KINDS.get(name) or Kind("default")


def _is_not_on_its_way(at: datetime) -> Any:
    return and_(Job.status == "waiting", or_(Job.handed_at.is_(None), Job.handed_at <= at - HAND_AGAIN))


def _facts() -> Select[*tuple[Any, ...]]:
    """What a claim is made of. Columns, not the row: it was read before it was taken, and is no truth to keep."""
    return select(Job.id, Job.kind, Job.key, Job.payload, Job.attempts, Job.started_at)


def _as_claimed(row: Row[*tuple[Any, ...]]) -> Claim:
    return Claim(row.id, row.kind, row.key, {}, row.attempts, row.started_at)


# -- by a person ---------------------------------------------------------------------------------------------------


def retry(job: Job, *, by: Actor) -> None:
    """Have it run now, with all its attempts before it again: one that is dead, discarded, or waits for its next try.

    Refuses with Conflict one that runs or is done.
    """
    _move(
        job,
        ("dead", "discarded", "waiting"),
        "job.retried",
        by,
        status="waiting",
        attempts=0,
        due_at=now(),
        handed_at=None,
        finished_at=None,
    )


def discard(job: Job, *, by: Actor) -> None:
    """Have it never run. Refuses with Conflict one that runs or is done."""
    _move(job, ("waiting", "dead"), "job.discarded", by, status="discarded", finished_at=now())


def _move(job: Job, from_: Sequence[str], action: str, by: Actor, **values: Any) -> None:
    with atomic() as session:
        hold(session, job)
        if job.status not in from_:
            raise Conflict(_("This job is %(status)s by now.", status=_(job.status)))
        before = _said(job)
        for name, value in values.items():
            setattr(job, name, value)
        session.flush()
        subject = ("job", job.id, f"{job.kind} {job.key}")
        audit.record(session, action, by=by, subject=subject, before=before, after=_said(job))


def _said(job: Job) -> dict[str, Any]:
    return {"status": job.status, "attempts": job.attempts, "due_at": iso(job.due_at)}


def forget(before: datetime, *, most: int = 5000) -> int:
    """Drop up to `most` jobs that were done or discarded before `before`; how many went. Dead ones stay."""
    with atomic() as session:
        old = select(Job.id).where(Job.finished_at < before, Job.status.in_(("done", "discarded"))).limit(most)
        gone = session.execute(delete(Job).where(Job.id.in_(old)).execution_options(**_UNSYNCHRONIZED))
    return int(gone.rowcount)  # type: ignore[attr-defined]
