"""Old rows of the event log go, what was kept for screens that come back to it, and where drivers were.

A client that was away longer than the log is kept reloads its page instead.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import current_app

from app.contract.times import now
from app.domain import fixes, log, recoveries


def prune_log() -> int:
    """Drop what is older than LOG_RETENTION_HOURS, in short transactions; how many rows went."""
    return _drop(log.prune)


def forget_recoveries() -> int:
    """Drop what was last used longer ago than that; how many rows went."""
    return _drop(recoveries.forget)


def forget_positions() -> int:
    """Drop where drivers were more than a day ago; how many rows went."""
    return fixes.forget(now() - fixes.KEPT)


def _drop(some: Callable[[datetime], int]) -> int:
    hours = current_app.config["PASSLINE"].log_retention_hours
    before = now() - timedelta(hours=hours)
    total = 0
    while dropped := some(before):
        total += dropped
    return total
