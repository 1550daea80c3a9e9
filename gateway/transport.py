"""What is written to clients: one frame, made once per event, given to many sockets as it stands.

The frame from server to client is unmasked and therefore the same bytes for everybody. Nothing in here waits or
switches greenlets, except `drained`: callers rely on it when they say "in one step".
"""

from base64 import b64encode
from collections.abc import Iterator
from typing import TYPE_CHECKING

import gevent

from . import websocket
from .websocket import Op

if TYPE_CHECKING:
    from .connection import Connection
    from .refusals import Refusal
    from .registry import Socket
    from .wire import Wire

# Bytes that may wait for one socket while a long replay is written to it, and the patience in seconds.
_AHEAD = 128 * 1024
_PATIENCE = 30.0


class TooSlow(Exception):
    """The client does not read what it asked for."""


class Frame:
    """One Engine.IO packet, encoded once for either transport.

    `key`: while it waits for a slow client, a newer frame with the same key takes its place.
    """

    __slots__ = ("_wire", "key", "text")

    def __init__(self, text: str, key: str | None = None) -> None:
        """`text`: the packet as polling sends it, `4` (message), `2` (Socket.IO event) and a JSON array, say."""
        self.text = text
        self.key = key
        self._wire: bytes | None = None

    @classmethod
    def binary(cls, data: bytes) -> "Frame":
        """A binary message."""
        made = cls("b" + b64encode(data).decode())
        made._wire = websocket.frame(Op.BINARY, data)
        return made

    @property
    def wire(self) -> bytes:
        """The packet as a WebSocket frame."""
        if self._wire is None:
            self._wire = websocket.frame(Op.TEXT, self.text.encode())
        return self._wire


# Socket.IO's DISCONNECT: the one packet after which a stock client stays away.
_DISCONNECT = Frame("41")


class Audience:
    """Sockets that are given the same frames, one after the other in the order in which they came.

    In that order because what the kernel keeps of neighbours lies side by side: another costs a fifth of the send more.
    """

    __slots__ = ("_polling", "_sockets", "_wires")

    def __init__(self) -> None:
        self._sockets: dict[Socket, None] = {}
        # Found anew at the next frame, when somebody came, went or was upgraded: a frame looks at one object for each.
        self._wires: list[Wire] | None = None
        self._polling: list[Socket] = []

    def __len__(self) -> int:
        return len(self._sockets)

    def __iter__(self) -> Iterator["Socket"]:
        return iter(self._sockets)

    def __contains__(self, socket: "Socket") -> bool:
        return socket in self._sockets

    def add(self, socket: "Socket") -> None:
        """From now on it is given everything. Once more does no harm."""
        self._sockets[socket] = None
        self._wires = None

    def discard(self, socket: "Socket") -> None:
        """It is given no more. Once more does no harm."""
        self._sockets.pop(socket, None)
        self._wires = None

    def deliver(self, shared: Frame) -> None:
        """Give one frame to all, in order after all that each was given before."""
        data, key = shared.wire, shared.key
        size = len(data)
        for wire in self._found() if self._wires is None else self._wires:
            send = wire.direct
            if send is None:
                wire.write(data, key)
                continue
            try:
                taken = send(data)
            except BlockingIOError:
                wire.rest(data, key)
            except OSError as error:
                wire.broken(error)
            else:
                if taken != size:
                    wire.rest(data[taken:])
        for socket in self._polling:
            socket.eio.send(shared)
            if socket.eio.wire is not None:
                self._wires = None

    def _found(self) -> "list[Wire]":
        self._wires = [socket.eio.wire for socket in self._sockets if socket.eio.wire is not None]
        self._polling = [socket for socket in self._sockets if socket.eio.wire is None]
        return self._wires


def drained(socket: "Socket") -> None:
    """Wait until `socket` has taken most of what it was given; TooSlow when it does not."""
    if socket.eio.pending <= _AHEAD:
        return
    with gevent.Timeout(_PATIENCE, TooSlow()):
        while not socket.eio.closed and socket.eio.pending > _AHEAD:
            gevent.sleep(0.01)


def close(connection: "Connection", refusal: "Refusal | None" = None, *, final: bool = False) -> None:
    """Close a connection after what it was given: without a word, so that a stock client comes back, or for good.

    `refusal` says why; its number is the WebSocket's status, which a client shows to whoever debugs it.
    """
    if final:
        connection.send(_DISCONNECT)
    connection.close(refusal)
