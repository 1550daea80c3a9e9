"""What stands around the stock Engine.IO: who may begin, how long one may wait, and what happens to garbage.

A WSGI application before Flask-SocketIO's: it refuses foreign origins and handshakes that cannot be served now (503),
and closes a connection cleanly where the stock code (python-engineio 4.15) would log a traceback and leave the socket
in its rooms until the ping timeout. Socket.IO packets are checked in `StrictPacket`, before any handler sees them.
"""

import io
import json
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any
from urllib.parse import parse_qs

import gevent
import structlog
from engineio.payload import Payload
from socketio.packet import BINARY_ACK, BINARY_EVENT, CONNECT, EVENT, Packet

from . import refusals, transport
from .auth import origin_of
from .metrics import Metrics
from .refusals import Refusal

# Seconds for a request to arrive whole, and for a CONNECT packet after the handshake.
PATIENCE = 10.0
# Bytes of one message of a client.
MOST_BYTES = 16 * 1024
PATH = "/socket.io/"

# How many packets one polling request may carry; the stock 16 is less than a page may queue while it reconnects.
Payload.max_decode_packets = 64

_log = structlog.get_logger(__name__)

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class StrictPacket(Packet):
    """A Socket.IO packet that only carries what we take: objects to connect with, named events, no binary."""

    uses_binary_events = False

    def decode(self, encoded_packet: object) -> Any:
        """As the stock one, then ValueError for what no handler should see."""
        if not isinstance(encoded_packet, str):
            raise ValueError("binary")
        attachments = super().decode(encoded_packet)
        if self.packet_type in (BINARY_EVENT, BINARY_ACK) or attachments:
            raise ValueError("binary")
        if self.packet_type == CONNECT and not (self.data is None or isinstance(self.data, dict)):
            raise ValueError("CONNECT")
        # A client that could name the event `connect` would run the handler of its own admission.
        if self.packet_type == EVENT and not (
            isinstance(self.data, list)
            and self.data
            and isinstance(self.data[0], str)
            and self.data[0] not in ("connect", "disconnect", "connect_error", "*")
        ):
            raise ValueError("EVENT")
        return attachments


class Engine:
    """The guards of one gateway around one socketio.Server."""

    def __init__(
        self, server: Any, *, closed_because: Callable[[], Refusal | None], origins: tuple[str, ...], metrics: Metrics
    ) -> None:
        """`closed_because()` names the reason for which no new client can be served now, or None."""
        self._server = server
        self._closed_because = closed_because
        self._origins = origins
        self._metrics = metrics
        # Connections that were opened and not accepted yet, oldest first, and until when they may be.
        self._unaccepted: dict[str, float] = {}
        self._refused: list[str] = []
        server.eio.on("connect", self._opened)
        server.eio.on("message", self._message)
        server.eio.on("disconnect", self._closed)

    def around(self, application: Wsgi) -> Wsgi:
        """`application` (Flask with Socket.IO inside) behind these guards."""

        def guarded(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            if not environ["PATH_INFO"].startswith(PATH):
                return application(environ, start_response)
            query = parse_qs(environ.get("QUERY_STRING", ""))
            eio_sid = query.get("sid", [None])[0]
            refusal = self._refusal(environ, is_new=eio_sid is None)
            if refusal is None and environ["REQUEST_METHOD"] == "POST":
                refusal = _check_body(environ)
            if refusal is not None:
                self._metrics.refused(refusal)
                self.let_go(eio_sid)
                return _answer(refusal, environ, start_response)
            return self._served(application, environ, start_response, eio_sid)

        return guarded

    def _served(
        self, application: Wsgi, environ: dict[str, Any], start_response: Any, eio_sid: str | None
    ) -> Iterable[bytes]:
        # Shared with the copy of environ that Engine.IO sees; `_opened` writes the new connection's sid into it.
        opened: list[str | None] = [eio_sid]
        environ["passline.opened"] = opened
        try:
            return application(environ, start_response)
        except Exception as error:  # noqa: BLE001  (the stock reader dies of any malformed packet)
            _log.info("engine.malformed", error=repr(error))
            self._metrics.refused(refusals.PACKET_MALFORMED)
            self.let_go(opened[0])
            if environ.get("wsgi.websocket") is None:
                return _answer(refusals.PACKET_MALFORMED, environ, start_response)
            return []

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

    def accepted(self, eio_sid: str) -> None:
        """This connection asked and was accepted."""
        self._unaccepted.pop(eio_sid, None)

    def refused(self, eio_sid: str) -> None:
        """This connection was refused for good; it is let go of in the next round, when it has heard why."""
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

    def _refusal(self, environ: dict[str, Any], *, is_new: bool) -> Refusal | None:
        origin = origin_of(environ)
        if origin is not None and origin not in self._origins:
            return refusals.ORIGIN_REFUSED
        return self._closed_because() if is_new else None

    def _opened(self, eio_sid: str, environ: dict[str, Any]) -> None:
        environ["passline.opened"][0] = eio_sid
        self._unaccepted[eio_sid] = monotonic() + PATIENCE
        self._server._handle_eio_connect(eio_sid, environ)

    def _message(self, eio_sid: str, data: object) -> None:
        try:
            self._server._handle_eio_message(eio_sid, data)
        except Exception as error:  # noqa: BLE001  (handlers answer for themselves; this is the packet)
            _log.info("engine.malformed", error=repr(error))
            self._metrics.refused(refusals.PACKET_MALFORMED)
            self.let_go(eio_sid)

    def _closed(self, eio_sid: str, reason: str) -> None:
        self._unaccepted.pop(eio_sid, None)
        self._server._handle_eio_disconnect(eio_sid, reason)


def _check_body(environ: dict[str, Any]) -> Refusal | None:
    """Read a polling request's body within its deadline and see whether it is one; Engine.IO reads the copy."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if not 0 <= length <= MOST_BYTES:
            return refusals.PACKET_MALFORMED
        with gevent.Timeout(PATIENCE, TimeoutError()):
            body = environ["wsgi.input"].read(length)
        Payload(encoded_payload=body.decode())
    except (ValueError, IndexError, TimeoutError):
        return refusals.PACKET_MALFORMED
    environ["wsgi.input"] = io.BytesIO(body)
    return None


def _answer(refusal: Refusal, environ: dict[str, Any], start_response: Any) -> list[bytes]:
    status = "503 Service Unavailable" if refusal.retry else "400 Bad Request"
    if refusal is refusals.ORIGIN_REFUSED:
        status = "403 Forbidden"
    body = json.dumps(refusal.data).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    if refusal.retry:
        headers.append(("Retry-After", "1"))
    start_response(status, headers)
    return [body]
