"""The beat: tells every screen, every few seconds, that it is up to date; silence tells it that it may not be.

`beat {server_time, lag_ms}, position` means "everything up to here was written to you". It is given to live sockets
behind whatever they were given before, and only while database and sequencer answered a moment ago. No beat for 10 s:
the page says that it is stale. The same round lets go of those whose credentials have run out.
"""

import gevent

from app.contract.times import iso, now

from . import frames, refusals, transport
from .fanout import Fanout
from .feed import Feed
from .metrics import Metrics
from .registry import Registry

# "At least every 4 s" is the promise; a loop that is late by a second still keeps it.
EVERY = 3.0


class Beat:
    """One greenlet's work."""

    def __init__(self, *, registry: Registry, fanout: Fanout, feed: Feed, metrics: Metrics) -> None:
        self._registry = registry
        self._fanout = fanout
        self._feed = feed
        self._metrics = metrics

    def run(self) -> None:
        """Go round for ever."""
        while True:
            gevent.sleep(EVERY)
            self._beat()
            self._close_those_that_ran_out()

    def _beat(self) -> None:
        if self._feed.is_fresh:
            data = {"server_time": iso(now()), "lag_ms": round(self._feed.lag * 1000)}
            self._registry.live.deliver(frames.notice("beat", data, self._fanout.position))

    def _close_those_that_ran_out(self) -> None:
        at = now()
        for socket in tuple(self._registry.sockets.values()):
            if socket.until is not None and socket.until <= at:
                # It may have been given more time meanwhile: the door knows.
                self._registry.remove(socket)
                self._metrics.refused(refusals.ACCESS_CHANGED)
                transport.close(socket.eio, refusals.ACCESS_CHANGED)
