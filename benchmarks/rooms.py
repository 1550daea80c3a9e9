"""What one delivery in a large room costs the server: CPU per delivery, events one at a time, beside floor and peers.

All contenders stand at once, each with a room of its own, and are measured in turn: an event goes out, everybody in
the room gets it, then the next. CPU is that of the server's process and its threads. Three rounds; medians.
"""

import os

from . import contenders
from .audience import Seat, seats
from .contenders import Contender
from .crowd import Client, Crowd
from .machine import LOAD_CORE
from .process import allow_descriptors
from .stage import stage
from .table import Row, median

SIZES = [int(size) for size in os.environ.get("BENCH_ROOMS", "1000,5000").split(",")]
# In each round; what makes a round about as long in either room.
DELIVERIES = int(os.environ.get("BENCH_DELIVERIES", "60000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
_WARM_UP = 10
_PATIENCE = 60.0
_CONTENDERS = 4
# Descriptors of this process that are no clients.
_OTHERS = 200
# At most so many times what each of these costs.
TARGETS = {"floor": 1.25, "Node": 0.6, "stock": 0.25}


def run() -> list[Row]:
    """One row per size of the room."""
    os.sched_setaffinity(0, {LOAD_CORE})
    return [_with_room_of(size) for size in SIZES]


def _with_room_of(wanted: int) -> Row:
    # Before the servers are started, which have the same limit.
    descriptors = allow_descriptors(wanted * _CONTENDERS + _OTHERS) - _OTHERS
    with stage("SQLite") as scene, Crowd() as crowd:
        running = [contenders.passline(scene), contenders.floor(scene), *contenders.peers(scene)]
        size = min(wanted, descriptors // len(running))
        people = seats(scene.app, size, 1)
        costs = _measured(crowd, running, people, max(_WARM_UP, DELIVERIES // size))
    ours = costs.pop("Passline")
    ratios = {name: ours / cost for name, cost in costs.items()}
    return Row(
        f"CPU per delivery, room of {size:,}",
        "SQLite",
        f"{ours:.1f} µs",
        ", ".join(f"{name} {cost:.1f} µs (ratio {ratios[name]:.2f})" for name, cost in costs.items()),
        ", ".join(f"≤ {most} × {name}" for name, most in TARGETS.items()),
        all(ratio <= TARGETS[name] for name, ratio in ratios.items()),
    )


def _measured(crowd: Crowd, running: list[Contender], people: list[Seat], events: int) -> dict[str, float]:
    """Microseconds of CPU per delivery, by contender."""
    rooms = {one.name: crowd.enter(one.port, map(one.hello, people)) for one in running}
    costs: dict[str, list[float]] = {one.name: [] for one in running}
    mark = 0
    for _ in range(ROUNDS):
        for one in running:
            _one_at_a_time(crowd, one, people[0].room, rooms[one.name], range(mark + 1, mark + _WARM_UP + 1))
            mark += _WARM_UP
            began = one.cpu
            _one_at_a_time(crowd, one, people[0].room, rooms[one.name], range(mark + 1, mark + events + 1))
            mark += events
            costs[one.name].append((one.cpu - began) / (events * len(people)) * 1e6)
    return {name: median(of_rounds) for name, of_rounds in costs.items()}


def _one_at_a_time(crowd: Crowd, one: Contender, room: str, clients: list[Client], marks: range) -> None:
    for mark in marks:
        complete = crowd.received + len(clients)
        one.emit([(room, mark)])
        crowd.wait(lambda complete=complete: crowd.received >= complete, _PATIENCE)
    crowd.check(clients, len(marks))
