"""The doorbell: after a commit that wrote to the log, tells the gateway that there is something to fetch.

Best effort by design: the gateway polls behind it, so a lost ring costs milliseconds and never an event. On SQLite
there is nothing to do (the gateway watches `PRAGMA data_version`). On PostgreSQL one thread sends NOTIFY: at once when
it has been quiet, then after a rest, for rings that come meanwhile are one ring, and the last commit has one too. No
commit waits (NOTIFY inside the transaction halved the commit rate in a measurement). Every ring is a transaction
and wakes the gateway: when eight busy processes rested for 10 ms, the rings cost more than the rows that they rang
for. So the rest grows while it is found too short, past the gateway's poll: where rows come one upon the other, it
looks for the next by itself (gateway/log.py), and a ring that is late costs no more than the poll.
"""

import threading
import time

import psycopg
import structlog

from .config import Config

CHANNEL = "passline_log"
# Seconds between two rings, of a quiet process and of a busy one.
SHORTEST, LONGEST = 0.01, 0.32
_log = structlog.get_logger(__name__)


def next_rest(rest: float, *, rung: bool) -> float:
    """Seconds to rest after the next ring, when this rest is over; `rung`: whether somebody rang during it."""
    return min(rest * 2, LONGEST) if rung else SHORTEST


class Doorbell:
    """One per process; silent until `init`, and on SQLite always."""

    def __init__(self) -> None:
        self._url: str | None = None
        self._rung = threading.Event()
        self._started = threading.Lock()
        self._thread: threading.Thread | None = None

    def init(self, config: Config) -> None:
        """Learn where to ring. The thread starts with the first ring, after a server forked."""
        self._url = None if config.is_sqlite else config.libpq_url

    def ring(self) -> None:
        """Say that the log grew. Never waits, never fails."""
        if self._url is None:
            return
        if self._thread is None:
            with self._started:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
                    self._thread.start()
        self._rung.set()

    def _run(self) -> None:
        connection: psycopg.Connection | None = None
        rest = SHORTEST
        while True:
            self._rung.wait()
            self._rung.clear()
            try:
                if connection is None or connection.closed:
                    connection = psycopg.connect(self._url or "", autocommit=True, connect_timeout=5)
                connection.execute(f"NOTIFY {CHANNEL}")
            except psycopg.Error as error:
                _log.warning("doorbell.silent", error=str(error).strip())
                connection = None
            time.sleep(rest)
            rest = next_rest(rest, rung=self._rung.is_set())
