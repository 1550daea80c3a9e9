"""Two thousand drivers say where they are each second: what does it cost the gateway to tell guests and dispatchers?

A process of its own writes the rows of `live_fixes` that `fixes.record` writes (a guest's room, an order's, dispatch),
in small transactions, a fix a second for each driver. The share is the CPU of the gateway's process for each fix, times
the fixes of a second: what one core would be busy with, whoever else uses the machine. The delay is that from a row's
`at` to each client. In the end each guest must have been told the newest of its driver, and nobody an older one after.
"""

import os
import time
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.sharedctypes import RawArray
from typing import Any

import orjson
from sqlalchemy import bindparam, text

from app.config import Config
from app.contract import events, rooms
from app.contract.times import iso, now
from app.extensions import db
from app.factory import create_app
from app.models import LiveFix

from . import contenders
from .audience import Seat, dispatchers, guests
from .contenders import Contender
from .crowd import Client, Crowd, Missing
from .machine import LOAD_CORE
from .process import allow_descriptors
from .stage import DATABASES, KEY, stage
from .table import Row, percentile
from .wire import DIGITS, masked

DRIVERS = int(os.environ.get("BENCH_DRIVERS", "2000"))
DISPATCHERS = int(os.environ.get("BENCH_DISPATCHERS", "3"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "10"))
# Seconds of it before anything is measured.
_WARM_UP = 5
# Seconds between two transactions of the writer.
_STEP = 0.02
_PATIENCE = 60.0

_EVENT = f'42["{events.DRIVER_MOVED}"'.encode()
# Where the mark of a fix is: its event's id begins with it.
_MARK = b'"event_id":"'
_WRITE = """
    insert into live_fixes (room, driver_id, n, data, at) values (:room, :driver_id, {n}, :data, :at)
        on conflict (room, driver_id) do update set n = excluded.n, data = excluded.data, at = excluded.at
"""
_NEXT = {"sqlite": "(select coalesce(max(n), 0) + 1 from live_fixes)", "postgresql": "nextval('live_fixes_n')"}


def run() -> list[Row]:
    """A row for each database."""
    os.sched_setaffinity(0, {LOAD_CORE})
    allow_descriptors(DRIVERS * 2 + 1000)
    return [_on(database) for database in DATABASES]


def _on(database: str) -> Row:
    with stage(database) as scene, Crowd(event=_EVENT, mark=_MARK) as crowd:
        people, desks = guests(scene.app, DRIVERS), dispatchers(scene.app, DISPATCHERS)
        gateway = contenders.passline(scene)
        clients = crowd.enter(gateway.port, map(gateway.hello, people))
        for client in crowd.enter(gateway.port, map(gateway.hello, desks)):
            assert client.connection is not None
            client.connection.send(masked(b'420["subscribe",' + orjson.dumps({"channel": rooms.ADMIN_DISPATCH}) + b"]"))
        # Marks begin with 1.
        written = RawArray("d", 1 + DRIVERS * int(_WARM_UP + SECONDS + 1))
        writer = get_context("spawn").Process(target=_write_steadily, args=(scene.url, people, written))
        crowd.arrivals = []
        writer.start()
        try:
            share, delivered = _measured(crowd, gateway, written)
            crowd.wait(lambda: written[len(written) - 1] > 0, _PATIENCE, "fixes that were written")
        finally:
            writer.terminate()
            writer.join()
        _check(crowd, clients, len(written) - 1)
        delays = [at - written[mark] for mark, at in crowd.arrivals if mark > DRIVERS * _WARM_UP]
    rate = (len(written) - 1 - DRIVERS * _WARM_UP) / (written[len(written) - 1] - written[1 + DRIVERS * _WARM_UP])
    return _row(database, share, delivered, rate, delays)


def _row(database: str, share: float, delivered: float, rate: float, delays: list[float]) -> Row:
    p50, p99 = (percentile(delays, percent) * 1000 for percent in (50, 99))
    return Row(
        f"{DRIVERS:,} drivers, a fix a second each",
        database,
        f"{share:.0%} of one core, {delivered:,.0f} fixes/s delivered, p50 {p50:.0f} ms, p99 {p99:.0f}",
        f"{DRIVERS:,} guests, {DISPATCHERS} dispatchers; {rate * 3:,.0f} rows/s were written",
        "< 50 % of one core",
        share < 0.5 and rate >= 0.95 * DRIVERS,
    )


def _measured(crowd: Crowd, gateway: Contender, written: Any) -> tuple[float, float]:
    """The share of a core that the gateway's work for DRIVERS fixes a second is, and what it delivered a second."""
    begin = 1 + DRIVERS * _WARM_UP
    crowd.wait(lambda: written[begin] > 0, _PATIENCE, "fixes that were written")
    cpu, received, began = gateway.cpu, crowd.received, time.perf_counter()
    crowd.rest(SECONDS)
    seconds = time.perf_counter() - began
    cpu, received = gateway.cpu - cpu, crowd.received - received
    fixes = sum(began <= at <= began + seconds for at in written)
    return cpu / fixes * DRIVERS, received / seconds


def _check(crowd: Crowd, clients: list[Client], last: int) -> None:
    """Wait until each guest was told the newest of its driver."""
    first = last - DRIVERS + 1
    crowd.wait(lambda: all(client.last >= first for client in clients), _PATIENCE, "newest fixes")
    wrong = [client.number for client in clients if client.last != first + client.number]
    if wrong or crowd.faults:
        raise Missing(f"{len(wrong)} guests without the newest fix, {crowd.faults} that came after a newer one")


def _write_steadily(url: str, people: list[Seat], written: Any) -> None:
    """In a process of its own: for each driver a fix a second; `written` says when each was, by its mark."""
    os.sched_setaffinity(0, {LOAD_CORE})
    app = create_app(Config(env="test", secret_key=KEY, database_url=url, log_level="ERROR"))
    with app.app_context(), db.engine.connect().execution_options(passline_writes=True) as connection:
        statement = text(_WRITE.format(n=_NEXT[connection.dialect.name]))
        statement = statement.bindparams(bindparam("at", type_=LiveFix.at.type))
        began, mark = time.perf_counter(), 1
        while mark < len(written):
            due = min(len(written), 1 + int((time.perf_counter() - began + _STEP) * DRIVERS))
            at, moment = now(), time.perf_counter()
            rows = [row for each in range(mark, due) for row in _rows(people, each, at)]
            if rows:
                connection.execute(statement, rows)
                connection.commit()
                written[mark:due] = [moment] * (due - mark)
            mark = max(mark, due)
            time.sleep(max(0.0, began + (mark - 1) / DRIVERS - time.perf_counter()))


def _rows(people: list[Seat], mark: int, at: datetime) -> list[dict[str, Any]]:
    """What one fix of one driver writes."""
    driver = (mark - 1) % DRIVERS
    data = {
        "ticket_id": 100_000 + driver,
        "driver_id": driver,
        "driver_name": f"Driver Number {driver}",
        "latitude": 38.7139 + mark % 1000 / 1e5,
        "longitude": -9.1334 - mark % 1000 / 1e5,
        "last_location_updated_at": iso(at),
        "minutes_away": 7,
        "event_id": f"{mark:0{DIGITS}}{driver:024}",
        "occurred_at": iso(at),
    }
    told = (people[driver].room, rooms.order(f"B{driver:06}"), rooms.ADMIN_DISPATCH)
    return [{"room": room, "driver_id": driver, "data": orjson.dumps(data).decode(), "at": at} for room in told]
