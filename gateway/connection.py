"""One Engine.IO 4 session: packets to and from one client, over polling first or over a WebSocket at once.

Replaces engineio.Socket of python-engineio 4.15. What a client sends is checked on the loop's own greenlet, where
nothing may wait; its messages are then worked on in order by one greenlet that lives as long as there are any, so a
connection at rest costs no greenlet. What it is sent goes to its wire (wire.py), or waits for its next poll.
"""

import binascii
from base64 import b64decode
from collections import OrderedDict, deque
from time import monotonic
from typing import TYPE_CHECKING

from gevent.event import Event

from . import refusals, websocket
from .transport import Frame
from .websocket import Message, Op, Violation
from .wire import MOST_PENDING, Wire

if TYPE_CHECKING:
    from .engine import Engine
    from .refusals import Refusal

# Packets of one client: so many at once (a page that returns asks for all its channels), and so many a second.
BURST, PER_SECOND = 200, 20
# Packets in one answer to a client that polls: python-engineio's client takes no more.
MOST_AT_ONCE = 16
# Messages that may wait for the greenlet that works on them; a WebSocket is not read from while there are more.
_MOST_WAITING = 32

PING, NOOP, _CLOSE, _PROBED = Frame("2"), Frame("6"), Frame("1"), Frame("3probe")


class Malformed(Exception):
    """A client sent what is no packet of the protocol, or one that is not taken here."""


class Polling:
    """What a client that polls is to get with its next request. One request waits at a time."""

    __slots__ = ("frames", "has_reader", "is_upgrading", "size", "wake")

    def __init__(self) -> None:
        # Oldest first, each under its key or one of its own.
        self.frames: OrderedDict[object, Frame] = OrderedDict()
        self.size = 0
        self.wake = Event()
        self.has_reader = False
        # A WebSocket was probed: polls are answered at once, with nothing, so that the client stops polling.
        self.is_upgrading = False

    def add(self, frame: Frame) -> None:
        """For the next request, in the place of one that waits with the same key."""
        place = object() if frame.key is None else frame.key
        if place in self.frames:
            self.size -= len(self.frames[place].text)
        self.frames[place] = frame
        self.size += len(frame.text)
        self.wake.set()

    def taken(self) -> str:
        """What waits, as one payload; what is too much for one waits for the next request."""
        count = min(MOST_AT_ONCE, len(self.frames))
        taken = [self.frames.popitem(last=False)[1].text for _ in range(count)]
        self.size -= sum(map(len, taken))
        if not self.frames:
            self.wake.clear()
        return "\x1e".join(taken)


class Connection:
    """A session. `wire` is its WebSocket while it is open, `polling` what it has while there is none."""

    __slots__ = ("_at", "_engine", "_inbox", "_tokens", "address", "closed", "polling", "probe", "sid", "wire")

    def __init__(self, sid: str, address: str, engine: "Engine") -> None:
        self.sid = sid
        self.address = address
        self.closed = False
        self.wire: Wire | None = None
        self.polling: Polling | None = None
        self.probe: Probe | None = None
        self._engine = engine
        self._inbox: deque[str | bytes] | None = None
        # The rate: what it may still say, as of when.
        self._tokens = float(BURST)
        self._at = monotonic()

    @property
    def pending(self) -> int:
        """Bytes that wait for the client."""
        if self.wire is not None:
            return self.wire.pending
        return self.polling.size if self.polling is not None else 0

    # -- to the client ---------------------------------------------------------------------------------------------

    def send(self, frame: Frame) -> None:
        """Give it one packet, behind all that it was given before."""
        if self.closed:
            return
        if self.wire is not None:
            self.wire.write(frame.wire, frame.key)
        elif self.polling is not None:
            self.polling.add(frame)
            if self.polling.size > MOST_PENDING:
                self.too_slow()

    def gather(self) -> None:
        """What it is sent from now on goes out together, as soon as the greenlet at work waits or ends."""
        if self.wire is not None:
            self.wire.gather()

    def close(self, refusal: "Refusal | None" = None, *, reason: str = "server disconnect") -> None:
        """Close after what it was given, without a word of Engine.IO's: a stock client then comes back by itself.

        `refusal` says why; its number is the WebSocket's status.
        """
        if self.closed:
            return
        if refusal is refusals.TOO_SLOW and self.wire is not None:
            # It would not read a farewell either.
            self.wire.hang_up()
        elif self.wire is not None:
            self.wire.close(refusal.code if refusal is not None and refusal.code >= 3000 else websocket.GOING_AWAY)
        self._ended(reason)

    def abandon(self) -> None:
        """End it when it cannot be closed in order."""
        wire, self.wire = self.wire, None
        self._ended("transport error")
        if wire is not None:
            wire.hang_up()

    def _ended(self, reason: str) -> None:
        if self.closed:
            return
        self.closed = True
        if self.polling is not None:
            self.polling.wake.set()
        if self.probe is not None:
            self.probe.give_up()
        # It may live on for its last words, and must not keep what was the client's meanwhile.
        self.wire = None
        self._engine.ended(self, reason)

    # -- from its wire (the loop's own greenlet: nothing may wait) ----------------------------------------------------

    def received(self, message: Message) -> None:
        """A message of its WebSocket."""
        op, payload = message
        try:
            self.take(payload.decode() if op is Op.TEXT else payload)
        except UnicodeDecodeError as error:
            self.violated(Violation(websocket.NOT_TEXT, str(error)))
        except Malformed as error:
            self.malformed(error)

    def lost(self, reason: str) -> None:
        """Its WebSocket is gone."""
        self._ended(reason)

    def violated(self, violation: Violation) -> None:
        """It broke the protocol of WebSockets."""
        self._engine.refusing(refusals.PACKET_MALFORMED, violation)
        if self.wire is not None:
            self.wire.close(violation.code)
        self._ended("transport error")

    def too_slow(self) -> None:
        """It does not read what it is sent."""
        self._engine.refusing(refusals.TOO_SLOW)
        self.close(refusals.TOO_SLOW, reason="transport error")

    def malformed(self, error: Exception) -> None:
        """It sent what is no packet."""
        self._engine.refusing(refusals.PACKET_MALFORMED, error)
        self.close(refusals.PACKET_MALFORMED, reason="transport error")

    # -- packets ---------------------------------------------------------------------------------------------------

    def take(self, packet: str | bytes) -> None:
        """One packet; Malformed when it is none. Binary is a message as it stands."""
        if self.closed:
            return
        if isinstance(packet, bytes):
            self._enqueue(packet)
        elif packet[:1] == "4":
            self._enqueue(packet[1:])
        elif packet == "3":
            self._engine.ponged(self)
        elif packet == "1":
            if self.polling is not None:
                self.polling.add(NOOP)
            if self.wire is not None:
                self.wire.close(websocket.NORMAL)
            self._ended("client disconnect")
        elif packet != "6":
            raise Malformed(f"an Engine.IO packet {packet[:10]!r}")

    def may_speak(self) -> bool:
        """Whether the client may say one thing more now; it is closed when it may not."""
        if self.closed:
            return False
        at = monotonic()
        self._tokens = min(BURST, self._tokens + (at - self._at) * PER_SECOND) - 1
        self._at = at
        if self._tokens < 0:
            self._engine.refusing(refusals.TOO_FAST)
            self.close(refusals.TOO_FAST)
        return not self.closed

    def _enqueue(self, message: str | bytes) -> None:
        if self._inbox is not None:
            self._inbox.append(message)
            if len(self._inbox) >= _MOST_WAITING and self.wire is not None:
                self.wire.pause()
            return
        self._inbox = deque((message,))
        self._engine.spawn(self._work, self._inbox)

    def _work(self, inbox: deque[str | bytes]) -> None:
        while inbox and not self.closed:
            self._engine.message(self, inbox.popleft())
            if not inbox and self.wire is not None:
                self.wire.resume()
        self._inbox = None

    # -- upgrade ---------------------------------------------------------------------------------------------------

    def upgraded(self, wire: Wire) -> None:
        """From now on it is served over `wire`, first with what waited for its next poll."""
        polling, self.polling, self.probe = self.polling, None, None
        self.wire, wire.owner = wire, self
        if polling is not None:
            for frame in polling.frames.values():
                if frame is not NOOP:
                    self.send(frame)
            polling.frames.clear()
            polling.add(NOOP)


class Probe:
    """A WebSocket that a polling client tries, and goes over to when it works; owns its wire until then."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # None before it was tried and when it is over.
        self.wire: Wire | None = None

    def may_speak(self) -> bool:
        """As much as its connection may."""
        return self._connection.may_speak()

    def received(self, message: Message) -> None:
        """`2probe`, then `5`."""
        wire, polling = self.wire, self._connection.polling
        if wire is None or polling is None:
            self.violated(Violation(websocket.PROTOCOL_ERROR, "nothing to try"))
        elif message == (Op.TEXT, b"2probe"):
            polling.is_upgrading = True
            polling.wake.set()
            wire.write(_PROBED.wire)
        elif polling.is_upgrading and message == (Op.TEXT, b"5"):
            self._connection.upgraded(wire)
        else:
            self.violated(Violation(websocket.PROTOCOL_ERROR, "no probe"))

    def lost(self, _reason: str) -> None:
        """It did not work; the connection goes on by polling."""
        self.wire = None
        if self._connection.probe is self:
            self._connection.probe = None
            if self._connection.polling is not None:
                self._connection.polling.is_upgrading = False

    def violated(self, violation: Violation) -> None:
        """It did not work."""
        if self.wire is not None:
            self.wire.close(violation.code)
        self.lost(str(violation))

    def too_slow(self) -> None:
        """It did not work."""
        if self.wire is not None:
            self.wire.hang_up()
        self.lost("slow")

    def give_up(self) -> None:
        """Its connection is over."""
        if self.wire is not None:
            self.wire.close(websocket.GOING_AWAY)
        self.lost("closed")


def packets(payload: bytes, most: int) -> list[str | bytes]:
    """The packets of a polling request's body; Malformed when it is none, or has more than `most`."""
    try:
        parts = payload.decode().split("\x1e")
        if not payload or len(parts) > most:
            raise Malformed("an empty body, or too many packets")
        return [b64decode(part[1:], validate=True) if part[:1] == "b" else part for part in parts]
    except (UnicodeDecodeError, binascii.Error) as error:
        raise Malformed(str(error)) from error
