"""Several verbs at the same moment, each in a thread with a context (and so a database session) of its own."""

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask

from app.extensions import db


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
