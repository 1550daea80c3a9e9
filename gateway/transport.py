"""What is written to clients: one frame, made once per event, given to many sockets as it stands.

The frame from server to client is unmasked and therefore the same bytes for everybody. Nothing in here waits or
switches greenlets, except `drained`: callers rely on it when they say "in one step".
"""

from base64 import b64encode
from collections.abc import Iterable
from typing import TYPE_CHECKING

import gevent

from . import websocket
from .websocket import Op

if TYPE_CHECKING:
    from .connection import Connection
    from .refusals import Refusal
    from .registry import Socket

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


def deliver(sockets: Iterable["Socket"], shared: Frame) -> None:
    """Give one frame to many sockets, in order after all that they were given before."""
    data, key = shared.wire, shared.key
    size = len(data)
    for socket in sockets:
        wire = socket.eio.wire
        if wire is None or (send := wire.direct) is None:
            socket.eio.send(shared)
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
