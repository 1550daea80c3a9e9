"""The only file that touches a connection: what is written to it and how it is closed.

A frame is made once per event and given to many sockets as it stands. Here it is one Engine.IO packet whose encoded
form is already in its cache, put into each socket's queue, so that polling and WebSocket clients are alike. Nothing
in here waits or switches greenlets, except `drained`: callers rely on it when they say "in one step".
"""

import contextlib
from collections.abc import Iterable
from socket import SHUT_RDWR
from typing import TYPE_CHECKING, Any

import gevent
from engineio.packet import MESSAGE, Packet

if TYPE_CHECKING:
    from .registry import Socket

# Engine.IO message (4), Socket.IO DISCONNECT (1): the one packet after which a stock client stays away.
_DISCONNECT = "41"
# Longest queue of packets, and patience in seconds, while a long replay is written to one socket.
_QUEUE = 500
_PATIENCE = 30.0


class TooSlow(Exception):
    """The client does not read what it asked for."""


class Frame(Packet):
    """One message, encoded once: `text` is `4` (Engine.IO message), `2` (Socket.IO event) and the JSON array."""

    def __init__(self, text: str) -> None:
        super().__init__(MESSAGE)
        self.encode_cache = text


def deliver(sockets: Iterable["Socket"], shared: Frame) -> None:
    """Give one frame to many sockets, in order after all that they were given before."""
    for socket in sockets:
        socket.eio.queue.put_nowait(shared)


def drained(socket: "Socket") -> None:
    """Wait until `socket` has taken most of what it was given; TooSlow when it does not."""
    with gevent.Timeout(_PATIENCE, TooSlow()):
        while not socket.eio.closed and socket.eio.queue.qsize() > _QUEUE:
            gevent.sleep(0.01)


def hang_up(websocket: Any) -> None:
    """End the TCP connection under a WebSocket, whatever its client or a greenlet of ours still waits for."""
    handler = websocket.handler
    connection = getattr(handler, "socket", None)
    if connection is not None:
        with contextlib.suppress(OSError):  # gone already
            connection.shutdown(SHUT_RDWR)


def close(eio: Any, *, final: bool = False) -> None:
    """Close a connection after what it was given: without a word, so that a stock client comes back, or for good.

    `eio` is the Engine.IO socket. No CLOSE packet is sent: some clients take it for a wish that they stay away.
    """
    if final and not eio.closed:
        eio.queue.put_nowait(Frame(_DISCONNECT))
    eio.close(wait=False, abort=True)
