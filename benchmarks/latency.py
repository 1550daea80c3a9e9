"""From the commit in SQL to the event on a vendor's socket, on an idle system: what nobody should notice."""

import json
import os
import threading
import time
from queue import Empty, Queue

import websocket
from sqlalchemy import event

from app.domain import orders
from app.extensions import db
from tests.cast import make_cast
from tests.factories import order_in, token_of

from .machine import LOAD_CORE
from .stage import DATABASES, stage
from .table import Row, percentile

SAMPLES = int(os.environ.get("BENCH_SAMPLES", "300"))
PAUSE = 0.02


def run() -> list[Row]:
    """One row per database."""
    return [_on(database) for database in DATABASES]


def _on(database: str) -> Row:
    os.sched_setaffinity(0, {LOAD_CORE})
    with stage(database) as scene:
        cast = make_cast()
        order = order_in(cast, "preparing")
        port = scene.serve("gateway", path="/ready")
        arrivals: Queue[tuple[int, float]] = Queue()
        connection = _listen(port, token_of(cast.vendor), arrivals)
        committed = _note_commits()
        delays = []
        for n in range(SAMPLES):
            (orders.mark_ready if n % 2 == 0 else orders.recall)(order, by=cast.vendor)
            delays.append(_arrival_of(order.version, arrivals) - committed[-1])
            time.sleep(PAUSE)
        connection.close()
    p50, p95, p99 = (percentile(delays, percent) * 1000 for percent in (50, 95, 99))
    return Row(
        "commit to socket, idle",
        database,
        f"p50 {p50:.1f} ms, p95 {p95:.1f}, p99 {p99:.1f}",
        f"{SAMPLES} events, none missing",
        "p50 ≤ 5 ms",
        p50 <= 5,
    )


def _note_commits() -> list[float]:
    """A list to which the moment of each commit is added."""
    moments: list[float] = []
    event.listen(db.session, "after_commit", lambda _session: moments.append(time.perf_counter()))
    return moments


def _arrival_of(version: int, arrivals: "Queue[tuple[int, float]]") -> float:
    while True:
        try:
            seen, at = arrivals.get(timeout=5)
        except Empty:
            raise RuntimeError(f"version {version} did not arrive") from None
        if seen == version:
            return at


def _listen(port: int, token: str, arrivals: "Queue[tuple[int, float]]") -> websocket.WebSocket:
    """A vendor's socket, in Engine.IO's own words; puts each change with its moment into `arrivals`."""
    address = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
    connection = websocket.create_connection(address, timeout=30, suppress_origin=True)
    connection.recv()
    connection.send("40" + json.dumps({"token": token}))
    ready = threading.Event()

    def read() -> None:
        while connection.connected:
            try:
                text = connection.recv()
            except (websocket.WebSocketException, OSError):
                return
            at = time.perf_counter()
            if text == "2":
                connection.send("3")
            elif isinstance(text, str) and text.startswith("42"):
                name, *rest = json.loads(text[2:])
                if name == "ready":
                    ready.set()
                if name == "OrderStatusChanged":
                    arrivals.put((rest[1]["order_version"], at))

    threading.Thread(target=read, daemon=True).start()
    if not ready.wait(10):
        raise RuntimeError("the gateway did not accept the vendor")
    return connection
