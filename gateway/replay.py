"""Catching up: what a socket missed in its rooms, from memory or SQL, and then into the rooms without a gap.

There is no half-way state in which live rows would have to be queued: a socket is written what it missed, piece by
piece, until the rest of the gap lies in memory (recent.py) and is small. That rest is written and the rooms are joined
in one step without a switch, and in that step the fan-out can not move: no hole, no double.

All or nothing: `reach` says first whether the log holds the whole gap; if it does not, nothing is written at all.

A gap that memory does not reach is read back into it for all rooms at once, as far as it has space: ten thousand who
come back to a gateway that has just begun cost a few statements. Beyond that each is read its own pages.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import NoReturn

import gevent
from gevent.lock import BoundedSemaphore

from app.contract.positions import Position

from . import refusals, transport
from .checks import Checks
from .fanout import Fanout
from .frames import Row, Several
from .metrics import Metrics
from .recent import Recent
from .refusals import Refusal, Refused
from .registry import Registry, Socket
from .store import Page, Store
from .threads import Threads, TookTooLong

PAGE = 500
# Bytes of data that are written to one socket at a time: well below what may wait for it (wire.py).
PIECE = 128 * 1024
# Rows that are read back into memory at a time, and for how many seconds somebody waits for all of them.
BACK = 5_000
BACK_PATIENCE = 10.0
# How many seconds that moment may last in which the feed reads what somebody else has seen already.
FEED_PATIENCE = 5.0


class Closed(Exception):
    """The connection is closed; there is nobody to catch up."""


class Replay:
    """Brings sockets up to date and into rooms."""

    def __init__(
        self,
        *,
        fanout: Fanout,
        recent: Recent,
        registry: Registry,
        store: Store,
        threads: Threads,
        checks: Checks,
        metrics: Metrics,
    ) -> None:
        self._fanout = fanout
        self._recent = recent
        self._registry = registry
        self._store = store
        self._threads = threads
        self._checks = checks
        self._metrics = metrics
        self._one_reads_back = BoundedSemaphore(1)

    def reach(self, said: object) -> int | None:
        """The place that a client says it has reached, if the log holds everything that came after it; else None.

        May wait. Refused (retry) when this cannot be said now.
        """
        position = self._in_this_log(said)
        if position is None:
            return None
        self._read_back(position.epoch, position.n)
        if position.epoch != self._fanout.epoch:
            return None
        if self._recent.reaches(position.n):
            return position.n
        extent = self._checks.extent()
        return position.n if extent.epoch == position.epoch and position.n >= extent.lost else None

    def into(
        self,
        socket: Socket,
        rooms: Mapping[str, str],
        start: int | None,
        *,
        upto: float = inf,
        out_of_place: bool = False,
    ) -> int:
        """Write what `rooms` (room: prefix) had after `start` (of `reach`; None: nothing), then join them.

        `upto`: the socket has what comes after that. `out_of_place`: it is live and was sent later rows, so each row
        carries its own place in its data. Returns the place after which it has everything now. Refused (retry) when
        this cannot be done now, Closed when nobody is there.
        """
        if start is not None:
            self._catch_up(socket, rooms, start, upto, out_of_place)
        # One step from the last row in `_catch_up` to here: nothing may switch greenlets in between.
        if not socket.is_open or not self._registry.knows(socket):
            raise Closed
        for room, prefix in rooms.items():
            self._registry.join(socket, room, prefix)
        return int(min(self._fanout.n if start is None else start, upto))

    def _in_this_log(self, said: object) -> Position | None:
        """The place that a client means, or None when it is none of this log."""
        position = Position.parse(said)
        if position is None or position.epoch != self._fanout.epoch:
            return None
        if position.n > self._fanout.n:
            # The page that the client comes from may have read a head that the feed reads in the next moment.
            extent = self._checks.extent()
            if position.n > extent.n or position.epoch != extent.epoch:
                return None
            with gevent.Timeout(FEED_PATIENCE, Refused(refusals.NOT_READY)):
                while self._fanout.n < position.n:
                    gevent.sleep(0.005)
        return position

    def _read_back(self, epoch: str, n: int) -> None:
        """Let memory reach back to `n`, if it has the space; one greenlet reads for all who wait."""
        if not self._could_reach(n):
            return
        with gevent.Timeout(BACK_PATIENCE, TookTooLong("read_back")):
            while self._could_reach(n):
                with self._one_reads_back:
                    if self._could_reach(n) and not self._read_some_back(epoch):
                        return

    def _could_reach(self, n: int) -> bool:
        return not self._recent.reaches(n) and self._recent.has_space(self._recent.floor - n)

    def _read_some_back(self, epoch: str) -> bool:
        """Read some rows from before those in memory; False when there is no use in more of it."""
        floor = self._recent.floor
        rows = self._threads.run(self._store.before, epoch, floor, BACK)
        if epoch != self._fanout.epoch:
            return False
        if floor != self._recent.floor:
            # Memory has moved on meanwhile: what was read does not fit any more.
            return True
        return bool(rows) and self._recent.recall(rows)

    def _catch_up(self, socket: Socket, rooms: Mapping[str, str], n: int, upto: float, out_of_place: bool) -> None:
        source, has_written = "memory", False
        rows: Sequence[Row] = ()
        while n < upto:
            if self._recent.reaches(n):
                rows = self._recent.after(n, rooms, upto)
                if sum(len(row.data) for row in rows) <= PIECE:
                    break
                end = rows[-1].n
            else:
                source, page = "sql", self._page(socket, rooms, n, upto, has_written)
                rows, end = page.rows, page.end
            for piece in _pieces(rows):
                self._write(socket, rooms, piece, out_of_place, source)
                has_written = True
                self._let_it_read(socket)
            n, rows = end, ()
        self._write(socket, rooms, rows, out_of_place, source)
        self._metrics.replays.labels(source).inc()

    def _page(self, socket: Socket, rooms: Mapping[str, str], n: int, upto: float, has_written: bool) -> Page:
        """The next page from SQL. It should all be there: `reach` said so."""
        epoch = str(self._fanout.epoch)
        end = int(min(self._fanout.n, upto))
        page = self._threads.run(self._store.page, list(rooms), epoch, n, end, PAGE)
        if not socket.is_open:
            raise Closed
        if page.lost and not has_written:
            raise Refused(refusals.LOG_PRUNED)
        if page.lost:
            # Never a part of it: the client returns with the place that it has reached, and is told then.
            self._end(socket, refusals.LOG_PRUNED)
        return page

    def _let_it_read(self, socket: Socket) -> None:
        """Go on when the client has taken most of what it was given, and others have had their turn."""
        gevent.sleep(0)
        try:
            transport.drained(socket)
        except transport.TooSlow:
            self._end(socket, refusals.TOO_SLOW)
        if not socket.is_open:
            raise Closed

    def _end(self, socket: Socket, refusal: Refusal) -> NoReturn:
        self._metrics.refused(refusal)
        transport.close(socket.eio)
        raise Closed

    def _write(
        self, socket: Socket, rooms: Mapping[str, str], rows: Sequence[Row], out_of_place: bool, source: str
    ) -> None:
        if not rows:
            return
        place = self._fanout.position
        if out_of_place:
            missed = [row.frame_out_of_place(rooms[row.room], place) for row in rows]
        else:
            missed = [row.frame(rooms[row.room]) for row in rows]
        # One send for all; who polls is given as much with each answer as a client takes.
        for frame in missed if socket.eio.wire is None else (Several(missed),):
            socket.eio.send(frame)
        self._metrics.replayed.labels(source).inc(len(rows))


def _pieces(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """`rows` in order, PIECE bytes of data at a time, or one row that has more."""
    begin = size = 0
    for place, row in enumerate(rows):
        if size and size + len(row.data) > PIECE:
            yield rows[begin:place]
            begin, size = place, 0
        size += len(row.data)
    if size:
        yield rows[begin:]
