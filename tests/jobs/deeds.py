"""Kinds of jobs that tests alone know. What each leaves behind is a row that it makes by a key: once."""

import threading
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from app.contract.times import now
from app.domain import jobs
from app.domain.jobs import Kind
from app.extensions import atomic, db
from app.jobs import work
from app.models import Job

KINDS = {
    "leave_a_mark": Kind("default"),
    "be_killed": Kind("payments", lease=2, pauses=(0, 0)),
    "break": Kind("payments", pauses=(5,)),
    "mark": Kind("default"),
}
WORK = {
    "leave_a_mark": "tests.jobs.deeds:leave_a_mark",
    "be_killed": "tests.jobs.deeds:be_killed",
    "break": "tests.jobs.deeds:break_down",
    "mark": "tests.jobs.deeds:leave_a_mark",
}


def teach() -> None:
    """Have this process know them."""
    jobs.KINDS.update(KINDS)  # type: ignore[attr-defined]
    work.WORK.update(WORK)


def leave_a_mark(payload):
    with atomic() as session:
        jobs.add(session, "mark", payload["mark"], {}, due_at=now() + timedelta(days=1))


def be_killed(payload):
    """Do it, and never come back from it the first time; each run leaves a letter in a file."""
    runs = Path(payload["runs"])
    is_first = not runs.exists()
    leave_a_mark(payload)
    with runs.open("a") as file:
        file.write("x")
    if is_first:
        threading.Event().wait()


def break_down(payload):
    raise ValueError("it is broken")


def marks():
    """What was done."""
    db.session.rollback()
    return db.session.scalars(select(Job.key).where(Job.kind == "mark").order_by(Job.id)).all()
