"""`python -m app.jobs [QUEUE ...]`: the worker process. Huey's threads for each queue, and two one-second loops.

One loop is for deadlines, the other hands out jobs: a queue that is away holds up no deadline. Without a QUEUE it
serves all of them. SIGINT and SIGTERM both let running jobs end and then stop; the launcher's Ctrl-C reaches us as
SIGTERM.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence

import structlog
from flask import Flask

from app import presence, startup
from app.config import Config
from app.domain.jobs import QUEUES, Queue
from app.factory import create_app

from . import deadlines
from .serving import Serving

_log = structlog.get_logger(__name__)
# Seconds that running jobs are given to end; the launcher kills after 4.
_PATIENCE = 3
# Seconds between two looks whether all threads live.
_LOOKS = 10
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def main(words: Sequence[str] = ()) -> None:
    """Run until a signal comes, with the queues that `words` name (all)."""
    names = _named(words)
    config = startup.begin("worker")
    try:
        for number in _SIGNALS:
            signal.signal(number, signal.default_int_handler)
        _work(create_app(config), config, names)
    except KeyboardInterrupt:
        _log.info("worker.stopped")


def _named(words: Sequence[str]) -> Sequence[Queue]:
    unknown = [word for word in words if word not in QUEUES]
    if unknown:
        sys.exit(f"There is no queue {unknown[0]!r}: {', '.join(QUEUES)}.")
    return [name for name in QUEUES if not words or name in words]


def _work(app: Flask, config: Config, names: Sequence[Queue]) -> None:
    served = [Serving(app, config, name) for name in names]
    stop = threading.Event()
    life = presence.Presence("worker", config, queues=names)
    # The loop itself says that it lives: a worker whose loop hangs is none.
    loops = [
        threading.Thread(target=deadlines.run, args=(app, stop, life.beat), name="deadlines"),
        threading.Thread(
            target=deadlines.run, args=(app, stop), kwargs={"acts": [each.hand_out for each in served]}, name="queues"
        ),
    ]
    try:
        life.beat()
        for queue in served:
            queue.start()
        for loop in loops:
            loop.start()
        _log.info("worker.started", queues=names)
        while True:
            time.sleep(_LOOKS)
            for each in served:
                each.look_after()
    finally:
        # It ends within seconds: asking once more changes nothing.
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        stop.set()
        for each in served:
            each.ask_to_stop()
        until = time.monotonic() + _PATIENCE
        for each in served:
            each.wait(until)
        for loop in loops:
            loop.join()
        life.leave()


if __name__ == "__main__":
    main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is closed. The interpreter's own end took up to three seconds on a busy machine, and gains nothing.
    os._exit(0)
