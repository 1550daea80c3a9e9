"""Socket.IO on top of the engine: what python-socketio 5.18 asks of its Engine.IO server, and is told by it.

`Surface` takes the place of `socketio.Server.eio` (an engineio.Server of python-engineio 4.15), so that
Flask-SocketIO stays the surface for handlers and rooms while everything under it is ours: engine.py.
"""

import secrets
from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask

from . import refusals
from .connection import Connection, Malformed
from .engine import Engine
from .metrics import Metrics
from .refusals import Refusal
from .transport import Frame

# What of a request is kept until its client has asked and was accepted: what it may be known by (auth.py).
_KEPT = ("HTTP_COOKIE", "HTTP_ORIGIN", "HTTP_HOST", "HTTP_SEC_FETCH_SITE")

_log = structlog.get_logger(__name__)


class Events(Flask):
    """The application in whose contexts handlers run. A message has no address, and nothing is to be done after it."""

    def create_url_adapter(self, request: object) -> None:
        """None: matching a URL took a tenth of a handshake."""

    def do_teardown_request(self, *_how: object) -> None:
        """Nobody has asked to be called; to look who has took a twentieth."""

    def do_teardown_appcontext(self, *_how: object) -> None:
        """The same."""


class Surface:
    """Between one engine and one socketio.Server."""

    def __init__(self, engine: Engine, server: Any, app: Flask, metrics: Metrics) -> None:
        self._engine = engine
        self._server = server
        self._metrics = metrics
        # What Flask's handlers see of a request once its client was accepted: nothing of its own. The headers of
        # ten thousand handshakes would take more memory than all else that is kept of a client.
        self._plain = {
            "REQUEST_METHOD": "GET",
            "SERVER_NAME": "gateway",
            "SERVER_PORT": "0",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "PATH_INFO": "/",
            "SCRIPT_NAME": "",
            "QUERY_STRING": "",
            "wsgi.url_scheme": "http",
            "flask.app": app,
        }
        # Over which connection somebody is being refused for good.
        self._refused: set[str] = set()
        server.eio = self
        engine.audience = self

    # -- the engine tells (engine.Audience) ----------------------------------------------------------------------------

    def opened(self, connection: Connection, environ: dict[str, Any]) -> None:
        """A client may ask over this connection now."""
        kept = {name: environ[name] for name in _KEPT if name in environ}
        self._server._handle_eio_connect(connection.sid, {**self._plain, **kept})

    def message(self, connection: Connection, data: str | bytes) -> None:
        """A Socket.IO packet."""
        if data[:1] == "0" and self._has_left(connection):
            # What it could be known by is not kept: it comes back over a new connection, by itself.
            self.refusing(refusals.ASKED_AGAIN)
            connection.close(refusals.ASKED_AGAIN)
            return
        try:
            self._server._handle_eio_message(connection.sid, data)
        except Malformed as error:
            connection.malformed(error)
        except Exception:  # noqa: BLE001
            # Handlers answer for themselves; what comes here is ours to mend, and the client's to come back from.
            _log.exception("engine.failed")
            self.refusing(refusals.FAILED)
            connection.close(refusals.FAILED)
        if connection.sid in self._refused:
            # CONNECT_ERROR has been said.
            connection.close()

    def _has_left(self, connection: Connection) -> bool:
        """Whether somebody was connected over this connection and is no more."""
        was_accepted = self._server.environ.get(connection.sid) is self._plain
        return was_accepted and self._server.manager.sid_from_eio_sid(connection.sid, "/") is None

    def closed(self, connection: Connection, reason: str) -> None:
        """Whoever was connected over it has gone."""
        self._server._handle_eio_disconnect(connection.sid, reason)
        self._server.manager.forget(connection.sid)
        self._refused.discard(connection.sid)

    def refusing(self, refusal: Refusal, error: Exception | None = None) -> None:
        """Count it."""
        if error is not None:
            _log.info("engine.malformed", error=repr(error))
        self._metrics.refused(refusal)

    # -- python-socketio asks (engineio.Server) --------------------------------------------------------------------

    def on(self, event: str, handler: Callable[..., Any] | None = None) -> None:
        """Its own handlers are called above, by name."""

    def generate_id(self) -> str:
        """A new sid: 120 bits."""
        return secrets.token_urlsafe(15)

    def send(self, eio_sid: str, data: str | bytes) -> None:
        """A Socket.IO packet for a client, or an attachment of one."""
        connection = self._engine.connection(eio_sid)
        if connection is not None:
            connection.send(Frame("4" + data) if isinstance(data, str) else Frame.binary(data))

    def gather(self, eio_sid: str) -> None:
        """See Connection."""
        connection = self._engine.connection(eio_sid)
        if connection is not None:
            connection.gather()

    def send_packet(self, eio_sid: str, packet: Any) -> None:
        """The same, made into a packet already (of the stock client manager, which the conformance suites use)."""
        self.send(eio_sid, packet.data)

    def disconnect(self, eio_sid: str) -> None:
        """Close a connection without DISCONNECT, if it is still there."""
        self.let_go(eio_sid)

    # -- the handlers ask ------------------------------------------------------------------------------------------

    def connection(self, eio_sid: str | None) -> Connection | None:
        """The connection of that sid, if there is one."""
        return self._engine.connection(eio_sid)

    def let_go(self, eio_sid: str | None, refusal: Refusal | None = None) -> None:
        """Close a connection without DISCONNECT, if it is still there."""
        connection = self._engine.connection(eio_sid)
        if connection is not None:
            connection.close(refusal)

    def accepted(self, eio_sid: str) -> None:
        """Somebody asked over this connection and was accepted."""
        connection = self._engine.connection(eio_sid)
        if connection is not None:
            self._engine.accepted(connection)
            self._server.environ[eio_sid] = self._plain

    def left(self, eio_sid: str | None) -> None:
        """Nobody is connected over this connection any more; it may stay for a moment, for somebody to ask."""
        connection = self._engine.connection(eio_sid)
        if connection is not None:
            self._engine.left(connection)

    def refused(self, eio_sid: str) -> None:
        """Who asks over this connection is refused for good; it is closed when that was said."""
        if self._engine.connection(eio_sid) is not None:
            self._refused.add(eio_sid)
