"""How many clients with a session come in per CPU second of the server, beside the stock recipe with the same check.

From the connection to the packet that says "you are in": upgrade, Engine.IO, Socket.IO, the cookie's signature, the
session's row with its person's, the room. Each round has people of its own: nobody is known from before. Node, which
asks nobody who they are, stands beside as what Socket.IO itself costs. Three rounds in turn; medians.
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

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "1500"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
_WARM_UP = 100


def run() -> list[Row]:
    """One row."""
    os.sched_setaffinity(0, {LOAD_CORE})
    allow_descriptors(PEOPLE + 1000)
    with stage("SQLite") as scene, Crowd() as crowd:
        people = seats(scene.app, PEOPLE * ROUNDS + _WARM_UP, PEOPLE // 3)
        running = [contenders.passline(scene), *contenders.peers(scene)]
        rates: dict[str, list[float]] = {one.name: [] for one in running}
        for one in running:
            _rate(crowd, one, people[PEOPLE * ROUNDS :])
        for turn in range(ROUNDS):
            for one in running:
                rates[one.name].append(_rate(crowd, one, people[PEOPLE * turn : PEOPLE * (turn + 1)]))
    return [_row({name: median(of_rounds) for name, of_rounds in rates.items()})]


def _row(rates: dict[str, float]) -> Row:
    ours = rates.pop("Passline")
    words = {"Node": "Node, which checks nothing"}
    return Row(
        "handshakes with a session, per CPU second",
        "SQLite",
        f"{ours:,.0f} ({1000 / ours:.2f} ms each)",
        ", ".join(f"{words.get(name, name)} {rate:,.0f} (ratio {ours / rate:.2f})" for name, rate in rates.items()),
        "≥ 1.5 × stock",
        all(ours >= 1.5 * rate for name, rate in rates.items() if name == "stock"),
    )


def _rate(crowd: Crowd, one: Contender, people: list[Seat]) -> float:
    """Handshakes per CPU second; who came in leaves again, at nobody's cost."""
    began = one.cpu
    clients = crowd.enter(one.port, map(one.hello, people))
    rate = len(people) / (one.cpu - began)
    crowd.leave(clients)
    one.settle(crowd)
    return rate
