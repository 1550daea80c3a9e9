"""`python -m app.providers`: the simulators' process, on 127.0.0.1 at SIMULATOR_PORT, in the demo and in tests alone.

Served by threads without a limit: an answer that is held back must not hold up the others. It ends at once on SIGINT
and SIGTERM; nothing of it is kept.
"""

import os
import signal
import sys
import threading

import structlog

from app import logs, startup

from . import radius_simulator, serving, simulator

_log = structlog.get_logger(__name__)


def main() -> None:
    """Serve until a signal comes."""
    config = startup.settings("simulator")
    if config.env not in ("demo", "test"):
        sys.exit(
            "The simulator runs with PASSLINE_ENV=demo or test alone: whoever reaches it pays with anybody's money."
        )
    logs.configure(config)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server = serving.start(simulator.create(config), config.simulator_port)
    radius_simulator.serve(config)
    _log.info("simulator.started", address=f"http://127.0.0.1:{server.port}")
    stop.wait()
    _log.info("simulator.stopped")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that hold an answer back are not waited for.
    os._exit(0)
