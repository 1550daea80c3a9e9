"""The life of a connection around the stock Engine.IO: how long it may wait, and that it ends cleanly.

The stock code (python-engineio 4.15) keeps a connection that never asks for anything, leaves the socket of a client
that sent garbage in place until the ping timeout, and leaves the TCP connection of one that does not read open for
ever. Here each of them is closed: the disconnect handler runs at once, and what does not end by itself is hung up.
"""

from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

import gevent
import structlog
from geventwebsocket.exceptions import WebSocketError

from . import refusals, transport
from .metrics import Metrics
from .packets import Malformed

# Seconds for a request to arrive whole, and for a CONNECT packet after the handshake.
PATIENCE = 10.0
# Seconds that a closed connection has to take its last frames and to close from the other side.
FAREWELL = 2.0
# Bytes of one message of a client.
MOST_BYTES = 16 * 1024

_log = structlog.get_logger(__name__)


class Engine:
    """The Engine.IO connections of one socketio.Server."""

    def __init__(self, server: Any, metrics: Metrics) -> None:
        self._server = server
        self._metrics = metrics
        # Connections over which nobody is connected, oldest first, and until when they may be.
        self._unaccepted: dict[str, float] = {}
        self._refused: list[str] = []
        self._websockets: dict[str, Any] = {}
        server.eio.on("connect", self._opened)
        server.eio.on("message", self._message)
        server.eio.on("disconnect", self._closed)

    def connection(self, eio_sid: str | None) -> Any | None:
        """The Engine.IO socket of that sid, if there is one."""
        return self._server.eio.sockets.get(eio_sid)

    def connections(self) -> tuple[Any, ...]:
        """All Engine.IO sockets, accepted or not."""
        return tuple(self._server.eio.sockets.values())

    def let_go(self, eio_sid: str | None) -> None:
        """Close a connection without DISCONNECT, if it is still there."""
        eio = self.connection(eio_sid)
        if eio is not None:
            transport.close(eio)

    # -- requests --------------------------------------------------------------------------------------------------

    def serve(
        self, application: Callable[..., Iterable[bytes]], environ: dict[str, Any], start_response: Any, sid: str | None
    ) -> Iterable[bytes]:
        """Serve one request of Engine.IO; that of a WebSocket lasts as long as the WebSocket."""
        websocket = environ.get("wsgi.websocket")
        if websocket is None:
            return application(environ, start_response)
        # Shared with the copy of environ that Engine.IO sees: `_opened` writes a new connection's sid into it.
        of_this_request = environ["passline.sid"] = [sid]
        if sid is not None and self.connection(sid) is not None:
            self._websockets[sid] = websocket
        try:
            return application(environ, start_response)
        except (ValueError, IndexError, WebSocketError) as error:
            # The stock reader dies of a malformed Engine.IO packet.
            self._malformed(of_this_request[0], error)
            return []
        finally:
            eio = self.connection(of_this_request[0])
            # An upgrade that did not come about leaves a polling connection, which goes on.
            if eio is not None and eio.upgraded:
                transport.close(eio)

    def _opened(self, eio_sid: str, environ: dict[str, Any]) -> None:
        if "passline.sid" in environ:
            environ["passline.sid"][0] = eio_sid
            self._websockets[eio_sid] = environ["wsgi.websocket"]
        self.left(eio_sid)
        self._server._handle_eio_connect(eio_sid, environ)

    def _message(self, eio_sid: str, data: object) -> None:
        try:
            self._server._handle_eio_message(eio_sid, data)
        except Malformed as error:
            self._malformed(eio_sid, error)
        except Exception:  # noqa: BLE001
            # Handlers answer for themselves; what comes here is ours to mend, and the client's to come back from.
            _log.exception("engine.failed")
            self._metrics.refused(refusals.FAILED)
            self.let_go(eio_sid)

    def _malformed(self, eio_sid: str | None, error: Exception) -> None:
        _log.info("engine.malformed", error=repr(error))
        self._metrics.refused(refusals.PACKET_MALFORMED)
        self.let_go(eio_sid)

    def _closed(self, eio_sid: str, reason: str) -> None:
        self._unaccepted.pop(eio_sid, None)
        self._server._handle_eio_disconnect(eio_sid, reason)
        self._server.manager.forget(eio_sid)
        websocket = self._websockets.pop(eio_sid, None)
        if websocket is not None and not websocket.closed:
            # A client that neither reads nor closes would hold the greenlets and the TCP connection for ever.
            gevent.spawn_later(FAREWELL, transport.hang_up, websocket)

    # -- deadlines -------------------------------------------------------------------------------------------------

    def accepted(self, eio_sid: str) -> None:
        """Somebody asked over this connection and was accepted."""
        self._unaccepted.pop(eio_sid, None)

    def left(self, eio_sid: str | None) -> None:
        """Nobody is connected over this connection; it may stay for a moment, for somebody to ask."""
        if eio_sid is not None:
            self._unaccepted.pop(eio_sid, None)
            self._unaccepted[eio_sid] = monotonic() + PATIENCE

    def refused(self, eio_sid: str) -> None:
        """Who asked over this connection was refused for good; it is closed in the next round, when that was heard."""
        self._refused.append(eio_sid)

    def close_those_that_never_asked(self) -> None:
        """One round: close the connections that were refused, and those whose time to send CONNECT is over."""
        refused, self._refused = self._refused, []
        for eio_sid in refused:
            self.let_go(eio_sid)
        while self._unaccepted:
            oldest, until = next(iter(self._unaccepted.items()))
            if until > monotonic():
                break
            del self._unaccepted[oldest]
            self._metrics.refused(refusals.CONNECT_TOO_LATE)
            self.let_go(oldest)
