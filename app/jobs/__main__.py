"""`python -m app.jobs`: the worker process. Huey's consumer in the main thread, the one-second loop beside it.

SIGINT and SIGTERM both let a running job end and then stop; the launcher's Ctrl-C reaches us as SIGTERM.
"""

import os
import sys
import threading

import structlog
from huey.consumer import Consumer

from app import presence, startup
from app.factory import create_app

from . import deadlines, queue, schedule

_log = structlog.get_logger(__name__)
# Seconds that a running job is given to end; the launcher kills after 4.
_PATIENCE = 3


def main() -> None:
    """Run until a signal comes."""
    config = startup.begin("worker")
    app = create_app(config)
    tasks = queue.make(config)
    schedule.register(tasks, app)
    stop = threading.Event()
    life = presence.Presence("worker", config)
    # The loop itself says that it lives: a worker whose loop hangs is none.
    loop = threading.Thread(target=deadlines.run, args=(app, stop, life.beat), name="deadlines")
    loop.start()
    _log.info("worker.started", jobs=len(schedule.SCHEDULE))
    try:
        Consumer(tasks, workers=1, max_delay=1.0, shutdown_timeout=_PATIENCE, graceful_signal="TERM").run()
    except KeyboardInterrupt:
        _log.info("worker.interrupted")
    finally:
        stop.set()
        loop.join()
        life.leave()
    _log.info("worker.stopped")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is closed. The interpreter's own end took up to three seconds on a busy machine, and gains nothing.
    os._exit(0)
