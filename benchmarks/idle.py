"""What a connection that says nothing costs in memory, with ten thousand of them, each authenticated by its session.

The growth of the server's resident memory, from when it has served a few clients to when all are in and it has come
to rest. One contender stands at a time. Memory hardly differs between runs: one by default, BENCH_IDLE_ROUNDS more.
"""

import os

from . import contenders
from .audience import Seat, seats
from .contenders import Contender
from .crowd import Crowd
from .machine import LOAD_CORE
from .process import allow_descriptors
from .stage import stage
from .table import Row, median

CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "10000"))
ROUNDS = int(os.environ.get("BENCH_IDLE_ROUNDS", "1"))
_WARM_UP = 100


def run() -> list[Row]:
    """One row."""
    os.sched_setaffinity(0, {LOAD_CORE})
    count = min(CONNECTIONS, allow_descriptors(CONNECTIONS + 1000) - 1000)
    with stage("SQLite") as scene:
        people = seats(scene.app, count, count // 3)
        sizes: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for one in contenders.one_by_one(scene):
                sizes.setdefault(one.name, []).append(_kibibytes(one, people))
    return [_row(count, {name: median(of_rounds) for name, of_rounds in sizes.items()})]


def _row(count: int, sizes: dict[str, float]) -> Row:
    ours = sizes.pop("Passline")
    return Row(
        f"memory per idle connection, {count:,} of them",
        "SQLite",
        f"{ours:.1f} KiB",
        ", ".join(f"{name} {size:.1f} KiB (ratio {ours / size:.2f})" for name, size in sizes.items()),
        "≤ 0.33 × stock",
        all(ours <= size / 3 for name, size in sizes.items() if name == "stock"),
    )


def _kibibytes(one: Contender, people: list[Seat]) -> float:
    with Crowd() as crowd:
        crowd.leave(crowd.enter(one.port, map(one.hello, people[:_WARM_UP])))
        one.settle(crowd)
        before = one.memory
        crowd.enter(one.port, map(one.hello, people))
        one.settle(crowd)
        return (one.memory - before) / len(people) / 1024
