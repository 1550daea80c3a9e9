"""The door: what is refused over HTTP, before Engine.IO sees the request, and before a WebSocket is opened.

A WSGI application around Flask-SocketIO's. Refused are foreign origins (403), what cannot be served now (503, a stock
client comes back), and bodies that are no Engine.IO payload (400). `Handler` is gevent-websocket's, with a deadline
for the request to arrive; it asks the door before it upgrades, so that a refusal is an HTTP answer.
"""

import io
import json
from collections.abc import Callable, Iterable
from socket import IPPROTO_TCP, TCP_NODELAY
from typing import Any
from urllib.parse import parse_qs

import gevent
from engineio.payload import Payload
from geventwebsocket.handler import WebSocketHandler

from . import refusals
from .auth import may_knock
from .engine import MOST_BYTES, PATIENCE, Engine
from .metrics import Metrics
from .refusals import Refusal

PATH = "/socket.io/"

# How many packets one polling request may carry; the stock 16 is less than a page may queue while it reconnects.
Payload.max_decode_packets = 64

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Handler(WebSocketHandler):
    """Serves one TCP connection: requests, and perhaps one WebSocket."""

    def handle(self) -> None:
        """As the stock one, but small frames leave at once: Nagle and delayed ACK held each for 40 ms."""
        self.socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        super().handle()

    def handle_one_request(self) -> Any:
        """As the stock one; a client that is silent for too long, between requests too, is let go of."""
        self.deadline = gevent.Timeout.start_new(PATIENCE)
        try:
            return super().handle_one_request()
        except gevent.Timeout as timeout:
            if timeout is not self.deadline:
                raise
            return None
        finally:
            self.deadline.close()

    def get_environ(self) -> dict[str, Any]:
        """The request has arrived: from here on others keep the time."""
        self.deadline.close()
        environ: dict[str, Any] = super().get_environ()
        return environ


class Door:
    """The door of one gateway."""

    def __init__(
        self,
        application: Wsgi,
        *,
        engine: Engine,
        closed_because: Callable[[], Refusal | None],
        origins: tuple[str, ...],
        metrics: Metrics,
    ) -> None:
        """`closed_because()` names the reason for which no new client can be served now, or None."""
        self._application = application
        self._engine = engine
        self._closed_because = closed_because
        self._origins = origins
        self._metrics = metrics

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """WSGI."""
        if not environ["PATH_INFO"].startswith(PATH):
            return self._application(environ, start_response)
        eio_sid = sid_of(environ)
        refusal = self._refusal(environ, eio_sid)
        if refusal is None and environ["REQUEST_METHOD"] == "POST" and not _is_payload(environ):
            refusal = refusals.PACKET_MALFORMED
            self._engine.let_go(eio_sid)
        if refusal is not None:
            self._metrics.refused(refusal)
            return _answer(refusal, start_response)
        return self._engine.serve(self._application, environ, start_response, eio_sid)

    def turns_away(self, handler: Handler) -> bool:
        """Whether a request to open a WebSocket is answered like any other request (gevent-websocket's own hook)."""
        environ = handler.environ
        if not environ["PATH_INFO"].startswith(PATH):
            return True
        eio_sid = sid_of(environ)
        is_known = eio_sid is None or self._engine.connection(eio_sid) is not None
        return not is_known or self._refusal(environ, eio_sid) is not None

    def _refusal(self, environ: dict[str, Any], eio_sid: str | None) -> Refusal | None:
        if not may_knock(environ, self._origins):
            return refusals.ORIGIN_REFUSED
        return self._closed_because() if eio_sid is None else None


def sid_of(environ: dict[str, Any]) -> str | None:
    """The Engine.IO sid that a request names; None: it asks for a new one."""
    named = parse_qs(environ.get("QUERY_STRING", "")).get("sid")
    return named[0] if named else None


def _is_payload(environ: dict[str, Any]) -> bool:
    """Read a polling request's body within its deadline and see what it is; Engine.IO reads the copy."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if not 0 <= length <= MOST_BYTES:
            return False
        with gevent.Timeout(PATIENCE, TimeoutError()):
            body = environ["wsgi.input"].read(length)
        Payload(encoded_payload=body.decode())
    except (ValueError, IndexError, TimeoutError):
        return False
    environ["wsgi.input"] = io.BytesIO(body)
    return True


def _answer(refusal: Refusal, start_response: Any) -> list[bytes]:
    status = "503 Service Unavailable" if refusal.retry else "400 Bad Request"
    if refusal is refusals.ORIGIN_REFUSED:
        status = "403 Forbidden"
    body = json.dumps(refusal.data).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    if refusal.retry:
        headers.append(("Retry-After", "1"))
    start_response(status, headers)
    return [body]
