"""The Engine.IO 4 server: all connections, how they come, stay alive and go. The surface of Socket.IO is surface.py.

Replaces engineio.Server of python-engineio 4.15, which keeps a connection that never asks for anything, leaves the
socket of a client that sent garbage in place until the ping timeout, and pings from a greenlet per client. Here one
round pings whoever is due and lets go of whoever did not answer, did not ask, or does not end by itself.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol, TypeVar

import gevent
import orjson
import structlog
from gevent.pool import Group

from . import refusals
from .connection import PING, Connection, Polling, Probe
from .refusals import Refusal, Refused
from .transport import Frame
from .wire import FAREWELL, Wire

Key = TypeVar("Key")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection may cost. Times in seconds, sizes in bytes."""

    ping_every: float = 25.0
    ping_patience: float = 20.0
    # For a request to arrive whole, for a WebSocket that is tried, and for a CONNECT packet after the handshake.
    patience: float = 10.0
    message: int = 16 * 1024
    per_address: int = 1_000


class Audience(Protocol):
    """Who is told of connections. `message` runs in a greenlet of the connection and may wait; the others may not."""

    def opened(self, connection: Connection, environ: dict[str, Any]) -> None:
        """A new connection, not yet told so."""

    def message(self, connection: Connection, data: str | bytes) -> None:
        """A message, in order; the next one of this connection comes when this has returned."""

    def closed(self, connection: Connection, reason: str) -> None:
        """A connection is over, whoever ended it."""

    def refusing(self, refusal: Refusal, error: Exception | None) -> None:
        """A connection is about to be closed for this reason."""


class Engine:
    """The connections of one process."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.audience: Audience
        self._connections: dict[str, Connection] = {}
        self._addresses: dict[str, int] = {}
        # Oldest first, because all wait equally long: who is pinged when, and who must have answered until when.
        self._to_ping: dict[Connection, float] = {}
        self._to_answer: dict[Connection, float] = {}
        # Connections over which nobody is connected, and those that try a WebSocket, oldest first: until when they may.
        self._unaccepted: dict[Connection, float] = {}
        self._on_trial: dict[Connection, float] = {}
        # What a closed connection that polls had still to be told, and until when it may ask.
        self._last_words: dict[str, tuple[Polling, float]] = {}
        self._greenlets = Group()

    def connection(self, sid: str | None) -> Connection | None:
        """The connection of that sid, if there is one and its client still answers."""
        found = self._connections.get(sid) if sid is not None else None
        if found is not None and self._is_silent(found, monotonic()):
            self._let_go_of_silent(found)
            return None
        return found

    def connections(self) -> tuple[Connection, ...]:
        """All of them, accepted or not."""
        return tuple(self._connections.values())

    def __len__(self) -> int:
        return len(self._connections)

    @property
    def greenlets(self) -> int:
        """How many are at work on what connections said, or on their end; a connection at rest has none."""
        return len(self._greenlets)

    def spawn(self, work: Callable[..., None], *arguments: object) -> None:
        """Do some work of a connection's in a greenlet."""
        self._greenlets.spawn(work, *arguments)

    # -- coming ----------------------------------------------------------------------------------------------------

    def admit(self, address: str) -> None:
        """Refused when this address has as many connections as it may have."""
        if self._addresses.get(address, 0) >= self.limits.per_address:
            raise Refused(refusals.TOO_MANY_CONNECTIONS)

    def open_polling(self, environ: dict[str, Any], address: str) -> str:
        """A new connection that polls; what it is answered."""
        connection = self._new(environ, address)
        connection.polling = Polling()
        connection.send(self._welcome(connection, ["websocket"]))
        return connection.polling.taken()

    def open_websocket(
        self, environ: dict[str, Any], address: str, descriptor: int, answer: bytes, early: bytes
    ) -> None:
        """A new connection over a WebSocket. `descriptor` is this engine's from now on; `answer` is yet to be sent."""
        connection = self._new(environ, address)
        wire = connection.wire = Wire(descriptor, connection, most=self.limits.message)
        # In one send, which costs the whole way through the kernel however little it is.
        wire.write(answer + self._welcome(connection, []).wire)
        wire.begin(early)

    def try_websocket(self, connection: Connection, descriptor: int, answer: bytes, early: bytes) -> None:
        """A polling connection tries a WebSocket, as above; a trial before this one is over."""
        if connection.probe is not None:
            connection.probe.too_slow()
        probe = Probe(connection)
        wire = probe.wire = Wire(descriptor, probe, most=self.limits.message)
        connection.probe = probe
        self._on_trial.pop(connection, None)
        self._on_trial[connection] = monotonic() + self.limits.patience
        wire.write(answer)
        wire.begin(early)

    def _new(self, environ: dict[str, Any], address: str) -> Connection:
        # 120 bits; as long as Engine.IO's own.
        connection = Connection(secrets.token_urlsafe(15), address, self)
        self._connections[connection.sid] = connection
        self._addresses[address] = self._addresses.get(address, 0) + 1
        self._to_ping[connection] = monotonic() + self.limits.ping_every
        self.left(connection)
        self.audience.opened(connection, environ)
        return connection

    def _welcome(self, connection: Connection, upgrades: list[str]) -> Frame:
        told = {
            "sid": connection.sid,
            "upgrades": upgrades,
            "pingInterval": round(self.limits.ping_every * 1000),
            "pingTimeout": round(self.limits.ping_patience * 1000),
            "maxPayload": self.limits.message,
        }
        return Frame("0" + orjson.dumps(told).decode())

    def accepted(self, connection: Connection) -> None:
        """Somebody asked over this connection and was accepted."""
        self._unaccepted.pop(connection, None)

    def left(self, connection: Connection) -> None:
        """Nobody is connected over this connection; it may stay for a moment, for somebody to ask."""
        self._unaccepted.pop(connection, None)
        if not connection.closed:
            self._unaccepted[connection] = monotonic() + self.limits.patience

    # -- what connections tell -------------------------------------------------------------------------------------

    def message(self, connection: Connection, data: str | bytes) -> None:
        """See Audience."""
        self.audience.message(connection, data)

    def refusing(self, refusal: Refusal, error: Exception | None = None) -> None:
        """See Audience."""
        self.audience.refusing(refusal, error)

    def ponged(self, connection: Connection) -> None:
        """The client answered; it is pinged again after a while."""
        if self._to_answer.pop(connection, None) is not None:
            self._to_ping[connection] = monotonic() + self.limits.ping_every

    def ended(self, connection: Connection, reason: str) -> None:
        """The connection is closed. Told in a greenlet of its own: the sockets of a room may just be gone through."""
        for timetable in (self._to_ping, self._to_answer, self._unaccepted, self._on_trial):
            timetable.pop(connection, None)
        if self._connections.pop(connection.sid, None) is not None:
            self._addresses[connection.address] -= 1
            if not self._addresses[connection.address]:
                del self._addresses[connection.address]
            if connection.polling is not None and connection.polling.frames:
                self._last_words[connection.sid] = connection.polling, monotonic() + FAREWELL
            self.spawn(self.audience.closed, connection, reason)

    def last_words(self, sid: str) -> str | None:
        """What a connection that is closed had still to be told, in as many answers as it takes; None: nothing more."""
        polling, _ = self._last_words.get(sid, (None, 0.0))
        if polling is None or polling.has_reader or not polling.frames:
            return None
        return polling.taken()

    # -- time ------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Go round for ever."""
        pause = min(0.5, self.limits.ping_patience / 20)
        while True:
            gevent.sleep(pause)
            self._round(monotonic())

    def _round(self, at: float) -> None:
        duties = (
            (self._to_ping, self._ping),
            (self._to_answer, self._let_go_of_silent),
            (self._unaccepted, self._let_go_of_late),
            (self._on_trial, self._end_trial),
        )
        for timetable, act in duties:
            for connection in _due(timetable, at):
                try:
                    act(connection)
                except Exception:  # noqa: BLE001
                    # Ours to mend. The others' pings must not wait for it, nor may it be due in every round.
                    _log.exception("engine.round_failed")
                    timetable.pop(connection, None)
                    connection.abandon()
        for sid in [sid for sid, (_, until) in self._last_words.items() if until <= at]:
            del self._last_words[sid]

    def _ping(self, connection: Connection) -> None:
        # From when it was due, not from when this round came about: what is promised to the client.
        self._to_answer[connection] = self._to_ping.pop(connection) + self.limits.ping_patience
        connection.send(PING)

    def _let_go_of_late(self, connection: Connection) -> None:
        self.refusing(refusals.CONNECT_TOO_LATE)
        connection.close(refusals.CONNECT_TOO_LATE)

    def _end_trial(self, connection: Connection) -> None:
        del self._on_trial[connection]
        if connection.probe is not None:
            connection.probe.too_slow()

    def _is_silent(self, connection: Connection, at: float) -> bool:
        if connection in self._to_answer:
            return self._to_answer[connection] <= at
        return self._to_ping.get(connection, at) + self.limits.ping_patience <= at

    def _let_go_of_silent(self, connection: Connection) -> None:
        if connection.wire is not None:
            connection.wire.hang_up()
        if connection.polling is not None:
            # It does not ask any more: no last words.
            connection.polling.frames.clear()
        connection.close(reason="ping timeout")


def _due(timetable: dict[Key, float], at: float) -> list[Key]:
    """Whose time has come, of a timetable that is in order."""
    found = []
    for key, until in timetable.items():
        if until > at:
            break
        found.append(key)
    return found
