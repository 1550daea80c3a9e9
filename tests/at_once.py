"""Several verbs at the same moment, each in a thread with a context (and so a database session) of its own.

Or one behind the other: the second begins when the first has written and has not committed.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.extensions import atomic, db


def at_once(app: Flask, *verbs: Callable[[], Any]) -> list[Any]:
    """What each of `verbs` returned, or the exception that it raised."""
    start, told = threading.Barrier(len(verbs)), [None] * len(verbs)

    def run(place: int, verb: Callable[[], Any]) -> None:
        with app.app_context():
            start.wait()
            try:
                told[place] = verb()
            except Exception as error:  # noqa: BLE001  (handed to the test)
                told[place] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(place, verb)) for place, verb in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def behind(
    app: Flask, first: Callable[[], Any], second: Callable[[], Any], then: Callable[[], Any] = lambda: None
) -> Any:
    """What `second` returned or raised, which began behind `first`, and waited for it where it has to.

    `then`: what the transaction of `first` does after that, and before it commits.
    """
    told = []

    def run() -> None:
        with app.app_context():
            try:
                told.append(second())
            except Exception as error:  # noqa: BLE001  (handed to the test)
                told.append(error)
            finally:
                db.session.remove()

    thread = threading.Thread(target=run)
    with atomic():
        first()
        thread.start()
        _until_it_waits(thread)
        then()
    thread.join()
    return told[0]


def _until_it_waits(thread: threading.Thread) -> None:
    if db.engine.dialect.name == "sqlite":
        # Nobody sees who waits for the write lock there.
        thread.join(0.3)
        return
    waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        deadline = time.monotonic() + 10
        while thread.is_alive() and not connection.scalar(text(waits)):
            assert time.monotonic() < deadline
            time.sleep(0.01)
