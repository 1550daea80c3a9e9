"""One attempt of one job: claim its row, do it, say how it ended. Nothing is decided here by what Huey says."""

import structlog
from flask import Flask

from app.domain import job_runs
from app.extensions import db

from . import work

_log = structlog.get_logger(__name__)


def run(app: Flask, job_id: int) -> None:
    """Run the job, if it is there for us."""
    with app.app_context():
        claim = job_runs.claim(job_id)
        if claim is not None:
            _do(claim)


def _do(claim: job_runs.Claim) -> None:
    said = {"kind": claim.kind, "key": claim.key, "attempt": claim.attempt}
    try:
        work.of(claim.kind)(claim.payload)
        is_ours = job_runs.finish(claim)
    except Exception as error:  # noqa: BLE001  (whatever it is, the row says so and the job is tried again)
        db.session.rollback()
        became = job_runs.fail(claim, error)
        _log.warning("job.failed", **said, became=became, exc_info=error)
    else:
        _log.info("job.done" if is_ours else "job.done_too_late", **said)
