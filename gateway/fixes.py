"""Where drivers are: follows the table `live_fixes`, and tells each room the newest position of each of its drivers.

Positions are no rows of the log: they have no place in it and are not replayed, only the newest is of use (who may be
told what is decided where they are written, app/domain/live_fixes.py). The table is read a few times a second, by each
gateway for itself; the newest of each room and driver stays in memory for those who come (handlers.py); the room's
sockets are given it, and it takes the place of an older one that still waits for a client that does not read.

Reads follow one another, so what a read finds is never older than what the one before has found, whatever its number
`n` is. Numbers only say where to look. On PostgreSQL they are taken before the commit, so each read looks a little
back; and every few seconds all of it is read, which finds what was committed later still, what was pruned, and where
numbers began anew. A database that is away makes all this late, and nothing else.
"""

from collections.abc import Iterable, Sequence
from time import monotonic

import gevent
import structlog

from app.contract.times import now

from .frames import Fix
from .metrics import Metrics
from .registry import Registry, Socket
from .store import Away, Store
from .threads import Threads, TookTooLong

# Seconds between two reads, and between two of all that is there.
EVERY, ALL_EVERY = 0.25, 5.0
# How many numbers a read looks back: what hundreds of transactions take that commit out of turn.
BACK = 500
# Seconds that a read may take: longer than a database that hangs is waited for, so that one thread waits, not more.
PATIENCE = 30.0
# Between two attempts while it is away, at most.
PAUSE = 2.0
# After so many the other greenlets have their turn.
TURN = 200

_log = structlog.get_logger(__name__)


class Fixes:
    """The positions that one gateway knows."""

    def __init__(self, registry: Registry, store: Store, threads: Threads, metrics: Metrics) -> None:
        self._registry = registry
        self._store = store
        self._threads = threads
        self._metrics = metrics
        self._rooms: dict[str, dict[int, Fix]] = {}
        self._n = 0
        self._all_at = float("-inf")

    def told(self, socket: Socket, rooms: Iterable[str]) -> list[dict[str, object]]:
        """Where the drivers of `rooms` are, for the `ready` of a socket that came into them in this step."""
        return [fix.told(socket.rooms[room]) for room in rooms for fix in self._rooms.get(room, {}).values()]

    def give(self, socket: Socket, rooms: Iterable[str]) -> None:
        """The same as events, for rooms that a socket has asked for: dispatch may have thousands of drivers."""
        for room in rooms:
            for fix in self._rooms.get(room, {}).values():
                socket.eio.send(fix.frame(socket.rooms[room]))

    def run(self) -> None:
        """Read and tell, for ever.

        Who comes in before the first read is told what it finds: to all others there is nothing new in it.
        """
        pause = EVERY
        while True:
            try:
                self._tell(self._read())
                pause = EVERY
            except (Away, TookTooLong) as error:
                pause = min(2 * pause, PAUSE)
                _log.warning("fixes.interrupted", error=str(error), pause=pause)
            except Exception:  # noqa: BLE001  (positions would stop for good, and nobody would know)
                pause = PAUSE
                _log.exception("fixes.failed")
            gevent.sleep(pause)

    def _read(self) -> Sequence[Fix]:
        """What may be new."""
        if monotonic() < self._all_at:
            n, found = self._threads.run(self._store.fixes, self._n - BACK, timeout=PATIENCE)
            if n >= self._n:
                self._n = n
                return found
            # The newest row has gone: some were pruned, and numbers may begin anew.
        self._n, found = self._threads.run(self._store.all_fixes, timeout=PATIENCE)
        self._all_at = monotonic() + ALL_EVERY
        there = {(fix.room, fix.driver_id) for fix in found}
        for fix in [fix for fixes in self._rooms.values() for fix in fixes.values()]:
            if (fix.room, fix.driver_id) not in there:
                self._forget(fix)
        return found

    def _tell(self, found: Sequence[Fix]) -> None:
        for count, fix in enumerate(found, 1):
            if fix.data is None:
                self._forget(fix)
            else:
                self._take(fix)
            if count % TURN == 0:
                gevent.sleep(0)

    def _take(self, fix: Fix) -> None:
        """Remember and tell it, if it is new, in one step."""
        fixes = self._rooms.setdefault(fix.room, {})
        known = fixes.get(fix.driver_id)
        if known is not None and known.data == fix.data:
            return
        fixes[fix.driver_id] = fix
        audiences = self._registry.rooms.get(fix.room)
        if audiences:
            for prefix, audience in audiences.items():
                audience.deliver(fix.frame(prefix))
                self._metrics.fixes.inc(len(audience))
            self._metrics.fix_delay.observe((now() - fix.at).total_seconds())

    def _forget(self, fix: Fix) -> None:
        fixes = self._rooms.get(fix.room, {})
        if fixes.pop(fix.driver_id, None) is not None and not fixes:
            del self._rooms[fix.room]
