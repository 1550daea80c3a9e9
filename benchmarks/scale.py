"""Ten times the target: real sequencers and gateways on logs that are filled in bulk. What gives way, and when.

Only when it is named (`make bench ARGS=scale`): it takes three minutes, and what it finds depends on the machine's
cores more than on us. Beside each rate stands what one row costs each process; docs/scale.md counts with that.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import psycopg

from .cuts import Cuts, Slice, cuts
from .machine import EVERY_CORE
from .table import Row, median

TARGET = int(os.environ.get("BENCH_ROWS", "5000"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
TIMES = (2, 4, 6, 10)
LOGS = 4
# Rows that wait for the sequencer alone; seconds for which a report reads beside it.
_BACKLOG, _REPORT = 50_000, 30.0


def run() -> list[Row]:
    """The sequencer alone, the target with two gateways, more of it, four logs, and a report that is open meanwhile."""
    # PostgreSQL and its writers may use both cores; each gateway has one.
    os.sched_setaffinity(0, EVERY_CORE)
    rows = [_alone()]
    for with_redis in (False, True):
        with cuts(gateways=2, with_redis=with_redis) as log:
            how = "two gateways and Redis" if with_redis else "two gateways"
            rows.append(_row(f"one log, {how}", TARGET, _slices(log)))
    with cuts() as log:
        rows += [_row("one log", TARGET * times, [log.slice(TARGET * times, SECONDS)]) for times in TIMES]
    with cuts(LOGS) as logs:
        rows.append(_row(f"{LOGS} logs, each with a gateway", TARGET * 10, [logs.slice(TARGET * 10, SECONDS)]))
    with cuts() as log, _report(log.urls[0]):
        rows.append(_row(f"one log, beside a report of {_REPORT:.0f} s", TARGET, [log.slice(TARGET, _REPORT)]))
    return rows


def _alone() -> Row:
    """One sequencer, and nobody else at work: how fast it can ever be."""
    with cuts(gateways=0) as log:
        drains = [log.drain(_BACKLOG) for _ in range(ROUNDS)]
    rate, cpu = (median([drain[place] for drain in drains]) for place in range(2))
    return Row(
        f"the sequencer alone, {_BACKLOG:,} rows that wait",
        "PostgreSQL",
        f"{rate:,.0f} rows/s",
        f"µs of CPU a row: {cpu:.0f}",
        f"{TARGET * 10:,} rows/s",
        rate >= TARGET * 10,
    )


def _slices(log: Cuts) -> list[Slice]:
    return [log.slice(TARGET, SECONDS) for _ in range(ROUNDS)]


def _row(what: str, rate: int, slices: Sequence[Slice]) -> Row:
    def middle(of: Callable[[Slice], float]) -> float:
        return median([of(one) for one in slices])

    numbered, p99 = middle(lambda one: one.numbered), middle(lambda one: one.delays[1]) * 1000
    costs = {name: median([one.costs[name] for one in slices]) for name in slices[0].costs}
    told = ", ".join(f"{name} {cost:.0f}" for name, cost in costs.items() if cost >= 0.5)
    return Row(
        f"{what}, {rate:,} rows/s",
        "PostgreSQL",
        f"{numbered:,.0f} rows/s, p50 {middle(lambda one: one.delays[0]) * 1000:,.0f} ms, p99 {p99:,.0f}; "
        f"{middle(lambda one: one.waiting):,.0f} rows not sent at the end",
        f"{middle(lambda one: one.committed):,.0f} rows/s were committed; µs of CPU a row: {told}; "
        f"WAL {middle(lambda one: one.wal):,.0f} bytes",
        f"{rate:,} rows/s, p99 ≤ 100 ms",
        numbered >= 0.95 * rate and p99 <= 100,
    )


@contextmanager
def _report(url: str) -> Iterator[None]:
    """A transaction that only reads, and keeps its view of the database, as a report or a dump does."""
    with psycopg.connect(url) as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute("select count(*) from orders")
        yield
