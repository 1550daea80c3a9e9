"""The log on PostgreSQL under eight writers: how soon a committed row has its position, and what writers pay for it.

Each writer walks an order of its own back and forth with the application's own statements, recorded and sent through
the driver alone, three rows of the log each; "without the log" is the same transaction but for these rows. The gateway
numbers. Both moments, commit and position, are PostgreSQL's own commit timestamps, read when all is over.
"""

import os
import pickle
import subprocess
import sys
import time
from unittest.mock import patch

from sqlalchemy import text

from app.domain import log, orders
from app.domain.log import append
from app.extensions import db
from tests.cast import Cast, make_cast
from tests.factories import order_in

from . import contenders, process
from .machine import EVERY_CORE, LOAD_CORE, keep_on
from .stage import ROOT, Stage, end, stage
from .statements import recorded
from .table import Row, median
from .writers import Statement

WRITERS = 8
ROWS = 3
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
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
        _write(writers, with_log=True, seconds=1)
        rates: dict[bool, list[float]] = {True: [], False: []}
        costs: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(ROUNDS):
            for with_log in (True, False):
                before = _cpu(scene, gateway, writers)
                rates[with_log].append(_write(writers, with_log=with_log, seconds=SECONDS))
                _wait_until_numbered()
                spent = _cpu(scene, gateway, writers) - before
                costs[with_log].append(spent / (rates[with_log][-1] * SECONDS))
        last = db.session.scalar(_LAST)
        rate = _write(writers, with_log=True, seconds=SECONDS, rate=TARGET / ROWS) * ROWS
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


def _cpu(scene: Stage, gateway: contenders.Contender, writers: list[subprocess.Popen[bytes]]) -> float:
    """CPU seconds so far of all who share the cores: writers, PostgreSQL, gateway."""
    assert scene.postgres is not None
    assert scene.postgres.process is not None
    postgres = process.tree_cpu_seconds(scene.postgres.process.pid)
    return postgres + gateway.cpu + sum(process.cpu_seconds(writer.pid) for writer in writers)


def _writers(scene: Stage, cast: Cast) -> list[subprocess.Popen[bytes]]:
    """Eight processes on the load's core, each with an order of its own."""
    writers = []
    for _ in range(WRITERS):
        walks = _recorded_walks(cast)
        writer = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.writers"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            preexec_fn=keep_on(LOAD_CORE),
        )
        scene.closing.callback(end, writer)
        assert writer.stdin is not None
        writer.stdin.write(pickle.dumps((scene.url, walks)))
        writer.stdin.flush()
        writers.append(writer)
    for writer in writers:
        _answer(writer)
    return writers


def _recorded_walks(cast: Cast) -> list[list[Statement]]:
    """What there and back sends, if it had three rows of the log."""
    order = order_in(cast, "preparing")
    walks = []
    with patch.object(log, "append", lambda session, messages, **what: append(session, messages[:ROWS], **what)):
        for verb in (orders.mark_ready, orders.recall):
            statements = recorded(lambda verb=verb: verb(order, by=cast.vendor))
            walks.append([(one.sql, one.parameters) for one in statements])
    return walks


def _write(writers: list[subprocess.Popen[bytes]], *, with_log: bool, seconds: float, rate: float = 0) -> float:
    """Let all write at once; transactions per second together."""
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(f"{with_log:d} {seconds} {rate / len(writers)}\n".encode())
        writer.stdin.flush()
    return sum(int(_answer(writer)) for writer in writers) / seconds


def _answer(writer: subprocess.Popen[bytes]) -> bytes:
    assert writer.stdout is not None
    line = writer.stdout.readline()
    if not line:
        raise RuntimeError("a writer has ended")
    return line


def _wait_until_numbered() -> None:
    until = time.monotonic() + _PATIENCE
    while waiting := db.session.scalar(_WAITING):
        db.session.rollback()
        if time.monotonic() > until:
            raise RuntimeError(f"{waiting} rows of the log have no position")
        time.sleep(0.05)
    db.session.rollback()
