"""Once a second: orders, payments, offers, promises and accesses whose time has come. It waits for no queue.

A database that is away makes it late, never wrong: it looks again with the next second.
"""

import threading
import time
from collections.abc import Callable, Sequence

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.domain import access, acting, availability, busy, order_deadlines, payment_deadlines, ticket_deadlines
from app.extensions import db

_log = structlog.get_logger(__name__)
PERIOD = 1.0
ACTS: Sequence[Callable[[], int]] = (
    order_deadlines.act_on_due,
    payment_deadlines.act_on_due,
    ticket_deadlines.act_on_due,
    ticket_deadlines.renew_promises,
    access.end_expired,
    acting.stop_overdue,
    busy.end_due,
    availability.return_due,
)


def run(
    app: Flask,
    stop: threading.Event,
    looked: Callable[[], None] = lambda: None,
    acts: Sequence[Callable[[], int]] = ACTS,
) -> None:
    """Look once a second until `stop` is set; call `looked` after each look."""
    while not stop.is_set():
        started = time.monotonic()
        look(app, acts)
        looked()
        stop.wait(max(0.0, PERIOD - (time.monotonic() - started)))


def look(app: Flask, acts: Sequence[Callable[[], int]] = ACTS) -> None:
    """One look: act on what is due."""
    with app.app_context():
        for act in acts:
            try:
                done = act()
            except SQLAlchemyError as error:
                db.session.rollback()
                _log.error("deadlines.late", doing=_name(act), error=str(error.__cause__ or error))
            except Exception:  # noqa: BLE001
                # Nobody else would expire an order: the loop outlives even what nobody thought of.
                db.session.rollback()
                _log.exception("deadlines.failed", doing=_name(act))
            else:
                if done:
                    # A job that is handed out says itself what came of it.
                    (_log.info if act in ACTS else _log.debug)("deadlines.done", doing=_name(act), rows=done)


def _name(act: Callable[[], int]) -> str:
    return f"{act.__module__.rpartition('.')[2]}.{act.__name__}"
