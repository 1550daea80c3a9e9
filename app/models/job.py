"""Jobs: what shall happen after a commit, as rows of our own, so that no crash of a queue loses any.

A row is written in the transaction of what it follows from (domain/jobs.py). `status` says where it is:

    waiting    it is to run from `due_at` on; the sweeper hands it to Huey then (`handed_at`), and again should Huey
               have lost it
    running    a worker took it; until `due_at` it is that worker's, afterwards the worker counts as gone
    done       it ran to its end
    dead       it failed as often as it may; a person retries or discards it
    discarded  a person decided that it shall not run

`attempts` and `started_at` fence: only the attempt that took a row may end it.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.contract.times import now
from app.extensions import Model

from .columns import Instant, Key, choice

STATUSES = ("waiting", "running", "done", "dead", "discarded")
# Word for word as in the index: with parameters in it neither database would see that the index is enough.
OPEN = text("status in ('waiting', 'running')")


class Job(Model):
    """One thing to do. `kind` and `key` together are done once, however often they are asked for."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("status in ('waiting', 'running', 'done', 'dead', 'discarded')", name="status"),
        CheckConstraint("queue in ('default', 'payments')", name="queue"),
        CheckConstraint("attempts >= 0", name="attempts"),
        UniqueConstraint("kind", "key"),
        # The sweeper asks each second which are due; the admin's page which are open or dead.
        Index(
            "ix_jobs_open_due_at",
            "due_at",
            postgresql_where=OPEN,
            sqlite_where=OPEN,
        ),
        Index("ix_jobs_status_id", "status", "id"),
        Index("ix_jobs_finished_at", "finished_at", postgresql_where=text("finished_at is not null")),
    )

    id: Mapped[Key]
    queue: Mapped[str] = mapped_column(choice())
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(120))
    # JSON text: ids of rows, never a secret.
    payload: Mapped[str] = mapped_column(Text, default="{}")
    status: Mapped[str] = mapped_column(choice(), default="waiting")
    due_at: Mapped[datetime] = mapped_column(Instant, default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    # When it was last put onto Huey's queue; None since it became waiting.
    handed_at: Mapped[datetime | None] = mapped_column(Instant)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class ScheduledRun(Model):
    """When a job of the schedule last ran; one row for each. Whoever moves `started_at` on is who runs it."""

    __tablename__ = "scheduled_runs"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    rows: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(500))
