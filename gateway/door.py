"""The door: HTTP in front of the engine. Who is refused before anything is opened, and what is served.

Refused are foreign origins (403), what cannot be served now (503: a stock client comes back) and what is not the
protocol (400). `Handler` is gevent-websocket's for pywsgi: it upgrades, and then its TCP connection becomes a wire of
the engine's, and its greenlet ends. pywsgi must be given it: without it every WebSocket handshake is a 500, and
clients fall back to polling without a word.
"""

import json
import socket
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from ipaddress import ip_address
from socket import IPPROTO_TCP, TCP_NODELAY
from typing import Any
from urllib.parse import parse_qs

import gevent
from gevent.pywsgi import Input, WSGIHandler
from geventwebsocket.handler import WebSocketHandler

from app.config import Config

from . import polling, refusals, websocket
from .auth import may_knock
from .connection import Connection, Malformed
from .engine import Engine
from .refusals import Refusal, Refused

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

_STATUS = {200: "200 OK", 400: "400 Bad Request", 403: "403 Forbidden", 503: "503 Service Unavailable"}
# Seconds that a client may be silent before and between its requests, and that it may take to read an answer.
PATIENCE, READ_WITHIN = 10.0, 30.0
# Bytes of a body that nobody wanted, which are read all the same so that the connection can be used again.
_UNWANTED = 64 * 1024
_NO_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_METHODS = {"polling": ("GET", "POST", "OPTIONS"), "websocket": ("GET",)}


class Door:
    """The door of one engine: a WSGI application for one path, in front of another for all others."""

    def __init__(
        self,
        application: Wsgi,
        *,
        engine: Engine,
        config: Config,
        closed_because: Callable[[], Refusal | None],
        path: str = "/socket.io/",
    ) -> None:
        """`closed_because()` names the reason for which no new client can be served now, or None."""
        self._application = application
        self._engine = engine
        self._config = config
        self._closed_because = closed_because
        self._path = path

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """WSGI: everything but WebSockets."""
        if not environ["PATH_INFO"].startswith(self._path):
            return self._application(environ, start_response)
        try:
            body = self._served(environ)
        except Refused as refused:
            self._engine.refusing(refused.refusal)
            return self._refuse(refused.refusal, start_response)
        except Malformed:
            return self._refuse(refusals.PACKET_MALFORMED, start_response)
        return _answer(200, body, [("Content-Type", "text/plain; charset=UTF-8"), *_cors(environ)], start_response)

    def leading(self, environ: Mapping[str, Any]) -> "Door | None":
        """The door to the engine that a request is for; there may be another behind this one."""
        if environ["PATH_INFO"].startswith(self._path):
            return self
        return self._application.leading(environ) if isinstance(self._application, Door) else None

    # -- polling ---------------------------------------------------------------------------------------------------

    def _served(self, environ: dict[str, Any]) -> str:
        method, limits = environ["REQUEST_METHOD"], self._engine.limits
        last_words = self._last_words(environ)
        if last_words is not None:
            return last_words
        connection = self._visitor(environ)
        if method == "OPTIONS":
            return ""
        if _query(environ, "transport") != "polling" or (connection is None and method != "GET"):
            raise Refused(refusals.NOT_ENGINE_IO)
        if connection is None:
            return self._engine.open_polling(environ, self._address(environ))
        try:
            if method == "GET":
                return polling.get(connection)
            polling.post(connection, polling.body_of(environ, most=limits.message, patience=limits.patience))
        except polling.Gone as gone:
            raise Refused(refusals.CONNECTION_UNKNOWN) from gone
        except Malformed as error:
            connection.malformed(error)
            raise
        return "ok"

    def _last_words(self, environ: dict[str, Any]) -> str | None:
        """What a client that polls was told while it did not ask, and its connection closed."""
        sid = _query(environ, "sid")
        is_asking = environ["REQUEST_METHOD"] == "GET" and _query(environ, "transport") == "polling"
        if sid is None or not is_asking or not may_knock(environ, self._config.allowed_origins):
            return None
        return self._engine.last_words(sid)

    # -- WebSockets ------------------------------------------------------------------------------------------------

    def admit(self, environ: dict[str, Any]) -> Callable[[int, bytes], None]:
        """What to do with the TCP connection of this request once it is a WebSocket; Refused when it may not be one."""
        connection = self._visitor(environ)
        has_body = environ.get("CONTENT_LENGTH") or environ.get("HTTP_TRANSFER_ENCODING")
        if _query(environ, "transport") != "websocket" or has_body:
            raise Refused(refusals.NOT_ENGINE_IO)
        if connection is None:
            address = self._address(environ)
            return lambda descriptor, early: self._engine.open_websocket(environ, address, descriptor, early)
        if connection.polling is None:
            return _turn_away
        return lambda descriptor, early: self._engine.try_websocket(connection, descriptor, early)

    def refuse(self, refusal: Refusal, start_response: Any) -> list[bytes]:
        """The answer to a request for a WebSocket that may not be one."""
        self._engine.refusing(refusal)
        return self._refuse(refusal, start_response)

    # -- both ------------------------------------------------------------------------------------------------------

    def _visitor(self, environ: dict[str, Any]) -> Connection | None:
        """The connection that a request belongs to; None: it asks for a new one, and may have it. Else Refused."""
        if not may_knock(environ, self._config.allowed_origins):
            raise Refused(refusals.ORIGIN_REFUSED)
        methods = _METHODS.get(_query(environ, "transport") or "", ())
        if _query(environ, "EIO") != "4" or environ["REQUEST_METHOD"] not in methods:
            raise Refused(refusals.NOT_ENGINE_IO)
        sid = _query(environ, "sid")
        if sid is not None:
            connection = self._engine.connection(sid)
            if connection is None:
                raise Refused(refusals.CONNECTION_UNKNOWN)
            return connection
        refusal = self._closed_because()
        if refusal is not None:
            raise Refused(refusal)
        self._engine.admit(self._address(environ))
        return None

    def _address(self, environ: Mapping[str, Any]) -> str:
        """Where a client comes from; a proxy that is trusted says it for those behind it."""
        peer = str(environ.get("REMOTE_ADDR", ""))
        forwarded = environ.get("HTTP_X_FORWARDED_FOR")
        if forwarded and self._config.trusted_proxies:
            address = ip_address(peer)
            if any(address in network for network in self._config.trusted_proxies):
                return str(forwarded).rpartition(",")[2].strip()
        return peer

    def _refuse(self, refusal: Refusal, start_response: Any) -> list[bytes]:
        status = 503 if refusal.retry else 400
        if refusal is refusals.ORIGIN_REFUSED:
            status = 403
        headers = [("Content-Type", "application/json")]
        if refusal.retry:
            headers.append(("Retry-After", "1"))
        return _answer(status, json.dumps(refusal.data), headers, start_response)


class Handler(WebSocketHandler):
    """Serves one TCP connection: its requests, until one of them becomes a WebSocket."""

    socket: Any
    wsgi_input: Any

    def handle(self) -> None:
        """As the stock one, but small answers leave at once: Nagle and delayed ACK held each for 40 ms.

        And nobody holds a greenlet and an answer by not reading it.
        """
        with suppress(OSError):
            self.socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            self.socket.settimeout(READ_WITHIN)
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
        """The request's head has arrived: from here on others keep the time."""
        self.deadline.close()
        environ: dict[str, Any] = super().get_environ()
        return environ

    def finalize_headers(self) -> None:
        """As the stock one, which does not say when it is about to close: the client would use the connection again."""
        super().finalize_headers()
        if self._leaves_too_much:
            self.close_connection = True
        if self.close_connection and not self.connection_upgraded:
            self.response_headers.append((b"Connection", b"close"))

    def handle_error(self, kind: Any, error: Any, trace: Any) -> None:
        """As the stock one, but a client that broke off, or reads or writes too slowly, is no error of ours."""
        # What pywsgi calls an answer that could not be sent.
        was_not_taken = isinstance(error, OSError) and str(self.status).startswith("socket error")
        if was_not_taken or error is self.deadline:
            self.close_connection = True
        else:
            super().handle_error(kind, error, trace)

    def _handle_client_error(self, _error: Exception) -> tuple[str, bytes]:
        """As the stock one, without a line in the log for each, or a traceback: it is as long as the client likes."""
        return _STATUS[400], _NO_REQUEST

    def run_application(self) -> None:
        """As below; then pywsgi reads what is left of the request's body, if it is little, within the same patience."""
        try:
            self._run_application()
        finally:
            if self._leaves_too_much:
                self.close_connection = True
                self.wsgi_input = Input(self.rfile, 0)
            self.deadline = gevent.Timeout.start_new(PATIENCE)

    @property
    def _leaves_too_much(self) -> bool:
        """Whether more of the body is left than is worth reading: pywsgi would read a gigabyte, to discard it."""
        left = (self.content_length or 0) - self.wsgi_input.position
        return left > _UNWANTED or bool(self.wsgi_input.chunked_input)

    def _run_application(self) -> None:
        """As pywsgi does it; where a door is asked for a WebSocket, and grants it, the connection is handed over."""
        door: Door | None = self.application.leading(self.environ)
        if door is None or self.environ.get("HTTP_UPGRADE", "").lower() != "websocket":
            WSGIHandler.run_application(self)
            return
        try:
            take = door.admit(self.environ)
        except Refused as refused:
            self.result = door.refuse(refused.refusal, self.start_response)
            self.process_result()
            return
        try:
            why_not = self.upgrade_websocket()
        except ValueError:
            # A key that is no base64.
            why_not = ()
        if self.environ.get("wsgi.websocket") is None:
            if not self.status:
                self.start_response(_STATUS[400], [])
            self.result = [part.encode() for part in why_not or ()]
            self.process_result()
            return
        # The answer goes out; nothing is read by this handler from here on.
        self.write(b"")
        take(*self._handed_over())

    def _handed_over(self) -> tuple[int, bytes]:
        """The connection's descriptor, which is closed by somebody else now, and what was read of it too far."""
        self.socket.settimeout(0.0)
        early: bytes = self.rfile.peek()
        descriptor: int = self.socket.detach()
        self.socket = None
        # gevent-websocket's own, which would keep this handler for as long as the request is kept. Not any sooner: it
        # says good-bye when it goes.
        self.environ.pop("wsgi.websocket")
        self.websocket = None
        return descriptor, early


def _turn_away(descriptor: int, _early: bytes) -> None:
    """A second WebSocket for one connection: opened, as the reference server does it, and closed at once."""
    with suppress(OSError), socket.socket(fileno=descriptor) as connection:
        connection.setblocking(False)
        connection.sendall(websocket.farewell(websocket.GOING_AWAY))


def _query(environ: Mapping[str, Any], name: str) -> str | None:
    values = parse_qs(environ.get("QUERY_STRING", "")).get(name)
    return values[0] if values else None


def _cors(environ: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a browser wants to hear before it lets a page of another address read the answer; may_knock said yes."""
    origin = environ.get("HTTP_ORIGIN")
    if origin is None:
        return []
    headers = [("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true")]
    headers.append(("Vary", "Origin"))
    if environ["REQUEST_METHOD"] == "OPTIONS":
        headers.append(("Access-Control-Allow-Methods", "GET, POST, OPTIONS"))
        headers.append(("Access-Control-Allow-Headers", environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")))
    return headers


def _answer(status: int, body: str, headers: list[tuple[str, str]], start_response: Any) -> list[bytes]:
    encoded = body.encode()
    start_response(_STATUS[status], [*headers, ("Content-Length", str(len(encoded))), ("Cache-Control", "no-store")])
    return [encoded]
