"""Rows of the log in bulk: those of a change of state, made by the server itself, so that writers cost little.

What the eight writers of `sequencing` do row by row, PostgreSQL does here with one INSERT ... SELECT for many orders:
log, indexes and sequencer get ten times the rows, and two cores are not spent on clients. Some of the transactions
commit late, so that ids and positions differ in order, as they do when writers overlap.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from app.config import Config
from app.doorbell import Doorbell
from app.models import EventLog

from . import process

# Seconds between two transactions of a writer; seconds by which late ones commit late, and their part of the rows.
STEP, LATE, LATE_PART = 0.02, 0.2, 0.01
WRITERS = 2
# How many restaurants and people share the rows.
_RESTAURANTS, _PEOPLE = 1000, 50_000

_SHAPE = "create unlogged table bulk (place integer, before text, after text, spread integer, name text, data text)"
# event_id says which transaction wrote the row: PostgreSQL keeps when that was committed.
_WRITE = """
    insert into event_log (event_id, room, name, data, order_id, created_at)
    select pg_current_xact_id()::text, before || coalesce((number %% spread)::text, '') || after, name, data, number,
           clock_timestamp()
      from generate_series(%(first)s::bigint, %(first)s::bigint + %(orders)s - 1) as number cross join bulk
     order by number, place
"""


def prepare(url: str, rows: Sequence[EventLog]) -> None:
    """Teach a database the rows that one change of state writes."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(_SHAPE)
        shapes = [(place, *_spread(row.room), row.name, row.data) for place, row in enumerate(rows)]
        cursor.executemany("insert into bulk values (%s, %s, %s, %s, %s, %s)", shapes)


def _spread(room: str) -> tuple[str, str, int | None]:
    """What stands before and after the number in a room's name, and how many such rooms there are."""
    kind, dot, rest = room.partition(".")
    if room == "admin.orders":
        return room, "", None
    after = ".orders" if rest.endswith(".orders") else ""
    return kind + dot, after, {"vendor-orders": _RESTAURANTS, "order": 2**31 - 1}.get(kind, _PEOPLE)


class Bulk:
    """The writers of one log. `cpu` is what PostgreSQL has spent on them, in seconds."""

    def __init__(self, url: str) -> None:
        self._url = url
        with psycopg.connect(url) as connection:
            # How many rows one change of state has.
            self._each: int = connection.execute("select count(*) from bulk").fetchall()[0][0]
        self._doorbell = Doorbell()
        self._doorbell.init(Config(secret_key="", database_url=url))
        self._number = 0
        self._counting = threading.Lock()
        self.cpu = 0.0

    def write(self, rows: int) -> None:
        """Commit so many rows as fast as one writer can, without a ring."""
        with self._connection() as connection:
            while rows > 0:
                rows -= self._insert(connection, min(rows, 10_000))
                connection.commit()

    def run(self, rate: float, seconds: float) -> int:
        """Commit so many rows a second, or as many as can be had, for so long; how many."""
        counts: list[int] = []
        late = threading.Thread(target=self._late, args=(rate * LATE_PART, seconds, counts))
        each = rate * (1 - LATE_PART) / WRITERS
        threads = [late, *(threading.Thread(target=self._steady, args=(each, seconds, counts)) for _ in range(WRITERS))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts)

    def _steady(self, rate: float, seconds: float, counts: list[int]) -> None:
        count, began = 0, time.perf_counter()
        with self._connection() as connection:
            while (passed := time.perf_counter() - began) < seconds:
                # What is due by now; who has fallen behind takes no more than a few steps at once.
                count += self._insert(connection, min(rate * (passed + STEP) - count, rate * STEP * 4))
                connection.commit()
                self._doorbell.ring()
                time.sleep(max(0.0, began + count / rate - time.perf_counter()))
        counts.append(count)

    def _late(self, rate: float, seconds: float, counts: list[int]) -> None:
        count, began = 0, time.perf_counter()
        with self._connection() as connection:
            while time.perf_counter() - began < seconds - LATE:
                count += self._insert(connection, rate * LATE)
                time.sleep(LATE)
                connection.commit()
        counts.append(count)

    def _insert(self, connection: psycopg.Connection, rows: float) -> int:
        orders = max(1, int(rows / self._each))
        with self._counting:
            first, self._number = self._number, self._number + orders
        connection.execute(_WRITE, {"first": first, "orders": orders})
        return orders * self._each

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self._url, application_name="bulk") as connection:
            yield connection
            with self._counting:
                self.cpu += process.cpu_seconds(connection.info.backend_pid)
