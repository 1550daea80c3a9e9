"""The queues of jobs: how much waits in each, since when, what is dead, and whether a worker serves it."""

from collections.abc import Iterator

from app.contract.times import now
from app.domain import job_queues
from app.extensions import db

from .finding import Finding, ok, unsure, wrong
from .processes import Living

LINKS = ("queue default", "queue payments")


def look(alive: Living) -> Iterator[Finding]:
    """One finding for each queue. That no worker lives at all is another link's fault, as long as nothing waits."""
    at = now()
    neglected = {each.queue: each for each in job_queues.neglected(at)}
    found = [_judged(each, neglected.get(each.queue), alive) for each in job_queues.standings(at)]
    db.session.rollback()
    yield from found


def _judged(queue: job_queues.Standing, neglect: job_queues.Neglect | None, alive: Living) -> Finding:
    link = f"queue {queue.queue}"
    depth = f"{queue.due} due, {queue.waiting - queue.due} later, {queue.running} running, {queue.dead} dead"
    if queue.oldest is not None:
        depth += f", the oldest due for {(now() - queue.oldest).total_seconds():.0f} s"
    if neglect is not None:
        return wrong(link, f"{neglect.seen} ({depth})", neglect.mend)
    if queue.dead:
        return wrong(link, f"{depth}: dead ones need a person", "retry or discard them at /admin/jobs")
    if queue.workers:
        return ok(link, f"{depth}; {', '.join(row.name for row in queue.workers)} serves it")
    if not alive.of("worker"):
        return unsure(link, f"{depth}; no worker lives")
    return wrong(link, f"{depth}; the worker that lives serves other queues", f"start one: {job_queues.START}")
