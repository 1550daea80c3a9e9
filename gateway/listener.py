"""The listener: TCP in front of the door. How many may come, how much of a request is read, and who is upgraded.

Replaces what pywsgi and gevent-websocket leave open: how many connections one address holds, how large the head of a
request is, how fast it comes and how long it takes. `Handler` is gevent-websocket's for pywsgi: it upgrades, and then
its TCP connection becomes a wire of the engine's, and its greenlet ends. pywsgi must be given it: without it every
WebSocket handshake is a 500, and clients fall back to polling without a word.
"""

import logging
import socket
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from io import BufferedReader
from socket import IPPROTO_TCP, TCP_NODELAY
from typing import Any

import gevent
from gevent.pool import Pool
from gevent.pywsgi import Input, WSGIHandler, WSGIServer
from geventwebsocket.handler import WebSocketHandler

from app.config import Network
from app.contract.addresses import is_trusted

from . import refusals
from .door import Door
from .head import MOST_HEAD, Headers, TooLarge
from .refusals import Refused
from .wire import BREATHER

# Seconds that a client may be silent before and between its requests, and that it may take to read an answer.
PATIENCE, READ_WITHIN = 10.0, 30.0
# Reads of one request after which each more waits a moment, so that what comes byte by byte comes together.
MOST_READS = 64
# Requests over one connection; then the client opens another, which is counted anew.
MOST_REQUESTS = 1_000
# Bytes of a body that nobody wanted, which are read all the same so that the connection can be used again.
_UNWANTED = 64 * 1024
_REFUSED = "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
# For an address that holds too many connections, before anything was read.
_TOO_MANY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_NO_REQUEST, _TOO_LARGE = "400 Bad Request", "431 Request Header Fields Too Large"


class Listener(WSGIServer):
    """Accepts TCP connections and counts those that carry requests; WebSockets are counted by the engine.

    When `requests` is full, nobody is accepted until one of them has ended: they wait in the kernel.
    """

    application: Door
    # A crowd that returns at once waits in the kernel. Whoever finds no room there asks again after 1 s, 3 s, 7 s.
    backlog = 4_096

    def __init__(
        self, address: tuple[str, int], door: Door, *, requests: Pool, per_peer: int, proxies: Sequence[Network]
    ) -> None:
        """`per_peer`: how many one address may hold; those of `proxies` hold the connections of everybody."""
        errors = logging.getLogger("gateway.http")
        super().__init__(address, door, handler_class=Handler, spawn=requests, log=None, error_log=errors)
        # gevent-websocket would log every request, with its address, and what is wrong with it.
        self.logger = logging.getLogger("geventwebsocket")
        self.logger.setLevel(logging.ERROR)
        self._per_peer = per_peer
        self._proxies = proxies
        self._held: Counter[str] = Counter()

    def do_handle(self, connection: socket.socket, address: Any) -> None:
        """A connection was accepted: serve it in a greenlet, or refuse it without waiting for anything."""
        peer = address[0]
        if self._held[peer] >= self._per_peer and not is_trusted(peer, self._proxies):
            self.application.refusing(refusals.TOO_MANY_CONNECTIONS)
            _turn_away(connection)
            return
        self._held[peer] += 1
        super().do_handle(connection, address)

    def handle(self, connection: socket.socket, address: Any) -> None:
        """Serve a connection until it ends, or is a WebSocket."""
        try:
            super().handle(connection, address)
        finally:
            self._held[address[0]] -= 1
            if not self._held[address[0]]:
                del self._held[address[0]]


def _turn_away(connection: socket.socket) -> None:
    """Refuse with what fits into the kernel now, and close."""
    with suppress(OSError), connection:
        connection.setblocking(False)
        connection.send(_TOO_MANY)
        # What was asked already and is not read would end the connection with an RST, and some lose the answer by it.
        connection.recv(MOST_HEAD)


class _Unhurried(socket.SocketIO):
    """Reads from a connection: fast at first, and then with a breather before each read."""

    left = MOST_READS
    is_over = False

    def readinto(self, buffer: Any) -> int | None:
        """As the stock one; nothing, as if nothing were there, when it is over."""
        if self.is_over:
            return None
        if self.left > 0:
            self.left -= 1
        else:
            gevent.sleep(BREATHER)
        return super().readinto(buffer)


class Handler(WebSocketHandler):
    """Serves one TCP connection: its requests, until one of them becomes a WebSocket."""

    socket: Any
    rfile: BufferedReader
    wsgi_input: Any
    _requests = 0
    _answer = b""

    def __init__(self, connection: socket.socket, address: tuple[Any, ...], server: WSGIServer) -> None:
        super().__init__(connection, address, server, BufferedReader(_Unhurried(connection, "r")))

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
        self.rfile.raw.left = MOST_READS  # type: ignore[attr-defined]
        try:
            return super().handle_one_request()
        except gevent.Timeout as timeout:
            if timeout is not self.deadline:
                raise
            return None
        finally:
            self.deadline.close()

    def MessageClass(self, source: BufferedReader, _seekable: int) -> Headers:
        """The headers, of a head that is not too large."""
        return Headers(source, MOST_HEAD - len(self.requestline))

    def get_environ(self) -> dict[str, Any]:
        """The request's head has arrived: from here on others keep the time."""
        self.deadline.close()
        environ: dict[str, Any] = super().get_environ()
        # It is all in there now, and is not kept twice while a poll waits.
        del self.headers
        self._requests += 1
        if self._requests >= MOST_REQUESTS:
            self.close_connection = True
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

    def _handle_client_error(self, error: Exception) -> tuple[str, bytes]:
        """As the stock one, without a line in the log for each, or a traceback: it is as long as the client likes."""
        status = _TOO_LARGE if isinstance(error, TooLarge) else _NO_REQUEST
        return status, (_REFUSED % status).encode()

    def run_application(self) -> None:
        """As below; then pywsgi reads what is left of the request's body, if it is little, within the same patience."""
        try:
            self._run_application()
        finally:
            if self._leaves_too_much:
                self.close_connection = True
                self.wsgi_input = Input(self.rfile, 0)
            if not self.connection_upgraded:
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
                self.start_response(_NO_REQUEST, [])
            self.result = [part.encode() for part in why_not or ()]
            self.process_result()
            return
        self.write(b"")
        take(*self._handed_over())

    def _sendall(self, data: bytes) -> None:
        """As the stock one; but the answer that upgrades is kept for the engine, whose first packet goes with it."""
        if self.connection_upgraded:
            self._answer = bytes(data)
            self.response_length += len(data)
        else:
            super()._sendall(data)

    def _handed_over(self) -> tuple[int, bytes, bytes]:
        """The connection's descriptor, closed by somebody else now, the answer to send, what was read too far."""
        # Nothing more is read by this handler: to look would be a system call for nothing.
        self.rfile.raw.is_over = True  # type: ignore[attr-defined]
        early: bytes = self.rfile.peek()
        descriptor: int = self.socket.detach()
        self.socket = None
        # gevent-websocket's own, which would keep this handler for as long as the request is kept, and take care to say
        # good-bye when it goes.
        websocket = self.environ.pop("wsgi.websocket")
        websocket.closed, websocket.handler = True, None
        self.websocket = None
        return descriptor, self._answer, early
