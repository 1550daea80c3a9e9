"""The sequencer of PostgreSQL: gives committed rows of the log their position, one process at a time.

Whoever holds the lease in `log_head` numbers. A lease that ran out (by the database's clock) may be taken, with the
next term; one's own, which a broken connection has left behind, at once. Every numbering is one call of
`passline_sequence` (migrations 0002 and 0010): one statement, one transaction, one round trip, and nothing in it when
the term is not the current one. So a holder that was stopped and wakes can neither number rows nor sit on a lock, and a
row that commits late is numbered when it commits, after those that were faster.
"""

import os
import socket
from time import monotonic
from uuid import uuid4

import psycopg
import structlog

# Seconds. A killed holder is replaced after a lease at most, plus one attempt.
LEASE = 3.0
ATTEMPTS = 0.5
# Rows for one call: it holds the row of log_head for about ten milliseconds then.
MOST = 1000

_TAKE = """
    update log_head set term = term + 1, holder = %s, lease_until = clock_timestamp() + make_interval(secs => %s)
    where id = 1 and (lease_until is null or lease_until < clock_timestamp() or holder = %s) returning term
"""
_NUMBER = "select passline_sequence(%s, %s, make_interval(secs => %s))"
_RELEASE = "update log_head set holder = null, lease_until = null where id = 1 and term = %s"

_log = structlog.get_logger(__name__)


def new_holder() -> str:
    """A name for this process where the lease is kept (80 characters at most): `host:pid` for people to read.

    In containers that is the same for many, and one's own lease is taken at once: so a uuid stands behind it.
    """
    return f"{socket.gethostname()[:39]}:{os.getpid()}:{uuid4().hex}"


class Sequencer:
    """One process's part in it. `connection` must be in autocommit."""

    def __init__(self, connection: psycopg.Connection, holder: str) -> None:
        self._connection = connection
        self._holder = holder
        self._next_attempt = 0.0
        self.term: int | None = None

    def step(self) -> int:
        """Number what was committed and has no position yet: how many rows; none while another holds the lease."""
        if self.term is None and not self._take():
            return 0
        counted = self._value(_NUMBER, (self.term, MOST, LEASE))
        if counted is None or counted < 0:
            _log.warning("sequencer.lost", term=self.term)
            self.term = None
            return 0
        return counted

    def release(self) -> None:
        """Let another take over at once."""
        if self.term is not None and not self._connection.closed:
            self._connection.execute(_RELEASE, (self.term,))
            _log.info("sequencer.released", term=self.term)
            self.term = None

    def _take(self) -> bool:
        if monotonic() < self._next_attempt:
            return False
        self._next_attempt = monotonic() + ATTEMPTS
        self.term = self._value(_TAKE, (self._holder, LEASE, self._holder))
        if self.term is not None:
            _log.info("sequencer.taken", term=self.term, holder=self._holder)
        return self.term is not None

    def _value(self, statement: str, arguments: tuple[object, ...]) -> int | None:
        row = self._connection.execute(statement, arguments).fetchone()
        return None if row is None else int(row[0])
