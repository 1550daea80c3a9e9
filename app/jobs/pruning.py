"""Old rows go: of the event log and what was kept for screens that come back to it, drivers' places, receipts, jobs.

A client that was away longer than the log is kept reloads its page instead.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import current_app

from app.contract.times import now
from app.domain import fixes, job_runs, log, receipts, recoveries

# How long a job that is over can still be looked at.
_JOBS_KEPT = timedelta(days=7)


def prune_log() -> int:
    """Drop what is older than LOG_RETENTION_HOURS, in short transactions; how many rows went."""
    return _drop(log.prune, _retention())


def forget_recoveries() -> int:
    """Drop what was last used longer ago than that; how many rows went."""
    return _drop(recoveries.forget, _retention())


def forget_positions() -> int:
    """Drop where drivers were more than a day ago, in short transactions; how many rows went."""
    return _drop(fixes.forget, fixes.KEPT)


def forget_receipts() -> int:
    """Drop what screens had drawn a month ago, in short transactions; how many rows went."""
    return _drop(receipts.forget, receipts.KEPT)


def forget_jobs() -> int:
    """Drop jobs that were done or discarded a week ago, in short transactions; how many went."""
    return _drop(job_runs.forget, _JOBS_KEPT)


def _retention() -> timedelta:
    return timedelta(hours=current_app.config["PASSLINE"].log_retention_hours)


def _drop(some: Callable[[datetime], int], kept: timedelta) -> int:
    before = now() - kept
    total = 0
    while dropped := some(before):
        total += dropped
    return total
