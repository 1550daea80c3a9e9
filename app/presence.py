"""Presence: each serving process says every few seconds that it lives, and with which settings, in a row of its own.

Best effort: a database that is away costs a process nothing but its row's freshness. The row is written over a
connection of its own, by a real thread or by the worker's loop, never on the gateway's loop. Secrets are not in it: of
each there is a mark, an HMAC under SECRET_KEY, which tells whether two processes have the same one and gives away no
more than any cookie that the key has signed. Marks other than that of the key compare only under one key.
"""

import hashlib
import hmac
import json
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic
from typing import Literal
from uuid import uuid4

import structlog
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

from .config import Config
from .contract.times import now
from .extensions import engine_options, tune_sqlite
from .models import Process

Kind = Literal["web", "gateway", "worker"]

# Seconds between two signs of life; models/process.py says after which a process that gave none counts as gone.
EVERY = 5.0
# Rows of processes that were killed are kept so long, for who asks when one was last seen.
KEPT = timedelta(days=1)
# Seconds that a process which stops gives its thread to take the row away.
_FAREWELL = 1.0

_log = structlog.get_logger(__name__)


def settings_of(config: Config) -> dict[str, str | None]:
    """The settings that processes must agree on, or are found by; of secrets their marks."""
    return {
        "PASSLINE_ENV": config.env,
        "LISTEN_HOST": config.listen_host,
        "WEB_PORT": str(config.web_port),
        "GATEWAY_PORT": str(config.gateway_port),
        "GATEWAY_URL": config.gateway_url,
        "ALLOWED_ORIGINS": ", ".join(sorted(config.allowed_origins)),
        "SECRET_KEY": _mark(config, "SECRET_KEY", config.secret_key),
        "REDIS_URL": _mark(config, "REDIS_URL", config.redis_url),
    }


def _mark(config: Config, name: str, value: str | None) -> str | None:
    if value is None:
        return None
    spoken = f"passline presence {name}={value if name != 'SECRET_KEY' else ''}"
    return hmac.new(config.secret_key.encode(), spoken.encode(), hashlib.sha256).hexdigest()[:32]


class Presence:
    """The row of this process."""

    def __init__(self, kind: Kind, config: Config, *, queues: Sequence[str] = ()) -> None:
        """`queues`: those whose jobs a worker runs."""
        self._row = {
            "id": uuid4().hex,
            "kind": kind,
            "host": socket.gethostname()[:255],
            "pid": os.getpid(),
            "settings": json.dumps(settings_of(config) | {"QUEUES": " ".join(queues)}),
            "started_at": now(),
        }
        self._engine = create_engine(
            config.database_url, execution_options={"passline_writes": True}, **engine_options(config.database_url)
        )
        tune_sqlite(self._engine)
        self._next = 0.0

    def beat(self) -> None:
        """Say that this process lives, when it is time to; never raises, and waits at most as a query does."""
        if monotonic() >= self._next:
            self._next = monotonic() + EVERY
            try:
                self._write()
            except SQLAlchemyError as error:
                _log.info("presence.not_written", error=type(error).__name__)

    def leave(self) -> None:
        """Take the row away: this process stops in order."""
        table = Process.__table__
        try:
            with self._engine.begin() as connection:
                connection.execute(table.delete().where(table.c.id == self._row["id"]))
        except SQLAlchemyError as error:
            _log.info("presence.not_written", error=type(error).__name__)
        finally:
            self._engine.dispose()

    def _write(self) -> None:
        table, at = Process.__table__, now()
        with self._engine.begin() as connection:
            mine = table.update().where(table.c.id == self._row["id"]).values(seen_at=at)
            if not connection.execute(mine).rowcount:
                # The first sign of life, or the database was emptied or replaced under us.
                connection.execute(table.insert().values(seen_at=at, **self._row))
                connection.execute(table.delete().where(table.c.seen_at < at - KEPT))


@contextmanager
def kept(kind: Kind, config: Config) -> Iterator[None]:
    """Give signs of life from a real thread for as long as the block runs."""
    presence, stop = Presence(kind, config), threading.Event()

    def run() -> None:
        while not stop.is_set():
            presence.beat()
            stop.wait(EVERY)
        presence.leave()

    thread = threading.Thread(target=run, name="presence", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_FAREWELL)
