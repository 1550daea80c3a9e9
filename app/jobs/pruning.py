"""Old rows of the event log go: a client that was away longer than the log is kept reloads its page instead."""

from datetime import timedelta

from flask import current_app

from app.contract.times import now
from app.domain import log


def prune_log() -> int:
    """Drop what is older than LOG_RETENTION_HOURS, in short transactions; how many rows went."""
    hours = current_app.config["PASSLINE"].log_retention_hours
    before = now() - timedelta(hours=hours)
    total = 0
    while pruned := log.prune(before):
        total += pruned
    return total
