"""One TCP connection after its upgrade to WebSocket: read without a greenlet, written without a queue.

Replaces the two greenlets and the queue that python-engineio 4.15 keeps for each client, and the writing of
gevent-websocket 0.10.1. The loop calls `_readable` when bytes are there. A message is one non-blocking `send` of the
kernel's; what the kernel does not take waits here and goes out when it does, at most MOST_PENDING bytes of it.
Nothing in this file waits or switches greenlets.
"""

import _socket
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from socket import AF_INET, SHUT_WR, SO_SNDBUF, SOCK_STREAM, SOL_SOCKET
from typing import Any, Protocol

import gevent

from . import websocket
from .websocket import Message, Op, Reader, Violation

# Bytes that may wait for one client. Whoever lets more come together is let go of, and catches up when it returns.
MOST_PENDING = 1024 * 1024
# Bytes that the kernel keeps for one client (it takes twice as much, for its own books). By itself it would keep up to
# four megabytes, of which MOST_PENDING knows nothing.
IN_KERNEL = 128 * 1024
# Seconds that a closed connection has to take its last bytes and to close from the other side.
FAREWELL = 2.0
# Reads in a row that bring no whole message, and the seconds for which nothing is read after each more: what a client
# sends byte by byte then comes together, and wakes nobody for each.
MOST_READS, BREATHER = 32, 0.1
_READABLE, _WRITABLE = 1, 2

# What arrives is copied out of here at once, so one for all connections is enough.
_incoming = bytearray(64 * 1024)


class Owner(Protocol):
    """Who is told what comes over a wire; on the loop's own greenlet, so nobody may wait."""

    def may_speak(self) -> bool:
        """Whether the client may say one thing more now, a ping too. The owner closes when it may not."""

    def received(self, message: Message) -> None:
        """A text or binary message."""

    def lost(self, reason: str) -> None:
        """The connection is over: the client closed it, or broke off."""

    def violated(self, violation: Violation) -> None:
        """The client broke the protocol. The owner closes."""

    def too_slow(self) -> None:
        """More waits for the client than may. The owner closes."""


class Waiting:
    """Bytes that the kernel has not taken yet, in order. A newer message with the same key takes the older's place."""

    __slots__ = ("_chunks", "_first", "size")

    def __init__(self) -> None:
        self.size = 0
        # Oldest first, each under its key or one of its own; before them what is being written.
        self._chunks: OrderedDict[object, bytes] = OrderedDict()
        self._first = b""

    def add(self, data: bytes, key: str | None = None) -> None:
        """`data` behind the rest, or in the place of what waits under `key`."""
        place = object() if key is None else key
        self.size += len(data) - len(self._chunks.get(place, b""))
        self._chunks[place] = data

    def join(self) -> None:
        """Make one of all that waits: nothing takes the place of any of it from now on."""
        self._first += b"".join(self._chunks.values())
        self._chunks.clear()

    def first(self) -> bytes | None:
        """The oldest bytes, which are about to be written: from now on nothing takes their place."""
        if not self._first and self._chunks:
            self._first = self._chunks.popitem(last=False)[1]
        return self._first or None

    def written(self, size: int) -> None:
        """So many of the oldest bytes went out."""
        self.size -= size
        self._first = self._first[size:]


class Wire:
    """A WebSocket. `direct` is the kernel's own send while nothing waits, and None while something does."""

    __slots__ = (
        "_breather",
        "_is_closing",
        "_reader",
        "_reading",
        "_reads",
        "_socket",
        "_timer",
        "_waiting",
        "_writing",
        "direct",
        "owner",
    )

    def __init__(self, descriptor: int, owner: Owner, *, most: int) -> None:
        """Take over a connected TCP socket with TCP_NODELAY; it is read from when `begin` is called.

        `most`: bytes of one message.
        """
        self.owner = owner
        # Python would ask the kernel three times what it has here. (Of IPv6 it may be: nothing below depends on that.)
        self._socket = _socket.socket(AF_INET, SOCK_STREAM, 0, descriptor)
        self._socket.setblocking(False)
        with suppress(OSError):  # it broke already, as the first read will say
            self._socket.setsockopt(SOL_SOCKET, SO_SNDBUF, IN_KERNEL)
        self.direct: Callable[[bytes], int] | None = self._socket.send
        self._reader = Reader(most)
        self._waiting: Waiting | None = None
        self._is_closing = False
        self._timer: Any = None
        self._reads = 0
        self._breather: Any = None
        self._writing: Any = None
        self._reading: Any = gevent.get_hub().loop.io(descriptor, _READABLE)

    def begin(self, early: bytes = b"") -> None:
        """Read; `early` is what was read from the connection already."""
        if not self.is_open:
            # It broke under the first words that it was told: its descriptor is somebody else's by now.
            return
        self._reading.start(self._readable)
        if early:
            self._take(early)

    @property
    def pending(self) -> int:
        """Bytes that wait for the client to read."""
        return self._waiting.size if self._waiting is not None else 0

    @property
    def is_open(self) -> bool:
        """Whether the TCP connection is still there; it may be closing."""
        return bool(self._socket.fileno() >= 0)

    # -- writing ---------------------------------------------------------------------------------------------------

    def gather(self) -> None:
        """What is written from now on goes out in one send, as soon as the greenlet at work waits or ends."""
        if self._waiting is None and not self._is_closing:
            self.direct, self._waiting = None, Waiting()
            gevent.get_hub().loop.run_callback(self._gathered)

    def _gathered(self) -> None:
        if self._waiting is None:
            # Hung up meanwhile.
            return
        if self._waiting.size <= IN_KERNEL:
            # More could not go out at once, and may hold positions that newer ones are to take the place of.
            self._waiting.join()
        self._write_out()

    def write(self, data: bytes, key: str | None = None) -> None:
        """Send whole frames, behind all that was sent before; see Waiting for `key`."""
        if self._is_closing:
            return
        if self._waiting is None:
            taken = self._sent(data)
            if taken is None or taken == len(data):
                return
            if taken:
                # The rest of a frame that has begun must follow, whatever newer there is.
                data, key = data[taken:], None
        self._keep(data, key)

    def rest(self, data: bytes, key: str | None = None) -> None:
        """Take what `direct` did not: the end of a frame that has begun, or (it may have a key) all of it."""
        if not self._is_closing:
            self._keep(data, key)

    def _sent(self, data: bytes) -> int | None:
        """How many bytes the kernel takes now; None when the connection is broken, and the owner knows."""
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            self.broken(error)
            return None

    def _keep(self, data: bytes, key: str | None) -> None:
        if self._waiting is None:
            self.direct, self._waiting = None, Waiting()
            self._write_when_possible()
        self._waiting.add(data, key)
        if self._waiting.size > MOST_PENDING:
            self.owner.too_slow()

    def _write_when_possible(self) -> None:
        if self._writing is None:
            self._writing = gevent.get_hub().loop.io(self._socket.fileno(), _WRITABLE)
            self._writing.start(self._write_out)

    def _write_out(self) -> None:
        waiting = self._waiting
        while waiting is not None and (data := waiting.first()) is not None:
            taken = self._sent(data)
            if taken is None:
                return
            waiting.written(taken)
            if taken < len(data):
                self._write_when_possible()
                return
        if self._writing is not None:
            self._writing.stop()
            self._writing.close()
        self._writing = self._waiting = None
        if self._is_closing:
            self._shut()
        else:
            self.direct = self._socket.send

    # -- reading ---------------------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Read no more for now: the client is ahead of what is done for it."""
        self._reading.stop()

    def resume(self) -> None:
        """Read again."""
        self._breathe_out()
        if self.is_open and not self._reading.active:
            self._reading.start(self._readable)

    def _readable(self) -> None:
        try:
            size = self._socket.recv_into(_incoming)
        except BlockingIOError:
            return
        except OSError as error:
            self.broken(error)
            return
        if not size:
            self._over("closed by the client")
            return
        self._reads += 1
        self._take(bytes(memoryview(_incoming)[:size]))
        if self._reads > MOST_READS and self.is_open:
            self.pause()
            self._breather = gevent.get_hub().loop.timer(BREATHER)
            self._breather.start(self.resume)

    def _breathe_out(self) -> None:
        if self._breather is not None:
            self._breather.stop()
            self._breather.close()
            self._breather = None

    def _take(self, data: bytes) -> None:
        try:
            # What comes after we have closed is thrown away.
            for op, payload in () if self._is_closing else self._reader.feed(data):
                if not self._heard(op, payload):
                    break
        except Violation as violation:
            self.owner.violated(violation)

    def _heard(self, op: Op, payload: bytes) -> bool:
        """Act on a message; whether another is wanted."""
        self._reads = 0
        if not self.owner.may_speak():
            return False
        if op is Op.PING:
            self.write(websocket.frame(Op.PONG, payload))
        elif op is Op.CLOSE:
            self.close(websocket.NORMAL)
            self.owner.lost("closed by the client")
        elif op is not Op.PONG:
            self.owner.received((op, payload))
        return not self._is_closing

    # -- ending ----------------------------------------------------------------------------------------------------

    def close(self, code: int) -> None:
        """Close with a WebSocket status after what waits was written; in FAREWELL seconds it is over all the same."""
        if self._is_closing:
            return
        self._is_closing, self.direct = True, None
        self._timer = gevent.get_hub().loop.timer(FAREWELL)
        self._timer.start(self.hang_up)
        self.resume()
        farewell = websocket.farewell(code)
        if self._waiting is not None:
            self._waiting.add(farewell)
        elif (taken := self._sent(farewell)) == len(farewell):
            self._shut()
        elif taken is not None:
            self._keep(farewell[taken:], None)

    def _shut(self) -> None:
        """Nothing more comes from here; the client may close now."""
        try:
            self._socket.shutdown(SHUT_WR)
        except OSError:
            self.hang_up()

    def hang_up(self) -> None:
        """End the TCP connection now and drop what waits. Once more does no harm."""
        if not self.is_open:
            return
        self._is_closing, self.direct, self._waiting = True, None, None
        # Before the descriptor is closed: the kernel may give its number to the next connection.
        self._breathe_out()
        for watcher in (self._reading, self._writing, self._timer):
            if watcher is not None:
                watcher.stop()
                watcher.close()
        self._socket.close()

    def broken(self, error: OSError) -> None:
        """The kernel says that nobody is there any more."""
        self._over(error.strerror or "broken")

    def _over(self, reason: str) -> None:
        was_open = not self._is_closing
        self.hang_up()
        if was_open:
            self.owner.lost(reason)
