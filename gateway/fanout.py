"""The fan-out: takes rows in order of position, on the loop, and gives each to the sockets of its room.

A row is remembered, acted upon (`!access`) or delivered, and `n` moves on, in one step without a switch: whoever
reads `position` between two steps knows that everything up to it was written to every socket that is in its rooms.
"""

from collections.abc import Iterable

import gevent
import structlog

from app.contract import rooms
from app.contract.times import now

from . import transport
from .feed import Restarted
from .frames import Row
from .metrics import Metrics
from .recent import Recent
from .refusals import LOG_RESTARTED
from .registry import Registry
from .revocation import Revocation

# After so many deliveries the other greenlets have their turn.
TURN = 5_000

_log = structlog.get_logger(__name__)


class Fanout:
    """The one writer of log events to sockets that are in their rooms."""

    def __init__(self, registry: Registry, recent: Recent, revocation: Revocation, metrics: Metrics) -> None:
        self._registry = registry
        self._recent = recent
        self._revocation = revocation
        self._metrics = metrics
        self.epoch: str | None = None
        self.n = 0

    @property
    def has_begun(self) -> bool:
        """Whether the log was found."""
        return self.epoch is not None

    @property
    def position(self) -> str:
        """Everything up to here was written to the sockets that are in their rooms."""
        return f"{self.epoch}-{self.n}"

    def run(self, items: Iterable[Row | Restarted]) -> None:
        """Take what the feed hands over, for as long as there is a feed."""
        delivered = 0
        for item in items:
            if isinstance(item, Restarted):
                self._restart(item)
            else:
                delivered += self._take(item)
            if delivered >= TURN:
                delivered = 0
                gevent.sleep(0)

    def _take(self, row: Row) -> int:
        count = 0
        if row.room == rooms.ACCESS:
            self._revocation.act(row)
        else:
            self._recent.add(row)
            for prefix, audience in self._registry.rooms.get(row.room, {}).items():
                audience.deliver(row.frame(prefix))
                count += len(audience)
            self._metrics.deliveries.inc(count)
        self.n = row.n
        self._metrics.tally.note(row.n, count)
        self._metrics.events.inc()
        self._metrics.delay.observe((now() - row.at).total_seconds())
        return count

    def _restart(self, start: Restarted) -> None:
        """Another life of the log: nobody's position means anything now, so everybody comes back and is told."""
        self.epoch, self.n = start.epoch, start.n
        self._recent.restart(start.n)
        self._revocation.restart(start.epoch)
        self._metrics.tally.restart()
        self._metrics.restarts.inc()
        for socket in tuple(self._registry.sockets.values()):
            self._metrics.refused(LOG_RESTARTED)
            self._registry.remove(socket)
            transport.close(socket.eio, LOG_RESTARTED)
