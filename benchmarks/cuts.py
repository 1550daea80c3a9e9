"""The log, whole or cut: databases side by side on one PostgreSQL, each with real gateways of its own.

`Cuts.slice` lets bulk writers fill all of them at a rate for some seconds and says what came of it: what was committed
and numbered, how late, and what each row cost each process, by the kernel's account. A position that is missing, or
given to no row, is an error.
"""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle

import psycopg
from sqlalchemy import select

from app.domain import orders
from app.extensions import db
from app.models import EventLog
from gateway.sequencer import Sequencer
from tests.cast import make_cast
from tests.factories import order_in
from tests.services import PostgresServer, RedisServer, free_port

from . import process, told
from .bulk import Bulk, prepare
from .machine import LOAD_CORE, SERVER_CORE
from .stage import Stage, stage

_PATIENCE = 120.0
# Rows that each log has from before: PostgreSQL plans for a table of that size.
_BEFORE = 50_000
# The defaults would write a checkpoint every few seconds at these rates.
_SETTINGS = {"track_commit_timestamp": "on", "shared_buffers": "1GB", "max_wal_size": "8GB"}
_WAITING = "select exists (select from event_log where position is null), position from log_head"
# A row's xmin is the transaction that numbered it.
_DELAYS = """
    with delays as (
        select pg_xact_commit_timestamp(xmin) as numbered, position,
               pg_xact_commit_timestamp(event_id::xid8::xid) as committed
          from event_log where position > %s
    )
    select count(*), max(position) - %s, extract(epoch from max(numbered) - min(committed))::float,
           percentile_disc(array[0.5, 0.99, 1]) within group (order by extract(epoch from numbered - committed)::float)
      from delays
"""


@dataclass(frozen=True, slots=True)
class Slice:
    """One run: rows a second, seconds of delay, rows that waited at its end, CPU in µs and bytes of WAL for a row."""

    committed: float
    numbered: float
    delays: list[float]
    waiting: int
    costs: dict[str, float]
    wal: float


class Cuts:
    """`count` logs with their gateways, the first of each numbering."""

    def __init__(self, scene: Stage, count: int, gateways: int, redis: RedisServer | None) -> None:
        assert scene.postgres is not None
        self._postgres = scene.postgres
        self._redis = redis
        self._urls = _databases(scene, scene.postgres, count)
        self._bulks = [Bulk(url) for url in self._urls]
        cores = cycle((SERVER_CORE, LOAD_CORE))
        self._gateways = [[_gateway(scene, url, next(cores), redis) for _ in range(gateways)] for url in self._urls]

    @property
    def urls(self) -> list[str]:
        """The databases, for libpq."""
        return self._urls

    def slice(self, rate: float, seconds: float) -> Slice:
        """Fill all logs together at `rate` rows a second, wait until all is numbered and fanned out, and look back."""
        heads = [self._settled(number) for number in range(len(self._urls))]
        before, wal = self._cpu(), self._wal()
        with ThreadPoolExecutor() as pool:
            rows = sum(pool.map(lambda bulk: bulk.run(rate / len(self._bulks), seconds), self._bulks))
        waiting = rows - sum(self._fanned_out()) + sum(heads)
        for number in range(len(self._urls)):
            self._settled(number)
        after = self._cpu()
        costs = {name: (after[name] - before[name]) / rows * 1e6 for name in after}
        found = [_delays(url, head) for url, head in zip(self._urls, heads, strict=True)]
        worst = [max(delays[place] for _, delays in found) for place in range(3)]
        return Slice(rows / seconds, sum(rate for rate, _ in found), worst, waiting, costs, (self._wal() - wal) / rows)

    def drain(self, rows: int) -> tuple[float, float]:
        """Commit so many rows to the first log, then number them here: rows a second, and CPU in µs for a row."""
        self._bulks[0].write(rows)
        with psycopg.connect(self._urls[0], autocommit=True) as connection:
            pid = connection.info.backend_pid
            cpu, began = process.cpu_seconds(pid), time.perf_counter()
            count = _number(connection)
            seconds, cpu = time.perf_counter() - began, process.cpu_seconds(pid) - cpu
        return count / seconds, cpu / count * 1e6

    def _settled(self, number: int) -> int:
        """The head of one log, once all of it is numbered and every gateway of it has fanned it out."""
        until = time.monotonic() + _PATIENCE
        with psycopg.connect(self._urls[number], autocommit=True) as connection:
            while True:
                waits, head = connection.execute(_WAITING).fetchall()[0]
                if not waits and all(_reached(port) >= head for port, _ in self._gateways[number]):
                    return int(head)
                if time.monotonic() > until:
                    raise RuntimeError("rows of the log are not numbered or not fanned out")
                time.sleep(0.05)

    def _fanned_out(self) -> list[int]:
        return [min(_reached(port) for port, _ in gateways) for gateways in self._gateways]

    def _cpu(self) -> dict[str, float]:
        """CPU seconds so far, by whose they are."""
        assert self._postgres.process is not None
        writers = sum(bulk.cpu for bulk in self._bulks)
        numbering, reading = 0.0, 0.0
        for url in self._urls:
            # Of the feeds of one log the one that numbers has the most to do.
            first, *others = sorted(map(process.cpu_seconds, _feeds(url)), reverse=True)
            numbering, reading = numbering + first, reading + sum(others)
        whole = process.tree_cpu_seconds(self._postgres.process.pid)
        costs = {
            "writing": writers,
            "numbering and reading": numbering,
            "another's reading": reading,
            "rest of PostgreSQL": whole - writers - numbering - reading,
            "gateway": sum(process.cpu_seconds(pid) for gateways in self._gateways for _, pid in gateways[:1]),
            "another gateway": sum(process.cpu_seconds(pid) for gateways in self._gateways for _, pid in gateways[1:]),
        }
        if self._redis is not None and self._redis.process is not None:
            costs["Redis"] = process.cpu_seconds(self._redis.process.pid)
        return costs

    def _wal(self) -> int:
        with psycopg.connect(self._urls[0]) as connection:
            return int(connection.execute("select pg_current_wal_lsn() - '0/0'").fetchall()[0][0])


@contextmanager
def cuts(count: int = 1, *, gateways: int = 1, with_redis: bool = False) -> Iterator[Cuts]:
    """So many logs on a new PostgreSQL, each with so many gateways; everything ends with the block."""
    with stage("PostgreSQL", **_SETTINGS) as scene:
        redis = scene.closing.enter_context(RedisServer()) if with_redis else None
        yield Cuts(scene, count, gateways, redis)


def _databases(scene: Stage, postgres: PostgresServer, count: int) -> list[str]:
    """The stage's database, and copies of it that live lives of their own; each has been at work for a while."""
    # Nobody may be connected to what is copied.
    db.session.remove()
    db.engine.dispose()
    copies = [postgres.create_database("cut", template=scene.url) for _ in range(count - 1)]
    urls = [_libpq(url) for url in (scene.url, *copies)]
    cast = make_cast()
    order = order_in(cast, "preparing")
    orders.mark_ready(order, by=cast.vendor)
    told = select(EventLog).where(EventLog.order_id == order.id, EventLog.created_at == order.changed_at)
    rows = db.session.scalars(told.order_by(EventLog.id)).all()
    db.session.rollback()
    for url in urls:
        prepare(url, rows)
        Bulk(url).write(_BEFORE)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("update log_head set epoch = left(md5(current_database()), 8)")
            _number(connection)
            connection.execute("vacuum analyze event_log")
    return urls


def _number(connection: psycopg.Connection) -> int:
    """Number all that waits; how many rows."""
    sequencer, count = Sequencer(connection, "bulk"), 0
    while counted := sequencer.step():
        count += counted
    sequencer.release()
    return count


def _gateway(scene: Stage, url: str, core: int, redis: RedisServer | None) -> tuple[int, int]:
    """The port and the process of a real gateway."""
    port = free_port()
    settings = {"DATABASE_URL": url, "GATEWAY_PORT": str(port), "ALLOWED_ORIGINS": "http://localhost"}
    if redis is not None:
        settings["REDIS_URL"] = redis.url
    command = [sys.executable, "-m", "gateway"]
    return port, scene.start(command, port, path="/ready", core=core, **settings).pid


def _reached(port: int) -> int:
    # /ready would say 503 to whoever is behind by seconds.
    return int(told.number(port, "position") or 0)


def _feeds(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "select pid from pg_stat_activity where application_name = 'passline-gateway-feed'"
            " and datname = current_database()"
        )
        return [pid for (pid,) in found]


def _delays(url: str, head: int) -> tuple[float, list[float]]:
    """Rows numbered a second after position `head`, and the p50, p99 and worst delay from commit to position."""
    with psycopg.connect(url) as connection:
        count, positions, seconds, delays = connection.execute(_DELAYS, (head, head)).fetchall()[0]
    if count != positions:
        raise RuntimeError(f"{count} rows have {positions} positions")
    return count / seconds, delays


def _libpq(url: str) -> str:
    return url.replace("+psycopg", "", 1)
