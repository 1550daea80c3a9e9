"""The door: HTTP in front of the engine. Who is refused before anything is opened, and what is served.

Refused are foreign origins (403), what cannot be served now (503: a stock client comes back) and what is not the
protocol (400). listener.py is in front of it, and upgrades those to WebSockets that may pass here.
"""

import json
import socket
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any
from urllib.parse import parse_qs

from app.config import Config
from app.contract.addresses import client_address

from . import polling, refusals, websocket
from .auth import may_knock
from .connection import Connection, Malformed
from .engine import Engine
from .refusals import Refusal, Refused

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

_STATUS = {200: "200 OK", 400: "400 Bad Request", 403: "403 Forbidden", 503: "503 Service Unavailable"}
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
            self.refusing(refused.refusal)
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
                _forget_headers(environ)
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

    def admit(self, environ: dict[str, Any]) -> Callable[[int, bytes, bytes], None]:
        """What is to take over the TCP connection of this request; Refused when it may not be a WebSocket.

        It is given the descriptor, the answer that makes it one and is still to be sent, and what was read already.
        """
        connection = self._visitor(environ)
        has_body = environ.get("CONTENT_LENGTH") or environ.get("HTTP_TRANSFER_ENCODING")
        if _query(environ, "transport") != "websocket" or has_body:
            raise Refused(refusals.NOT_ENGINE_IO)
        if connection is None:
            address = self._address(environ)
            return partial(self._engine.open_websocket, environ, address)
        if connection.polling is None:
            return _turn_away
        return partial(self._engine.try_websocket, connection)

    def refuse(self, refusal: Refusal, start_response: Any) -> list[bytes]:
        """The answer to a request for a WebSocket that may not be one."""
        self.refusing(refusal)
        return self._refuse(refusal, start_response)

    # -- both ------------------------------------------------------------------------------------------------------

    def refusing(self, refusal: Refusal) -> None:
        """Somebody is refused: count it."""
        self._engine.refusing(refusal)

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
        """Where a client comes from; proxies that are trusted say it for those behind them."""
        peer = str(environ.get("REMOTE_ADDR", ""))
        return client_address(peer, environ.get("HTTP_X_FORWARDED_FOR"), self._config.trusted_proxies)

    def _refuse(self, refusal: Refusal, start_response: Any) -> list[bytes]:
        status = 503 if refusal.retry else 400
        if refusal is refusals.ORIGIN_REFUSED:
            status = 403
        headers = [("Content-Type", "application/json")]
        if refusal.retry:
            headers.append(("Retry-After", "1"))
        return _answer(status, json.dumps(refusal.data), headers, start_response)


def _turn_away(descriptor: int, answer: bytes, _early: bytes) -> None:
    """A second WebSocket for one connection: opened, as the reference server does it, and closed at once."""
    with suppress(OSError), socket.socket(fileno=descriptor) as connection:
        connection.setblocking(False)
        connection.sendall(answer + websocket.farewell(websocket.GOING_AWAY))


def _forget_headers(environ: dict[str, Any]) -> None:
    """A poll waits for half a minute, and its answer needs to know of no header but this one."""
    for name in [name for name in environ if name.startswith("HTTP_") and name != "HTTP_ORIGIN"]:
        del environ[name]


def _query(environ: Mapping[str, Any], name: str) -> str | None:
    return _first_of(environ.get("QUERY_STRING", "")).get(name)


# Nearly all clients ask with one of a few.
@lru_cache(maxsize=64)
def _first_of(query: str) -> Mapping[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


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
