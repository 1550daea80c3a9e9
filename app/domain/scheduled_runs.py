"""The schedule: what runs every so many minutes, and which of its slots have been run, as rows.

A slot belongs to whoever moves the row's `started_at` past its beginning, so that of any number of workers one runs it.
Who comes after a time without any worker finds the last slot unrun, and runs it once: each job looks at all there is,
so that slots before that one are not missed. A run that was lost in the middle is run again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.extensions import atomic, db
from app.language import N_
from app.models import ScheduledRun

from .job_errors import told

# A run that was begun so long ago and has not ended was lost. It is also how long one may take.
LOST = timedelta(minutes=2)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNSYNCHRONIZED = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Timing:
    """Every `every` minutes, `offset` minutes after the full ones; `words` say to people what it is."""

    words: str
    every: int
    offset: int = 0

    def slot(self, at: datetime) -> datetime:
        """The beginning of the slot that `at` is in."""
        return at - (at - _EPOCH - timedelta(minutes=self.offset)) % timedelta(minutes=self.every)

    def following(self, at: datetime) -> datetime:
        """The beginning of the next one."""
        return self.slot(at) + timedelta(minutes=self.every)


# Which function runs each stands in app/jobs/schedule.py; a test holds the two together.
SCHEDULE: Mapping[str, Timing] = {
    "check_expired_sessions": Timing(N_("Check expired Wi-Fi sessions"), 1),
    "sync_radius_accounting": Timing(N_("Sync RADIUS accounting"), 5),
    "prune_log": Timing(N_("Drop old events from the log"), 5, 2),
    "forget_recoveries": Timing(N_("Forget screens that never came back"), 5, 3),
    "forget_positions": Timing(N_("Forget where drivers were"), 5, 4),
    "forget_idempotency_keys": Timing(N_("Forget idempotency keys"), 60, 17),
    "forget_links": Timing(N_("Forget links of accounts that led nowhere"), 60, 23),
    "forget_receipts": Timing(N_("Forget what screens drew a month ago"), 60, 29),
    "forget_jobs": Timing(N_("Forget jobs that were done a week ago"), 60, 41),
}


def runs() -> Mapping[str, ScheduledRun]:
    """The last run of each, by name; of those that have run."""
    return {run.name: run for run in db.session.scalars(select(ScheduledRun))}


def due(at: datetime) -> Sequence[str]:
    """Those whose slot of `at` has not been run, or was lost."""
    last = {
        name: (started_at, finished_at)
        for name, started_at, finished_at in db.session.execute(
            select(ScheduledRun.name, ScheduledRun.started_at, ScheduledRun.finished_at)
        )
    }
    db.session.rollback()
    return [name for name, timing in SCHEDULE.items() if name not in last or _is_due(*last[name], timing, at)]


def _is_due(started_at: datetime, finished_at: datetime | None, timing: Timing, at: datetime) -> bool:
    return started_at <= at - LOST if finished_at is None else started_at < timing.slot(at)


def begin(name: str, *, at: datetime) -> bool:
    """Have the run of the slot of `at`; False when somebody else has it or had it."""
    slot = SCHEDULE[name].slot(at)
    row = {"name": name, "started_at": at, "finished_at": None, "rows": None, "error": None}
    ended_before = ScheduledRun.finished_at.is_not(None) & (ScheduledRun.started_at < slot)
    was_lost = ScheduledRun.finished_at.is_(None) & (ScheduledRun.started_at <= at - LOST)
    with atomic() as session:
        is_sqlite = session.connection().dialect.name == "sqlite"
        new = (sqlite if is_sqlite else postgresql).insert(ScheduledRun.__table__).values(row)
        mine: Insert = new.on_conflict_do_update(index_elements=["name"], set_=row, where=or_(ended_before, was_lost))
        return session.execute(mine.returning(ScheduledRun.name)).one_or_none() is not None


def end(name: str, *, started_at: datetime, at: datetime, rows: int) -> None:
    """The run that began at `started_at` is over; `rows` is what it has done."""
    _end(name, started_at, finished_at=at, rows=rows)


def fail(name: str, *, started_at: datetime, at: datetime, error: Exception) -> None:
    """It failed. The next slot comes all the same."""
    _end(name, started_at, finished_at=at, error=told(error))


def _end(name: str, started_at: datetime, **values: object) -> None:
    mine = update(ScheduledRun).where(ScheduledRun.name == name, ScheduledRun.started_at == started_at)
    with atomic() as session:
        session.execute(mine.values(**values).execution_options(**_UNSYNCHRONIZED))
