"""The feed: one real thread that follows the log and hands what it reads to the loop, in order, nothing twice.

It keeps its place in memory, so a database that was away for any time costs lateness and no row. It never ends by an
error: it reports it, waits a little longer each time, and opens the log again. When the database turns out to live
another life (restored, replaced), it says so with `Restarted` instead of a row; the fan-out then starts over. One that
stands before our place was restored, and nobody has told it so: it is given another epoch first.

From thread to loop: a deque, and an `async_` watcher of the loop, the one thing of gevent that another thread may
touch.
"""

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic

import gevent
import structlog
from gevent.event import Event

from app.config import Config

from . import log as logs
from .frames import Row
from .sequencer import MOST

# Rows read at a time: all that one step numbers, or it would run ahead of what is read.
BATCH = MOST
# How many rows may wait for the loop before the feed waits for it.
AHEAD = 5_000
# How often the head is looked at: is it the same database still, and does somebody number its rows?
LOOK = 1.0
# "answered within the last 4 s": what a beat and /ready ask for.
FRESH = 4.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Restarted:
    """The log begins here, for all who listen: at the first start, and when the database lives another life."""

    epoch: str
    n: int


class Feed:
    """Started and stopped by the loop; `taken()` gives the loop what came."""

    def __init__(self, config: Config, holder: str) -> None:
        self._config = config
        self._holder = holder
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self._handed: deque[Row | Restarted] = deque()
        self._came = Event()
        self._watcher = gevent.get_hub().loop.async_()
        self._place: Restarted | None = None
        # Written by the thread, read by the loop: when the database and the sequencer last answered, and what failed.
        self.answered_at = float("-inf")
        self.sequenced_at = float("-inf")
        self.error: str | None = None

    def start(self) -> None:
        """Begin to follow, from the log's head as it is now."""
        self._watcher.start(self._came.set)
        self._thread.start()

    def stop(self) -> None:
        """Stop following and give up the lease; waits for it a moment, in a real thread of the loop."""
        self._stopping.set()
        gevent.get_hub().threadpool.apply(self._thread.join, (1.5,))

    @property
    def lag(self) -> float:
        """Seconds since the log was last read to its end."""
        return monotonic() - self.answered_at

    @property
    def has_answered_lately(self) -> bool:
        """Whether the database let us read the log to its end a moment ago."""
        return monotonic() - self.answered_at < FRESH

    @property
    def has_sequencer(self) -> bool:
        """Whether somebody who numbers the rows showed life a moment ago."""
        return monotonic() - self.sequenced_at < FRESH

    @property
    def is_fresh(self) -> bool:
        """Whether a beat may be told."""
        return self.has_answered_lately and self.has_sequencer

    def taken(self) -> Iterator[Row | Restarted]:
        """On the loop: everything that comes, in order; waits for more and never ends."""
        while True:
            while self._handed:
                yield self._handed.popleft()
            self._came.clear()
            if not self._handed:
                self._came.wait()

    # -- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        pause = 0.1
        while not self._stopping.is_set():
            began = monotonic()
            try:
                self._follow_one_connection()
            except logs.ERRORS as error:
                self.error = str(error).strip() or type(error).__name__
                _log.warning("feed.interrupted", error=self.error, pause=pause)
            except Exception:  # noqa: BLE001
                # Nobody else would number, read or tell: the thread outlives even what nobody thought of.
                self.error = "failed; see the log"
                _log.exception("feed.failed")
            pause = 0.1 if monotonic() - began > 5 else min(pause * 2, 2.0)
            self._stopping.wait(pause)

    def _follow_one_connection(self) -> None:
        log = logs.open_log(self._config, self._holder, self._stopping)
        try:
            self._follow(log)
        finally:
            log.close()

    def _follow(self, log: logs.Log) -> None:
        if self._place is not None:
            # Before rows are numbered, and hide that the database was put back behind our place.
            self._place = self._look(log)
        look_at = 0.0
        while not self._stopping.is_set():
            log.number()
            if self._place is None or monotonic() >= look_at:
                self._place = self._look(log)
                look_at = monotonic() + LOOK
            place = self._place
            rows = log.after(place.epoch, place.n, BATCH)
            if rows and rows[0].n > place.n + 1:
                # Positions have no holes. Were those in between pruned before we came to read them?
                self._place = self._look(log)
                if self._place is not place:
                    continue
            if rows:
                self._place = Restarted(place.epoch, rows[-1].n)
                self._hand(*rows)
            if len(rows) == BATCH:
                self._let_the_loop_catch_up()
            else:
                self.answered_at = monotonic()
                self.error = None
                log.wait()

    def _look(self, log: logs.Log) -> Restarted:
        """The place to read on from: ours, or the head of a log that is not the one we knew."""
        head, place = log.head(), self._place
        if place is not None and head.epoch == place.epoch and head.n < place.n:
            # What was handed out is not there: the database was put back to an earlier moment, and the same positions
            # would soon mean other rows.
            _log.warning("log.went_back", epoch=head.epoch, position=head.n, reached=place.n)
            log.renew(head.epoch)
            head = log.head()
        self.sequenced_at = monotonic() - head.sequenced_ago
        # The last: this process was stopped for longer than the log is kept.
        if place is None or head.epoch != place.epoch or place.n < head.pruned:
            place = Restarted(head.epoch, head.n)
            self._hand(place)
            _log.info("feed.started", epoch=head.epoch, position=head.n)
        return place

    def _hand(self, *items: Row | Restarted) -> None:
        self._handed.extend(items)
        self._watcher.send()

    def _let_the_loop_catch_up(self) -> None:
        while len(self._handed) > AHEAD and not self._stopping.wait(0.01):
            pass
