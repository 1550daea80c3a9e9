"""One real connection of an engine inside the test's own process, and its client's end, over loopback."""

import socket
from typing import Any

from gateway.connection import Connection
from gateway.engine import Engine, Limits
from gateway.refusals import Refusal
from gateway.websocket import Message, Op


class Audience:
    """Writes down what an engine tells."""

    def __init__(self) -> None:
        self.messages: list[str | bytes] = []
        self.closings: list[str] = []
        self.refusals: list[Refusal] = []

    def opened(self, connection: Connection, environ: dict[str, Any]) -> None:
        """Nothing to do."""

    def message(self, connection: Connection, data: str | bytes) -> None:
        self.messages.append(data)

    def closed(self, connection: Connection, reason: str) -> None:
        self.closings.append(reason)

    def refusing(self, refusal: Refusal, error: Exception | None) -> None:
        self.refusals.append(refusal)


class Link:
    """A connection that is a WebSocket already, and its client's end."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.engine = Engine(limits or Limits())
        self.audience = self.engine.audience = Audience()
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.client = socket.create_connection(server.getsockname(), timeout=5)
            ours, _address = server.accept()
        self.engine.open_websocket({}, "address", ours.detach(), b"")
        (self.connection,) = self.engine.connections()
        self._messages: list[Message] = []

    def texts(self, count: int) -> list[str]:
        """The next `count` text messages that the client was sent; the first of all is the engine's welcome."""
        while len(self._messages) < count:
            self._messages += read(self.client.recv(65536))
        assert all(op is Op.TEXT for op, _ in self._messages[:count])
        found, self._messages = self._messages[:count], self._messages[count:]
        return [payload.decode() for _, payload in found]

    def close(self) -> None:
        """End both ends."""
        self.client.close()
        if self.connection.wire is not None:
            self.connection.wire.hang_up()


def read(data: bytes) -> list[Message]:
    """The whole frames of a server, which are not masked."""
    messages: list[Message] = []
    while data:
        size, start = data[1], 2
        if size >= 126:
            wide = 2 if size == 126 else 8
            size, start = int.from_bytes(data[2 : 2 + wide]), 2 + wide
        messages.append((Op(data[0] & 0x0F), data[start : start + size]))
        data = data[start + size :]
    return messages
