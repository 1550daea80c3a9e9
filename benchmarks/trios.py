"""A thousand rooms of three screens, the shape of real evenings: how many deliveries a second, and how late at 2,000.

The most: events are written as fast as they are delivered, a bounded number of them on their way, so that the server
is never without work; deliveries are then counted per second of its CPU, which is what one full core does, whoever
else uses the machine. The delay: a process of its own commits at a steady rate, noting the moment of each commit.
"""

import os
import time
from multiprocessing import get_context
from multiprocessing.sharedctypes import RawArray
from typing import Any

from app.config import Config
from app.factory import create_app

from . import contenders
from .audience import Seat, seats
from .contenders import Contender
from .crowd import Client, Crowd
from .machine import LOAD_CORE
from .process import allow_descriptors
from .stage import KEY, Stage, stage
from .table import Row, median, percentile

ROOMS = int(os.environ.get("BENCH_TRIOS", "1000"))
SCREENS = 3
SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
RATE = int(os.environ.get("BENCH_RATE", "2000"))
# Events in one transaction: while a queue is worked off, and at a steady rate (what a change of state writes).
_BATCH, _STEP = 50, 5
_ON_THEIR_WAY = 2000 * SCREENS
_PATIENCE = 60.0


def run() -> list[Row]:
    """The most, and the delay."""
    os.sched_setaffinity(0, {LOAD_CORE})
    allow_descriptors(ROOMS * SCREENS * 3 + 1000)
    with stage("SQLite") as scene, Crowd() as crowd:
        people = seats(scene.app, ROOMS * SCREENS, ROOMS)
        running = [contenders.passline(scene), *contenders.peers(scene)]
        screens = {one.name: crowd.enter(one.port, map(one.hello, people)) for one in running}
        most = {one.name: [] for one in running}
        for _ in range(ROUNDS):
            for one in running:
                most[one.name].append(_flood(crowd, one, people, screens[one.name]))
        for one in running[1:]:
            crowd.leave(screens[one.name])
            one.stop()
        delays = _trickle(scene, crowd, people, screens["Passline"])
    return [_most({name: median(rounds) for name, rounds in most.items()}), _delay(*delays)]


def _most(rates: dict[str, float]) -> Row:
    ours = rates.pop("Passline")
    return Row(
        f"most deliveries/s of one core, {ROOMS:,} rooms of {SCREENS}",
        "SQLite",
        f"{ours:,.0f}/s",
        ", ".join(f"{name} {rate:,.0f}/s (ratio {ours / rate:.2f})" for name, rate in rates.items()),
        "≥ 2 × stock",
        all(ours >= 2 * rate for name, rate in rates.items() if name == "stock"),
    )


def _delay(delays: list[float], rate: float) -> Row:
    p50, p99, worst = (percentile(delays, percent) * 1000 for percent in (50, 99, 100))
    return Row(
        f"commit to socket at {RATE:,} events/s, {ROOMS:,} rooms of {SCREENS}",
        "SQLite",
        f"p50 {p50:.1f} ms, p99 {p99:.1f}, worst {worst:.1f}",
        f"{len(delays):,} deliveries, none missing; {rate:,.0f} events/s were committed",
        "p99 ≤ 10 ms",
        p99 <= 10 and rate >= 0.95 * RATE,
    )


def _flood(crowd: Crowd, one: Contender, people: list[Seat], clients: list[Client]) -> float:
    """Deliveries per CPU second of the server, of a queue that never runs dry; each room gets as many events."""
    rooms = [seat.room for seat in people[:ROOMS]]
    start = crowd.received
    until, cpu, sent = time.monotonic() + SECONDS, one.cpu, 0
    # Whole turns through all rooms, so that every screen has the same count to be checked against.
    while time.monotonic() < until or sent % ROOMS:
        one.emit([(rooms[n % ROOMS], _next_mark()) for n in range(sent, sent + _BATCH)])
        sent += _BATCH
        crowd.wait(lambda sent=sent: sent * SCREENS - (crowd.received - start) < _ON_THEIR_WAY, _PATIENCE)
    crowd.wait(lambda: crowd.received - start >= sent * SCREENS, _PATIENCE)
    cpu = one.cpu - cpu
    crowd.check(clients, sent // ROOMS)
    return sent * SCREENS / cpu


_marks = iter(range(1, 10**8))


def _next_mark() -> int:
    return next(_marks)


def _trickle(scene: Stage, crowd: Crowd, people: list[Seat], clients: list[Client]) -> tuple[list[float], float]:
    """Seconds from commit to socket of each delivery, and the events per second that were committed."""
    first = _next_mark()
    count = max(1, int(RATE * SECONDS) // ROOMS) * ROOMS
    commits = RawArray("d", count)
    rooms = [seat.room for seat in people[:ROOMS]]
    writer = get_context("spawn").Process(target=_write_steadily, args=(scene.url, rooms, first, commits, RATE))
    crowd.arrivals = []
    start = crowd.received
    writer.start()
    try:
        crowd.wait(lambda: crowd.received - start >= count * SCREENS, count / RATE * 5 + _PATIENCE)
    finally:
        writer.terminate()
        writer.join()
    crowd.check(clients, count // ROOMS)
    delays = [at - commits[mark - first] for mark, at in crowd.arrivals]
    crowd.arrivals = None
    # The first commits are made by a writer that is still warming up.
    warm = int(RATE / 2) * SCREENS
    return delays[warm:] or delays, (count - _STEP) / (commits[count - 1] - commits[0])


def _write_steadily(url: str, rooms: list[str], first: int, commits: Any, rate: float) -> None:
    """In a process of its own: one transaction of a few rows after another, each at its time."""
    os.sched_setaffinity(0, {LOAD_CORE})
    app = create_app(Config(env="test", secret_key=KEY, database_url=url, log_level="ERROR"))
    with app.app_context():
        began = time.perf_counter()
        for n in range(0, len(commits), _STEP):
            time.sleep(max(0.0, began + n / rate - time.perf_counter()))
            some = range(n, min(n + _STEP, len(commits)))
            contenders.write_rows([(rooms[i % len(rooms)], first + i) for i in some])
            commits[some.start : some.stop] = [time.perf_counter()] * len(some)
