"""How a gateway that stops lets its clients go: a few at a time, so that they do not all come back in one instant.

Each connection is closed without a DISCONNECT packet, after which a stock client comes back by itself, to another
gateway or to the next one here. In random order, in small batches at jittered moments, within WINDOW.
"""

from random import shuffle, uniform
from time import monotonic

import gevent

from . import refusals
from .engine import Engine
from .wire import FAREWELL

# Seconds for all of them. `make run` and most supervisors kill what has not ended 5 s after they asked.
WINDOW = 2.5
# Seconds between two batches, on average; few clients are let go of sooner.
STEP = 0.05


def run(engine: Engine) -> None:
    """Let everybody go; returns when they have gone, or WINDOW and a farewell later."""
    connections = list(engine.connections())
    wires = [connection.wire for connection in connections if connection.wire is not None]
    shuffle(connections)
    steps = max(1, min(int(WINDOW / STEP), len(connections)))
    size = -(-len(connections) // steps)
    for start in range(0, len(connections), size or 1):
        for connection in connections[start : start + size]:
            connection.close(refusals.DRAINING)
        gevent.sleep(uniform(0.5, 1.5) * STEP)  # noqa: S311  (no secret)
    latest = monotonic() + FAREWELL / 4
    while monotonic() < latest and any(wire.is_open for wire in wires):
        gevent.sleep(0.01)
