"""How the web process stops while browsers are connected, by gunicorn's own settings in gunicorn.conf.py."""

import json
import signal
import socket
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from app.extensions import db
from app.models import Process
from tests.processes import Web

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
# A stop that waited for anybody's patience to end would outlast the test.
PATIENT = "--graceful-timeout 60 --keep-alive 60"


@pytest.fixture
def web(sqlite_app, monkeypatch) -> Iterator[Web]:
    """A running web process; the database is empty and migrated."""
    monkeypatch.setenv("GUNICORN_CMD_ARGS", PATIENT)
    with Web(sqlite_app.config["PASSLINE"]) as web:
        yield web


def connected(web: Web) -> socket.socket:
    """A connection."""
    return socket.create_connection(("127.0.0.1", web.port), timeout=20)


def _answer(connection: socket.socket) -> bytes:
    """One answer, whole: head and body may come in two pieces."""
    received = b""
    while not received.rstrip().endswith(b"}"):
        more = connection.recv(4096)
        assert more, received
        received += more
    return received


def test_it_waits_for_no_connection_that_says_nothing(web):
    with connected(web) as in_reserve, connected(web) as idle:
        idle.sendall(REQUEST)
        assert _answer(idle).startswith(b"HTTP/1.1 200")
        web.send_signal(signal.SIGTERM)
        assert web.process.wait(20) == 0
        assert (idle.recv(1), in_reserve.recv(1)) == (b"", b"")
    assert "SIGKILL" not in web.logged()
    # Others of the run may have theirs in the same database.
    settings = db.session.scalars(select(Process.settings)).all()
    assert str(web.port) not in [json.loads(each)["WEB_PORT"] for each in settings]
