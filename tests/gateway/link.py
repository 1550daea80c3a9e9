"""One real connection of an engine inside the test's own process, and its client's end, over loopback.

The engine's loop runs while the test waits for something: `until`, `receive`, `texts`.
"""

import os
import socket
import struct
from collections.abc import Callable
from time import monotonic
from typing import Any

import gevent

from gateway.connection import Connection
from gateway.engine import Engine, Limits
from gateway.refusals import Refusal
from gateway.transport import Frame
from gateway.websocket import Message, Op


class Audience:
    """Writes down what an engine tells."""

    def __init__(self) -> None:
        self.openings: list[Connection] = []
        self.messages: list[str | bytes] = []
        self.closings: list[str] = []
        self.refusals: list[Refusal] = []
        self.on_message: Callable[[str | bytes], None] = self.messages.append

    def opened(self, connection: Connection, environ: dict[str, Any]) -> None:
        self.openings.append(connection)

    def message(self, connection: Connection, data: str | bytes) -> None:
        self.on_message(data)

    def closed(self, connection: Connection, reason: str) -> None:
        self.closings.append(reason)

    def refusing(self, refusal: Refusal, error: Exception | None) -> None:
        self.refusals.append(refusal)


class Link:
    """A connection that is a WebSocket already, and its client's end."""

    def __init__(self, limits: Limits | None = None, *, early: bytes = b"", buffer: int | None = None) -> None:
        """`early`: what the client said together with its handshake; `buffer`: bytes that its kernel keeps for it."""
        self.engine = Engine(limits or Limits())
        self.audience = self.engine.audience = Audience()
        self.client, ours = pair(buffer)
        self.engine.open_websocket({}, "address", ours.detach(), b"", early)
        self.connection = self.audience.openings.pop()
        # It may be over already: then there is none.
        self.wire: Any = self.connection.wire
        self._received = b""
        self._messages: list[Message] = []

    # -- the client ------------------------------------------------------------------------------------------------

    def say(self, *texts: str) -> None:
        """Send text messages, in one write."""
        self.client.sendall(b"".join(masked(Op.TEXT, text.encode()) for text in texts))

    def receive(self, size: int = 65536, timeout: float = 8) -> bytes:
        """What has come, at least one byte; nothing: the server closed."""
        self.client.setblocking(False)
        latest = monotonic() + timeout
        while True:
            try:
                return self.client.recv(size)
            except BlockingIOError:
                assert monotonic() < latest, "nothing came"
                gevent.sleep(0.001)

    def messages(self, count: int) -> list[Message]:
        """The next `count` messages that the client was sent; the first of all is the engine's welcome."""
        while len(self._messages) < count:
            data = self.receive()
            assert data, f"closed after {self._messages}"
            found, self._received = whole(self._received + data)
            self._messages += found
        found, self._messages = self._messages[:count], self._messages[count:]
        return found

    def texts(self, count: int) -> list[str]:
        """The next `count` messages, which are texts."""
        found = self.messages(count)
        assert all(op is Op.TEXT for op, _ in found)
        return [payload.decode() for _, payload in found]

    def rest(self) -> bytes:
        """Everything until the server closed."""
        received = b""
        while data := self.receive():
            received += data
        return received

    def reset(self) -> None:
        """Vanish: the server gets an RST."""
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.close()

    # -- both ------------------------------------------------------------------------------------------------------

    def until(self, happened: Callable[[], object], timeout: float = 8) -> None:
        """Let the loop run until something has happened."""
        latest = monotonic() + timeout
        while not happened():
            assert monotonic() < latest, "it did not happen"
            gevent.sleep(0.001)

    def close(self) -> None:
        """End both ends."""
        self.client.close()
        if self.wire is not None:
            self.wire.hang_up()


def pair(buffer: int | None = None) -> tuple[socket.socket, socket.socket]:
    """Two ends of a TCP connection, the client's first; `buffer`: bytes that its kernel keeps for it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.socket()
        if buffer is not None:
            # Before they are connected: it limits the window.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.settimeout(5)
        client.connect(server.getsockname())
        return client, server.accept()[0]


def masked(op: Op, payload: bytes, *, is_last: bool = True, mask: bytes | None = None) -> bytes:
    """A frame as a client sends it."""
    mask = os.urandom(4) if mask is None else mask
    first, size = (0x80 if is_last else 0) | op, len(payload)
    if size < 126:
        header = struct.pack("!BB", first, 0x80 | size)
    elif size < 65_536:
        header = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        header = struct.pack("!BBQ", first, 0x80 | 127, size)
    return header + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def whole(data: bytes) -> tuple[list[Message], bytes]:
    """The whole frames of a server, which are not masked, and the beginning of the next one."""
    messages: list[Message] = []
    while len(data) >= 2:
        size, start = data[1], 2
        if size >= 126:
            wide = 2 if size == 126 else 8
            size, start = int.from_bytes(data[2 : 2 + wide]), 2 + wide
        if len(data) < start or len(data) < start + size:
            break
        messages.append((Op(data[0] & 0x0F), data[start : start + size]))
        data = data[start + size :]
    return messages, data


def read(data: bytes) -> list[Message]:
    """The frames of a server, which are all whole."""
    messages, rest = whole(data)
    assert rest == b""
    return messages


def fill(link: Link, size: int = 60_000) -> list[Frame]:
    """Send frames until one waits; returns them."""
    sent = []
    while link.connection.pending == 0:
        sent.append(Frame("4" + chr(97 + len(sent) % 26) * size))
        link.connection.send(sent[-1])
    return sent
