"""Catching up: what a socket missed in its rooms, from memory or SQL, and then into the rooms without a gap.

There is no half-way state in which live rows would have to be queued: a socket is written what it missed, page by
page, until the rest of the gap lies in memory (recent.py). That rest is written and the rooms are joined in one step
without a switch, and in that step the fan-out can not move: no hole, no double.

All or nothing: if the log does not hold the whole gap, nothing is written and `recovered` is False.
"""

from collections.abc import Mapping, Sequence
from typing import NoReturn

import gevent

from app.contract.positions import Position

from . import refusals, transport
from .fanout import Fanout
from .frames import Row
from .metrics import Metrics
from .recent import Recent
from .refusals import Refusal, Refused
from .registry import Registry, Socket
from .store import Store
from .threads import Threads

PAGE = 500
# How many seconds that moment may last in which the feed reads what somebody else has seen already.
FEED_PATIENCE = 5.0


class Closed(Exception):
    """The connection is closed; there is nobody to catch up."""


class Replay:
    """Brings sockets up to date and into rooms."""

    def __init__(
        self, *, fanout: Fanout, recent: Recent, registry: Registry, store: Store, threads: Threads, metrics: Metrics
    ) -> None:
        self._fanout = fanout
        self._recent = recent
        self._registry = registry
        self._store = store
        self._threads = threads
        self._metrics = metrics

    def into(
        self, socket: Socket, rooms: Mapping[str, str], since: object, *, out_of_place: bool = False
    ) -> bool | None:
        """Write what `rooms` (room: prefix) had after `since`, then join them; returns `recovered`.

        `since` is what the client said. `out_of_place`: the socket is live already and was sent later rows, so each row
        carries its own place in its data. Refused (retry) when this cannot be done now, Closed when nobody is there.
        """
        recovered: bool | None = None
        if since is not None:
            n = self._start(since)
            recovered = n is not None
            if n is not None:
                recovered = self._catch_up(socket, rooms, n, out_of_place)
        # One step from the last row in `_catch_up` to here: nothing may switch greenlets in between.
        if not socket.is_open or not self._registry.knows(socket):
            raise Closed
        for room, prefix in rooms.items():
            self._registry.join(socket, room, prefix)
        return recovered

    def _start(self, since: object) -> int | None:
        """The place to replay from, or None when it is none of this log's."""
        position = Position.parse(since)
        if position is None or position.epoch != self._fanout.epoch:
            return None
        if position.n > self._fanout.n:
            # The page that the client comes from may have read a head that the feed reads in the next moment.
            extent = self._threads.run(self._store.extent)
            if position.n > extent.n or position.epoch != extent.epoch:
                return None
            with gevent.Timeout(FEED_PATIENCE, Refused(refusals.NOT_READY)):
                while self._fanout.n < position.n:
                    gevent.sleep(0.005)
        return position.n

    def _catch_up(self, socket: Socket, rooms: Mapping[str, str], n: int, out_of_place: bool) -> bool:
        epoch, source, has_written = self._fanout.epoch, "memory", False
        while not self._recent.reaches(n):
            source = "sql"
            page = self._threads.run(self._store.page, list(rooms), epoch, n, self._fanout.n, PAGE)
            if not socket.is_open:
                raise Closed
            if page.lost and has_written:
                # Never a part of it: the client returns with the place that it has reached, and is told then.
                self._end(socket, refusals.LOG_PRUNED)
            if page.lost:
                return False
            self._write(socket, rooms, page.rows, out_of_place, source)
            has_written = has_written or bool(page.rows)
            n = page.end
            try:
                transport.drained(socket)
            except transport.TooSlow:
                self._end(socket, refusals.TOO_SLOW)
        self._write(socket, rooms, self._recent.after(n, rooms), out_of_place, source)
        self._metrics.replays.labels(source).inc()
        return True

    def _end(self, socket: Socket, refusal: Refusal) -> NoReturn:
        self._metrics.refused(refusal)
        transport.close(socket.eio)
        raise Closed

    def _write(
        self, socket: Socket, rooms: Mapping[str, str], rows: Sequence[Row], out_of_place: bool, source: str
    ) -> None:
        for row in rows:
            prefix = rooms[row.room]
            frame = row.frame_out_of_place(prefix, self._fanout.position) if out_of_place else row.frame(prefix)
            transport.deliver((socket,), frame)
        if rows:
            self._metrics.replayed.labels(source).inc(len(rows))
