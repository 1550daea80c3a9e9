"""The one list of what Huey runs by the clock. Each job is a function without arguments that may run twice unharmed."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from flask import Flask
from huey import Huey, crontab

from . import forgetting, pruning

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A job and the minutes of the hour in which it runs (cron's words)."""

    job: Callable[[], int]
    minute: str


SCHEDULE = (
    Scheduled(pruning.prune_log, "*/5"),
    Scheduled(pruning.forget_recoveries, "*/5"),
    Scheduled(pruning.forget_positions, "*/5"),
    Scheduled(forgetting.forget_idempotency_keys, "17"),
    Scheduled(forgetting.forget_links, "23"),
)


def register(queue: Huey, app: Flask) -> None:
    """Hand the list to `queue`; each job runs inside a context of `app`."""
    for scheduled in SCHEDULE:
        task = _in_context(app, scheduled.job)
        queue.periodic_task(crontab(minute=scheduled.minute), name=scheduled.job.__name__)(task)


def _in_context(app: Flask, job: Callable[[], int]) -> Callable[[], None]:
    def run() -> None:
        with app.app_context():
            _log.info("job.done", job=job.__name__, rows=job())

    return run
