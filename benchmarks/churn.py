"""Clients come and go without end, in every way there is, while others stay and hear every event: what does it leave?

Memory, descriptors and greenlets of the gateway, with the same clients inside: after some churn to warm up, and at the
end; what it remembers of the log on purpose is filled before. Flat means: as many descriptors and greenlets, and
memory that grew by at most a twentieth. BENCH_CHURN_SECONDS=3600 makes it the hour. Greenlets are told by the
gateway's metric `greenlets`, where it has one.
"""

import os
import random
import time
from dataclasses import dataclass
from itertools import count, islice

from . import contenders, process, told
from .audience import Seat, seats
from .contenders import Contender
from .crowd import Client, Crowd
from .machine import LOAD_CORE
from .stage import Stage, stage
from .table import Row

SECONDS = float(os.environ.get("BENCH_CHURN_SECONDS", "20"))
RESIDENTS, PASSING = 60, 300
# Clients that leave, and as many that come, with each event.
_CHANGING = 30
_WARM_UP = 1500
_GROWTH = 1.05
# Transactions with a row for each resident, between two looks at what is remembered.
_FILL = 50
# A WebSocket close frame, code 1001: the page is left.
_CLOSE = b"\x88\x82\0\0\0\0\x03\xe9"


@dataclass(frozen=True)
class State:
    """What the gateway holds at a moment, with the same clients inside."""

    memory: int
    descriptors: int
    greenlets: float | None


def run() -> list[Row]:
    """One row."""
    os.sched_setaffinity(0, {LOAD_CORE})
    with stage("SQLite") as scene, Crowd() as crowd:
        people = seats(scene.app, RESIDENTS + PASSING, RESIDENTS)
        gateway = contenders.passline(scene)
        residents = crowd.enter(gateway.port, map(gateway.hello, people[:RESIDENTS]))
        passing = crowd.enter(gateway.port, map(gateway.hello, people[RESIDENTS:]))
        marks = count(1)
        _fill_its_memory(crowd, gateway, residents, [seat.room for seat in people[:RESIDENTS]], marks)
        _churn(crowd, gateway, people, residents, passing, marks, least=_WARM_UP)
        before = _state(crowd, gateway, scene)
        come = _churn(crowd, gateway, people, residents, passing, marks, seconds=SECONDS)
        after = _state(crowd, gateway, scene)
    return [_row(come, before, after)]


def _row(come: int, before: State, after: State) -> Row:
    greenlets = "not told" if after.greenlets is None else f"{before.greenlets:.0f} → {after.greenlets:.0f}"
    return Row(
        f"churn for {SECONDS:.0f} s, {come:,} came and went",
        "SQLite",
        f"memory {before.memory / 2**20:.1f} → {after.memory / 2**20:.1f} MiB,"
        f" descriptors {before.descriptors} → {after.descriptors}, greenlets {greenlets}",
        f"{RESIDENTS} who stayed heard every event, once, in order",
        "flat",
        after.memory <= before.memory * _GROWTH
        and after.descriptors <= before.descriptors
        and after.greenlets == before.greenlets,
    )


def _churn(
    crowd: Crowd,
    gateway: Contender,
    people: list[Seat],
    residents: list[Client],
    passing: list[Client],
    marks: "count[int]",
    *,
    seconds: float = 0,
    least: int = 0,
) -> int:
    """Replace some of `passing`, send every resident an event, and again: for so long, and so many; how many came."""
    rooms = [seat.room for seat in people[:RESIDENTS]]
    until, come, events = time.monotonic() + seconds, 0, 0
    while time.monotonic() < until or come < least:
        random.shuffle(passing)
        leaving, staying = passing[:_CHANGING], passing[_CHANGING:]
        seats_left = [people[RESIDENTS + client.number] for client in leaving]
        numbers = [client.number for client in leaving]
        _leave(crowd, leaving)
        coming = crowd.enter(gateway.port, map(gateway.hello, seats_left))
        for client, number in zip(coming, numbers, strict=True):
            client.number = number
        passing[:] = staying + coming
        come, events = come + len(coming), events + 1
        gateway.emit(list(zip(rooms, islice(marks, len(rooms)), strict=True)))
        crowd.wait(lambda events=events: sum(one.count for one in residents) >= events * RESIDENTS, 60)
    crowd.check(residents, events)
    return come


def _fill_its_memory(
    crowd: Crowd, gateway: Contender, residents: list[Client], rooms: list[str], marks: "count[int]"
) -> None:
    """Write rows until the gateway remembers no more of them than before; each is heard, for its frame is kept too."""
    held, more, events = -1.0, told.number(gateway.port, "recent_rows") or 0.0, 0
    while more > held:
        for _ in range(_FILL):
            gateway.emit(list(zip(rooms, islice(marks, len(rooms)), strict=True)))
            events += 1
        crowd.wait(lambda events=events: sum(one.count for one in residents) >= events * RESIDENTS, 60)
        held, more = more, told.number(gateway.port, "recent_rows") or 0.0
    crowd.check(residents, events)


def _leave(crowd: Crowd, leaving: list[Client]) -> None:
    """A third says so, a third just closes, a third resets the connection."""
    third = len(leaving) // 3
    for client in leaving[:third]:
        assert client.connection is not None
        client.connection.send(_CLOSE)
    crowd.leave(leaving[: 2 * third])
    crowd.leave(leaving[2 * third :], abruptly=True)


def _state(crowd: Crowd, gateway: Contender, scene: Stage) -> State:
    # Longer than the gateway gives those who do not close from their side.
    crowd.rest(4)
    gateway.settle(crowd)
    pid = gateway.server.pid
    # The pool to the database fills up when several clients ask at once, now or in an hour; it is bounded.
    database = scene.url.removeprefix("sqlite:///")
    return State(gateway.memory, process.descriptors(pid, but=database), told.number(gateway.port, "greenlets"))
