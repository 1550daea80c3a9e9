"""`flask demo drive`: a step of every rider and regular each second, until the process is told to end."""

import threading
import time
from collections.abc import Callable

import structlog
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db

from . import regulars, riders

PERIOD = 1.0
_log = structlog.get_logger(__name__)


def run(*, say: Callable[[str], None], stop: threading.Event | None = None) -> None:
    """Go on until `stop` is set; a database that is away makes it late, never wrong."""
    stop = stop or threading.Event()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    hired = riders.hire()
    db.session.remove()
    say(f"{len(hired)} riders are on the road.")
    while not stop.is_set():
        began = time.monotonic()
        # A context for each second: whatever it read is forgotten with it.
        with app.app_context():
            try:
                regulars.step()
                riders.step(hired)
            except SQLAlchemyError as error:
                db.session.rollback()
                _log.error("drive.late", error=str(error.__cause__ or error))
        stop.wait(max(0.0, PERIOD - (time.monotonic() - began)))
