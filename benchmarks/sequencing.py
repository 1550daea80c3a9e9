"""The log on PostgreSQL under eight writers: how soon a committed row has its position, and what writers pay for it.

Each writer walks an order of its own back and forth with the application's own statements, recorded and sent by
pgbench, three rows of the log each; "without the log" is the same transaction but for these rows. The gateway
numbers. Both moments, commit and position, are PostgreSQL's own commit timestamps, read when all is over.
"""

import os
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import text

from app.domain import log, orders
from app.domain.log import append
from app.extensions import db
from app.models import Order
from tests.cast import Cast, make_cast
from tests.factories import order_in

from . import contenders, process
from .machine import EVERY_CORE
from .stage import Stage, stage
from .statements import recorded
from .table import Row, median
from .writers import Walk, Writers

WRITERS = 8
ROWS = 3
SECONDS = int(os.environ.get("BENCH_SECONDS", "8"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
TARGET = int(os.environ.get("BENCH_ROWS", "5000"))
_PATIENCE = 60.0

_LAST = text("select coalesce(max(id), 0) from event_log")
_WAITING = text("select count(*) from event_log where position is null")
# A row's xmin is the transaction that numbered it; that of its history row, the one that wrote both.
_DELAYS = text("""
    with delays as (
        select pg_xact_commit_timestamp(log.xmin) as numbered, pg_xact_commit_timestamp(change.xmin) as committed
          from event_log as log
          join order_changes as change on change.order_id = log.order_id
               and change.version = (log.data::json->>'mark')::integer
         where log.id > :last
    )
    select count(*), extract(epoch from max(numbered) - min(committed)),
           percentile_disc(array[0.5, 0.99, 1]) within group (order by extract(epoch from numbered - committed))
      from delays
""")


def run() -> list[Row]:
    """What rows wait, and what writers pay."""
    # PostgreSQL may use both cores: it serves either side.
    os.sched_setaffinity(0, EVERY_CORE)
    with stage("PostgreSQL", track_commit_timestamp="on") as scene:
        gateway = contenders.passline(scene)
        writers = _writers(scene, make_cast())
        writers.write(with_log=True, seconds=1)
        rates: dict[bool, list[float]] = {True: [], False: []}
        costs: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(ROUNDS):
            for with_log in (True, False):
                before = _cpu(scene, gateway, writers)
                rates[with_log].append(writers.write(with_log=with_log, seconds=SECONDS))
                _wait_until_numbered()
                spent = _cpu(scene, gateway, writers) - before
                costs[with_log].append(spent / (rates[with_log][-1] * SECONDS))
        last = db.session.scalar(_LAST)
        rate = writers.write(with_log=True, seconds=SECONDS, rate=TARGET / ROWS) * ROWS
        _wait_until_numbered()
        count, seconds, delays = db.session.execute(_DELAYS, {"last": last}).one()
    return [_delay(rate, count / float(seconds), [float(delay) for delay in delays]), _price(rates, costs)]


def _delay(committed: float, numbered: float, delays: list[float]) -> Row:
    p50, p99, worst = (delay * 1000 for delay in delays)
    return Row(
        f"commit to position, {WRITERS} writers, {TARGET:,} rows/s",
        "PostgreSQL",
        f"{numbered:,.0f} rows/s, p50 {p50:.0f} ms, p99 {p99:.0f}, worst {worst:.0f}",
        f"{committed:,.0f} rows/s were committed, all were numbered",
        f"{TARGET:,} rows/s, p99 ≤ 100 ms",
        numbered >= 0.95 * TARGET and p99 <= 100,
    )


def _price(rates: dict[bool, list[float]], costs: dict[bool, list[float]]) -> Row:
    with_log, without = median(rates[True]), median(rates[False])
    cpu, cpu_without = median(costs[True]) * 1000, median(costs[False]) * 1000
    return Row(
        f"transactions/s of {WRITERS} writers, {ROWS} rows of the log each",
        "PostgreSQL",
        f"{with_log:,.0f}/s ({with_log * ROWS:,.0f} rows/s)",
        f"without the log {without:,.0f}/s (ratio {with_log / without:.2f}); "
        f"CPU of all sides a transaction {cpu:.2f} ms, without {cpu_without:.2f}",
        "≥ 0.67 × without",
        with_log >= without * 2 / 3,
    )


def _cpu(scene: Stage, gateway: contenders.Contender, writers: Writers) -> float:
    """CPU seconds so far of all who share the cores: writers, PostgreSQL, gateway."""
    assert scene.postgres is not None
    assert scene.postgres.process is not None
    return writers.cpu + process.tree_cpu_seconds(scene.postgres.process.pid) + gateway.cpu


def _writers(scene: Stage, cast: Cast) -> Writers:
    """Eight clients, each with an order of its own."""
    first, *others = [order_in(cast, "preparing") for _ in range(WRITERS)]
    assert [order.id - first.id for order in others] == list(range(1, WRITERS))
    folder = Path(scene.closing.enter_context(tempfile.TemporaryDirectory(prefix="passline-writers-")))
    return Writers(scene.url, _recorded_walks(first, cast), first.id, WRITERS, folder)


def _recorded_walks(order: Order, cast: Cast) -> list[Walk]:
    """What there and back sends, if it had three rows of the log."""
    with patch.object(log, "append", lambda session, messages, **what: append(session, messages[:ROWS], **what)):
        return [recorded(lambda verb=verb: verb(order, by=cast.vendor)) for verb in (orders.mark_ready, orders.recall)]


def _wait_until_numbered() -> None:
    until = time.monotonic() + _PATIENCE
    while waiting := db.session.scalar(_WAITING):
        db.session.rollback()
        if time.monotonic() > until:
            raise RuntimeError(f"{waiting} rows of the log have no position")
        time.sleep(0.05)
    db.session.rollback()
