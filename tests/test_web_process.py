"""How the web process stops while browsers are connected, by gunicorn's own settings in gunicorn.conf.py."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from app.extensions import db
from app.models import Process
from tests.doctor.installation import ROOT
from tests.services import free_port

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
# A stop that waited for anybody's patience to end would outlast the test.
PATIENT = "--graceful-timeout 60 --keep-alive 60"


@pytest.fixture
def web(sqlite_app, database_url_of, tmp_path) -> Iterator[subprocess.Popen[bytes]]:
    """A running web process with `port`, and its log in `log`; the database is empty and migrated."""
    port = free_port()
    environment = {
        **os.environ,
        "PASSLINE_ENV": "test",
        "SECRET_KEY": "k" * 40,
        "DATABASE_URL": database_url_of("sqlite"),
        "WEB_PORT": str(port),
        "GUNICORN_CMD_ARGS": PATIENT,
    }
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "wsgi:app"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    process.port = port  # type: ignore[attr-defined]
    yield process
    process.kill()
    process.wait()


def connected(port: int) -> socket.socket:
    """A connection, as soon as somebody listens."""
    for _ in range(600):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=20)
        except ConnectionRefusedError:
            signal.sigtimedwait([], 0.05)
    raise AssertionError("the web process does not listen")


def _answer(connection: socket.socket) -> bytes:
    """One answer, whole: head and body may come in two pieces."""
    received = b""
    while not received.rstrip().endswith(b"}"):
        more = connection.recv(4096)
        assert more, received
        received += more
    return received


def test_it_waits_for_no_connection_that_says_nothing(web, tmp_path):
    with connected(web.port) as in_reserve, connected(web.port) as idle:
        idle.sendall(REQUEST)
        assert _answer(idle).startswith(b"HTTP/1.1 200")
        web.send_signal(signal.SIGTERM)
        assert web.wait(20) == 0
        assert (idle.recv(1), in_reserve.recv(1)) == (b"", b"")
    assert "SIGKILL" not in (tmp_path / "log").read_text()
    assert db.session.scalar(select(func.count(Process.id))) == 0
