"""The CSV of all orders out of a real web process: how fast the rows come, and how much memory it takes meanwhile.

The process is the web server as it is deployed (gunicorn, one worker); its memory is the peak of the worker's resident
set over the whole download (VmHWM, reset before). The file is read as it comes and kept nowhere.
"""

import os
import sys
import time
import urllib.request
from pathlib import Path

from sqlalchemy import select

from app.contract.tokens import SESSION_ID
from app.extensions import db
from app.models import Person
from tests.factories import session_of
from tests.services import free_port

from .lists import ORDERS, load
from .stage import DATABASES, Stage, stage
from .table import Row

LIMIT_MB = 300.0
_AT_ONCE = 1 << 16


def run() -> list[Row]:
    """A row per database (or of the one that BENCH_DATABASE names)."""
    wanted = os.environ.get("BENCH_DATABASE")
    return [_on(database) for database in DATABASES if wanted in (None, database)]


def _on(database: str) -> Row:
    with stage(database) as scene:
        load(scene)
        admin = db.session.scalars(select(Person).where(Person.role == "admin")).first()
        assert admin is not None
        cookie = _cookie(scene, session_of(admin).id)
        db.session.remove()
        port = free_port()
        command = [sys.executable, "-m", "gunicorn", "--workers", "1", "--bind", f"127.0.0.1:{port}", "wsgi:app"]
        # As the demo: outside it no process starts with people of the demo in its database.
        process = scene.start(command, port, path="/healthz", PASSLINE_ENV="demo")
        worker = _worker_of(process.pid)
        idle = _peak(worker)
        rows, seconds = _taken(f"http://127.0.0.1:{port}/admin/orders.csv", cookie)
        peak = _peak(worker)
    if rows < ORDERS:
        raise RuntimeError(f"{rows:,} rows came of {ORDERS:,}")
    return Row(
        f"CSV of {rows:,} orders, peak memory of the web process",
        database,
        f"{peak:.0f} MB ({rows / seconds:,.0f} rows/s)",
        f"idle {idle:.0f} MB; {seconds:.0f} s",
        f"< {LIMIT_MB:.0f} MB",
        peak < LIMIT_MB,
    )


def _cookie(scene: Stage, session_id: str) -> str:
    browser = scene.app.test_client()
    with browser.session_transaction() as cookie:
        cookie[SESSION_ID] = session_id
    found = browser.get_cookie("session") or next(iter(browser._cookies.values()))
    return f"{found.key}={found.value}"


def _taken(url: str, cookie: str) -> tuple[int, float]:
    began = time.perf_counter()
    lines = 0
    request = urllib.request.Request(url, headers={"Cookie": cookie})  # noqa: S310  (our own server)
    with urllib.request.urlopen(request, timeout=600) as answer:  # noqa: S310
        while part := answer.read(_AT_ONCE):
            lines += part.count(b"\n")
    return lines - 1, time.perf_counter() - began


def _worker_of(pid: int) -> int:
    """The one child of gunicorn's master, its memory's peak reset."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    worker = int(children[0])
    Path(f"/proc/{worker}/clear_refs").write_text("5", encoding="ascii")
    return worker


def _peak(pid: int) -> float:
    """The largest resident set so far, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
