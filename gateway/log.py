"""How the log is read on either database: wait for the doorbell, number what is new, read what is numbered.

Used by the feed's one real thread alone, over one connection of its own that speaks to the driver directly: the
doorbell needs it (`PRAGMA data_version` once the file was written to, LISTEN). Readers page by position and never by
the id of a row that has no position yet. Errors of the driver pass through: they are `ERRORS`, and the feed opens a new
log after them.
"""

import os
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Protocol
from urllib.parse import quote

import psycopg
import structlog
from gevent import monkey
from sqlalchemy import make_url

from app import doorbell
from app.config import Config
from app.contract.positions import new_epoch

from .frames import Row
from .sequencer import LEASE, Sequencer
from .stream import LENGTH, Stream, is_same
from .watch import watch

ERRORS = (sqlite3.Error, psycopg.Error, OSError)

# The poll behind the doorbell, and how soon SQLite is asked whether what was written is committed.
POLL = 0.05
_WRITING, _SOON, _LATER = 0.0005, 0.001, 0.004
# Seconds after which whoever waits looks after other things, whatever is written.
_REST = 0.5
# Seconds on PostgreSQL between two steps, and once rows do not cease to come: a step of a few rows costs 1 ms of CPU
# time on both sides, whatever they are.
STEP, BUSY = 0.005, 0.02
# The feed's thread is a real one: the patched sleep would make it a hub of its own.
_sleep = monkey.get_original("time", "sleep")


@dataclass(frozen=True, slots=True)
class Head:
    """How far the log is numbered, in which life of the database; seconds since its sequencer showed life.

    Rows up to `pruned` are there no more.
    """

    epoch: str
    n: int
    sequenced_ago: float
    pruned: int


class Log(Protocol):
    """The log of one database, open."""

    def head(self) -> Head:
        """How far the log is numbered now."""

    def number(self) -> None:
        """Give committed rows their position, if that is ours to do."""

    def after(self, epoch: str, n: int, limit: int) -> Sequence[Row]:
        """The rows after position `n`, in order, `limit` at most."""

    def renew(self, epoch: str) -> None:
        """Begin another life of the log, unless somebody has ended this one, `epoch`, already."""

    def wait(self) -> None:
        """Return when the doorbell rang, and after a moment at the latest."""

    def close(self) -> None:
        """Give the connection back, and what it held."""


def open_log(config: Config, holder: str, stopping: threading.Event) -> Log:
    """A log to read, over a new connection. `holder` names this process where a lease is kept."""
    if config.is_sqlite:
        return SqliteLog(config, stopping)
    return StreamedLog(config, holder) if config.redis_url else PostgresLog(config, holder)


class SqliteLog:
    """Ids are given inside the one write lock, so the id is the position and nothing is left to number."""

    def __init__(self, config: Config, stopping: threading.Event) -> None:
        self._path = str(make_url(config.database_url).database)
        self._stopping = stopping
        # mode=rw: a database that is not there yet is an error, not an empty file.
        self._db = sqlite3.connect(f"file:{quote(self._path)}?mode=rw", uri=True, isolation_level=None, timeout=2)
        self._file = os.stat(self._path).st_ino
        self._version = None
        # Reading makes it, if nobody has the database open.
        self._db.execute("select epoch from log_head").fetchone()
        self._watch = watch(Path(f"{self._path}-wal"))
        self._pause = _SOON

    def head(self) -> Head:
        """The head is where AUTOINCREMENT stands. A file that was replaced under us is an error: open it anew."""
        if os.stat(self._path).st_ino != self._file:
            raise sqlite3.OperationalError("the database file was replaced")
        epoch, n, pruned = self._db.execute(
            "select epoch, coalesce((select seq from sqlite_sequence where name = 'event_log'), 0), pruned"
            " from log_head"
        ).fetchone()
        return Head(epoch, n, 0.0, pruned)

    def number(self) -> None:
        """Nothing to do."""

    def after(self, epoch: str, n: int, limit: int) -> Sequence[Row]:
        """By id, which is the position here."""
        rows = self._db.execute(
            "select id, room, name, data, created_at from event_log where id > ? order by id limit ?", (n, limit)
        )
        return [
            Row(epoch, place, room, name, data, datetime.fromisoformat(at).replace(tzinfo=UTC))
            for place, room, name, data, at in rows
        ]

    def renew(self, epoch: str) -> None:
        """One statement; the first gateway that comes to it wins."""
        self._db.execute("update log_head set epoch = ? where epoch = ?", (new_epoch(), epoch))

    def wait(self) -> None:
        """`data_version` changes with every commit of another connection.

        The kernel tells when it begins to be written; from then on it is asked for, soon at first, then less often.
        """
        latest = monotonic() + _REST
        while not self._stopping.is_set():
            version = self._db.execute("pragma data_version").fetchone()
            if version != self._version:
                # Not quite to rest yet: what the kernel told may have been of two commits.
                self._version, self._pause = version, _LATER
                return
            left = latest - monotonic()
            if left <= 0:
                return
            if self._watch.wait(min(self._pause, POLL, left)):
                # A commit is written page by page. To be told of each would cost a large one as many looks.
                _sleep(_WRITING)
                self._pause = _SOON
            else:
                self._pause *= 2

    def close(self) -> None:
        """Close the connection."""
        self._watch.close()
        self._db.close()


# A server that hangs must not hang the feed for longer than the beat may be silent.
PATIENCE: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}


# What whoever numbers rows tells the other gateways.
_NUMBERED = "passline_numbered"
# Rows that are given to the stream at a time when it lacks many.
_FILL = 500

_log = structlog.get_logger(__name__)


class PostgresLog:
    """Ids are taken before the commit, so a sequencer numbers committed rows; everybody reads by position."""

    def __init__(self, config: Config, holder: str) -> None:
        self._connection = psycopg.connect(
            config.database_url.replace("+psycopg", "", 1),
            autocommit=True,
            application_name="passline-gateway-feed",
            # Each statement sees what is committed by then, whatever the server's default is.
            options=r"-c statement_timeout=5000 -c default_transaction_isolation=read\ committed",
            **PATIENCE,
        )
        self._sequencer = Sequencer(self._connection, holder)
        self._numbered = False
        # Whether the step before the last wait numbered rows, and for how long that was.
        self._is_busy, self._pause = False, POLL
        self._woken_at = float("-inf")
        self._connection.execute(f"listen {doorbell.CHANNEL}")
        self._connection.execute(f"listen {_NUMBERED}")

    def head(self) -> Head:
        """From the one row that the sequencer keeps: each renewal put the lease's end LEASE seconds ahead."""
        row = self._connection.execute(
            "select epoch, position, extract(epoch from lease_until - clock_timestamp())::float, pruned from log_head"
        ).fetchone()
        if row is None:
            raise psycopg.OperationalError("log_head has no row")
        epoch, n, left, pruned = row
        return Head(epoch, n, float("inf") if left is None else LEASE - left, pruned)

    def number(self) -> None:
        """One step of the sequencer: numbers, or tries to become the one who does."""
        self._numbered |= self._sequencer.step() > 0

    def after(self, epoch: str, n: int, limit: int) -> Sequence[Row]:
        """By position; a later position is never visible before an earlier one, because numbering holds one lock."""
        rows = self._connection.execute(
            "select position, room, name, data, created_at from event_log where position > %s order by position"
            " limit %s",
            (n, limit),
        )
        return [Row(epoch, *row) for row in rows]

    def renew(self, epoch: str) -> None:
        """One statement; the first gateway that comes to it wins."""
        self._connection.execute("update log_head set epoch = %s where epoch = %s", (new_epoch(), epoch))

    def wait(self) -> None:
        """Where rows came, more will come: a pause, and no ring is needed. Else until NOTIFY, and the poll at last.

        Either pause doubles while it goes on as it is. Who numbers is woken by the doorbell, the others once there is
        something to read; a ring that came while another statement ran is kept by psycopg and ends the next wait.
        """
        is_busy, self._numbered = self._numbered, False
        self._pause = min(self._pause * 2, BUSY if is_busy else POLL) if is_busy == self._is_busy else STEP
        self._is_busy = is_busy
        if is_busy:
            # The others were woken by the commit, when these rows had no position yet.
            self._connection.execute(f"notify {_NUMBERED}")
            _sleep(self._pause)
            self._take_rings()
        elif self._is_rung_within(self._pause):
            _sleep(max(0.0, self._woken_at + STEP - monotonic()))
            self._woken_at = monotonic()
            self._take_rings()

    def _is_rung_within(self, seconds: float) -> bool:
        awaited = _NUMBERED if self._sequencer.term is None else doorbell.CHANNEL
        return any(ring.channel == awaited for ring in self._connection.notifies(timeout=seconds))

    def _take_rings(self) -> None:
        """The coming step answers these too."""
        list(self._connection.notifies(timeout=0))

    def close(self) -> None:
        """Give up the lease and close the connection."""
        try:
            self._sequencer.release()
        finally:
            self._connection.close()


class StreamedLog(PostgresLog):
    """The same with a Redis Stream for those who do not number: they ask the database only for what it lacks.

    The stream is believed once its newest row was compared with SQL's: by each connection, for each epoch and term, and
    again after it was away, had a hole or refused a row. Where the two differ, SQL was put back to an earlier moment.
    """

    def __init__(self, config: Config, holder: str) -> None:
        super().__init__(config, holder)
        self._stream = Stream(str(config.redis_url))
        # For which epoch, and in which term, the stream was found to be what it should be.
        self._believed: tuple[str, int | None] | None = None
        self._head = Head("", 0, 0.0, 0)
        self._place = ("", 0)

    def head(self) -> Head:
        """As SQL says it; it also tells whether the stream lacks rows."""
        self._head = super().head()
        return self._head

    def after(self, epoch: str, n: int, limit: int) -> Sequence[Row]:
        """Who numbers reads SQL and fills the stream; the others read the stream, and SQL where it has a hole."""
        is_believed = self._believes(epoch, n)
        if self._sequencer.term is not None:
            rows = super().after(epoch, n, limit)
            if is_believed and not self._stream.add(rows):
                self._believed = None
        else:
            found = self._stream.after(epoch, n, limit) if is_believed else None
            if found is None:
                self._believed = None
            is_behind = not found and self._head.n > n
            rows = super().after(epoch, n, limit) if found is None or is_behind else found
        self._place = (epoch, rows[-1].n if rows else n)
        return rows

    def wait(self) -> None:
        """The stream; for who numbers, and while there is nothing to be had from it, NOTIFY."""
        if self._sequencer.term is not None or self._believed is None:
            super().wait()
        else:
            # Whoever reads the stream needs no ring, and psycopg keeps each until it is taken.
            self._take_rings()
            self._stream.wait(*self._place, POLL)

    def close(self) -> None:
        """Close both."""
        self._stream.close()
        super().close()

    def _believes(self, epoch: str, n: int) -> bool:
        """Whether the stream can be used; for who numbers it then holds what it can, up to position `n`."""
        turn = (epoch, self._sequencer.term)
        if self._believed == turn:
            return True
        newest = self._stream.newest(epoch)
        if newest is None:
            return False
        if newest and self._is_of_another_life(newest[0]):
            _log.warning("log.went_back", epoch=epoch, streamed=newest[0].n)
            self.renew(epoch)
            return False
        if newest and self._sequencer.term is not None and not self._fill(newest[0], n):
            return False
        self._believed = turn
        return True

    def _is_of_another_life(self, streamed: Row) -> bool:
        """Whether SQL does not reach up to a row of the stream, or has another in its place.

        SQL is asked after the stream was: rows are numbered before they are published.
        """
        if streamed.n > super().head().n:
            return True
        known = super().after(streamed.epoch, streamed.n - 1, 1)
        return bool(known) and known[0].n == streamed.n and not is_same(known[0], streamed)

    def _fill(self, newest: Row, n: int) -> bool:
        """Add what the stream lacks up to position `n`, as far back as it may hold rows; False: not all of it.

        The one who numbered before us may have ended before it published, and Redis may have been away for long.
        """
        place = max(newest.n, n - LENGTH)
        while place < n:
            rows = super().after(newest.epoch, place, min(_FILL, n - place))
            if not rows or not self._stream.add(rows):
                return False
            place = rows[-1].n
        return True
