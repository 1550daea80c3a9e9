"""Ten thousand clients come back in one instant, each with twenty events to catch up on: how soon have all of them all?

Warm: the gateway ran on, and the events are in its memory. Cold: it was killed, and a new one has read nothing yet.
Clients come back as stock ones do: who is turned away tries again after a second or so, from where it got to. SQL
statements of the gateway are counted in PostgreSQL's own log, but for those with which its feed follows the log of
events, storm or no storm; on SQLite in the gateway's metric `statements_total`, where it has one.
"""

import os
import re
import time
from dataclasses import dataclass

from app.extensions import db
from app.models.event_log import head

from . import contenders, told
from .audience import Seat, seats
from .contenders import Contender
from .crowd import Client, Crowd, Missing
from .machine import LOAD_CORE
from .process import allow_descriptors
from .stage import Stage, stage
from .table import Row

CLIENTS = int(os.environ.get("BENCH_STORM", "10000"))
MISSED = int(os.environ.get("BENCH_MISSED", "20"))
# Screens of one restaurant: with ten of them, 20,000 rows of the log are missed.
SCREENS = int(os.environ.get("BENCH_SCREENS", "10"))
DATABASES = os.environ.get("BENCH_STORM_ON", "PostgreSQL").split(",")
WITHIN, STATEMENTS = 15.0, 200
_PATIENCE = 120.0
_BATCH = 500

_LOGGING = {"log_statement": "all", "log_line_prefix": "%a|", "logging_collector": "off"}
_STATEMENT = re.compile(rb"^passline-gateway\|.*?LOG: +(?:statement|execute [^:]*): +(\w+)", re.MULTILINE)
_FRAMING = {b"begin", b"commit", b"rollback", b"set", b"show"}


@dataclass(frozen=True)
class Storm:
    """How one went. `statements` is None where nobody tells."""

    seconds: float | None
    statements: int | None
    framing: int
    cpu: float
    losses: int
    problem: str


def run() -> list[Row]:
    """Warm and cold, for each database."""
    os.sched_setaffinity(0, {LOAD_CORE})
    count = min(CLIENTS, allow_descriptors(CLIENTS + 1000) - 1000) // SCREENS * SCREENS
    return [row for database in DATABASES for row in _on(database, count)]


def _on(database: str, count: int) -> list[Row]:
    settings = _LOGGING if database == "PostgreSQL" else {}
    with stage(database, **settings) as scene:
        people = seats(scene.app, count, count // SCREENS)
        gateway = contenders.passline(scene)
        _come_once(gateway, people)
        since = _position()
        _write_what_they_miss(people)
        _wait_for_feed(gateway)
        warm = _storm(scene, gateway, people, since)
        gateway.stop()
        since = _position()
        _write_what_they_miss(people)
        gateway = contenders.passline(scene)
        cold = _storm(scene, gateway, people, since)
    return [_row(f"memory {kind}", database, count, storm) for kind, storm in (("warm", warm), ("cold", cold))]


def _row(kind: str, database: str, count: int, storm: Storm) -> Row:
    counted = "not told" if storm.statements is None else f"{storm.statements:,}"
    took = f"all caught up in {storm.seconds:.1f} s" if storm.seconds is not None else storm.problem
    return Row(
        f"{count:,} clients back at once, {MISSED} events missed, {kind}",
        database,
        f"{took}, {counted} SQL statements",
        f"{storm.cpu:.1f} s CPU, {storm.losses:,} turned away, {storm.framing:,} BEGIN or ROLLBACK",
        f"≤ {WITHIN:.0f} s, < {STATEMENTS} statements",
        storm.seconds is not None
        and storm.seconds <= WITHIN
        and storm.statements is not None
        and storm.statements < STATEMENTS,
    )


def _storm(scene: Stage, gateway: Contender, people: list[Seat], since: str) -> Storm:
    """All at once; each must get its events in order, once."""

    def again(client: Client, seen: str | None) -> contenders.Hello:
        return contenders.authenticated(gateway.port, people[client.number], seen or since)

    counts, cpu, began = _statements(scene, gateway), gateway.cpu, time.monotonic()
    seconds, problem = None, ""
    with Crowd(again) as crowd:
        expected = len(people) * MISSED
        hellos = [contenders.authenticated(gateway.port, seat, since) for seat in people]
        try:
            clients = crowd.enter(gateway.port, hellos, at_once=len(people), patience=_PATIENCE)
            crowd.wait(lambda: crowd.received >= expected and crowd.entered >= len(people), _PATIENCE)
            seconds = time.monotonic() - began
            crowd.check(clients, MISSED)
        except Missing as missing:
            seconds, problem = None, f"not within {_PATIENCE:.0f} s ({missing})"
        cpu = gateway.cpu - cpu
        statements, framing = (now - then for now, then in zip(_statements(scene, gateway), counts, strict=True))
    return Storm(seconds, None if counts[0] < 0 else statements, framing, cpu, crowd.losses, problem)


def _come_once(gateway: Contender, people: list[Seat]) -> None:
    """As on any evening: all are there, and then all are gone."""
    with Crowd() as crowd:
        crowd.leave(crowd.enter(gateway.port, map(gateway.hello, people)), abruptly=True)
        gateway.settle(crowd)


def _write_what_they_miss(people: list[Seat]) -> None:
    rooms = [seat.room for seat in people[: len(people) // SCREENS]]
    events = [(room, mark) for mark in range(1, MISSED + 1) for room in rooms]
    for start in range(0, len(events), _BATCH):
        contenders.write_rows(events[start : start + _BATCH])


def _position() -> str:
    db.session.rollback()
    return str(head(db.session))


def _wait_for_feed(gateway: Contender) -> None:
    """Until the gateway has everything that was written."""
    until = time.monotonic() + _PATIENCE
    while told.position(gateway.port) != _position():
        if time.monotonic() > until:
            raise RuntimeError("the gateway does not catch up with the log")
        time.sleep(0.1)


def _statements(scene: Stage, gateway: Contender) -> tuple[int, int]:
    """What the gateway asked of the database so far: statements, and BEGINs and ROLLBACKs; (-1, 0): nobody tells."""
    if scene.postgres is None:
        told_so_far = told.number(gateway.port, "statements_total")
        return (-1, 0) if told_so_far is None else (int(told_so_far), 0)
    words = [word.lower() for word in _STATEMENT.findall(scene.postgres.log.read_bytes())]
    framing = sum(word in _FRAMING for word in words)
    return len(words) - framing, framing
