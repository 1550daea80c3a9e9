"""How a gateway that stops lets its clients go: a few at a time, so that they do not all come back in one instant.

Each connection is closed without a DISCONNECT packet, after which a stock client comes back by itself, to another
gateway or to the next one here. In random order, in small batches at jittered moments, within WINDOW by the clock: who
is behind it takes larger batches.
"""

from collections.abc import Iterable
from random import shuffle, uniform
from time import monotonic

import gevent
import structlog

from . import refusals
from .engine import Engine
from .wire import Wire

# Seconds for all of them, and then for their farewells. `make run` and most supervisors kill what has not ended 5 s
# after they asked; what else a gateway has to end takes 1.5 s at most (server.py, and its row in app/presence.py).
WINDOW, FAREWELLS = 2.0, 0.5
# Seconds between two batches, on average; few clients are let go of sooner.
STEP = 0.05

_log = structlog.get_logger(__name__)


def let_go(engine: Engine) -> list[Wire]:
    """Close all connections; returns, within WINDOW, those that may still have to take their last bytes."""
    connections = list(engine.connections())
    wires = [connection.wire for connection in connections if connection.wire is not None]
    shuffle(connections)
    latest = monotonic() + WINDOW
    while connections:
        steps = max(1, int((latest - monotonic()) / STEP))
        for _ in range(-(-len(connections) // steps)):
            connection = connections.pop()
            try:
                connection.close(refusals.DRAINING)
            except Exception:  # noqa: BLE001
                # Ours to mend; the others must be told all the same.
                _log.exception("drain.failed")
        if connections:
            gevent.sleep(uniform(0.5, 1.5) * STEP)  # noqa: S311  (no secret)
    return wires


def wait_for(wires: Iterable[Wire]) -> None:
    """Wait until these have gone, at most for FAREWELLS."""
    latest = monotonic() + FAREWELLS
    while monotonic() < latest and any(wire.is_open for wire in wires):
        gevent.sleep(0.01)
