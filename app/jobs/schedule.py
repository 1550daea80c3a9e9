"""What runs by the clock: each second the slots that are due go to Huey, and whoever claims a slot's row runs it.

When each is due stands in app/domain/scheduled_runs.py; a test holds the two together. Each job is a function without
arguments that answers how much it has done, looks at all there is, and may run twice unharmed.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pkgutil import resolve_name

import structlog
from flask import Flask
from huey import Huey

from app.contract.times import now
from app.domain import scheduled_runs
from app.extensions import db

_log = structlog.get_logger(__name__)
# A slot that was handed to Huey and is still due by then is handed to it again.
_HAND_AGAIN = timedelta(seconds=5)

JOBS: Mapping[str, str] = {
    "check_expired_sessions": "app.jobs.wifi:check_expired",
    "sync_radius_accounting": "app.jobs.wifi:sync_accounting",
    "prune_log": "app.jobs.pruning:prune_log",
    "forget_recoveries": "app.jobs.pruning:forget_recoveries",
    "forget_positions": "app.jobs.pruning:forget_positions",
    "forget_idempotency_keys": "app.jobs.forgetting:forget_idempotency_keys",
    "forget_links": "app.jobs.forgetting:forget_links",
    "forget_receipts": "app.jobs.pruning:forget_receipts",
    "forget_jobs": "app.jobs.pruning:forget_jobs",
}


def job(name: str) -> Callable[[], int]:
    """The function of an entry of the schedule."""
    found: Callable[[], int] = resolve_name(JOBS[name])
    return found


class Schedule:
    """The schedule as one worker keeps it, by one of Huey's queues."""

    def __init__(self, app: Flask, huey: Huey) -> None:
        self._handed: dict[str, datetime] = {}

        @huey.task(name="scheduled")
        def task(name: str) -> None:
            run(app, name)

        self._task = task

    def hand_out(self) -> int:
        """Hand what is due to Huey; how many. Not again and again while it is on its way."""
        at = now()
        names = [name for name in scheduled_runs.due(at) if not self._is_on_its_way(name, at)]
        for name in names:
            self._task(name)
            self._handed[name] = at
        return len(names)

    def _is_on_its_way(self, name: str, at: datetime) -> bool:
        handed_at = self._handed.get(name)
        return handed_at is not None and handed_at > at - _HAND_AGAIN


def run(app: Flask, name: str) -> None:
    """Run this entry for the slot that it is now, unless somebody has or had it."""
    with app.app_context():
        started_at = now()
        if not scheduled_runs.begin(name, at=started_at):
            return
        try:
            rows = job(name)()
        except Exception as error:  # noqa: BLE001  (the row says what it was, and the next slot comes)
            db.session.rollback()
            scheduled_runs.fail(name, started_at=started_at, at=now(), error=error)
            _log.warning("schedule.failed", job=name, exc_info=error)
        else:
            scheduled_runs.end(name, started_at=started_at, at=now(), rows=rows)
            # Several run each minute, and nearly always there is nothing to do.
            (_log.info if rows else _log.debug)("schedule.done", job=name, rows=rows)
