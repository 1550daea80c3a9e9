"""WebSocket framing (RFC 6455), the server's side: bytes in, messages out. Nothing in here touches a connection.

Replaces how gevent-websocket 0.10.1 reads and writes. That one reads a frame to its end before it looks at its size,
and unmasks byte by byte in Python: one frame of 100 KB held the loop for 33 ms. Here a size is refused from the
header, and unmasking is one operation on two large integers.
"""

from collections.abc import Iterator
from enum import IntEnum
from struct import pack


class Op(IntEnum):
    """What a frame is."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


# Why a connection is closed (RFC 6455, 7.4.1).
NORMAL, GOING_AWAY, PROTOCOL_ERROR, NOT_TEXT, TOO_BIG = 1000, 1001, 1002, 1007, 1009
# What a control frame may carry.
_MOST_IN_CONTROL = 125
# In how many frames one message may come. A frame of one byte costs as much work as one of a thousand, and no client
# cuts a message that is small enough for us.
MOST_PARTS = 64
_FIN, _RESERVED, _OPCODE, _MASKED, _LENGTH = 0x80, 0x70, 0x0F, 0x80, 0x7F

Message = tuple[Op, bytes]


class Violation(Exception):
    """The client broke the protocol, or sends more than it may; `code` is the status to close with."""

    def __init__(self, code: int, what: str) -> None:
        super().__init__(what)
        self.code = code


def frame(op: Op, payload: bytes) -> bytes:
    """One whole frame, unmasked as a server's are: the same bytes for whoever gets it."""
    size = len(payload)
    if size < 126:
        return bytes((_FIN | op, size)) + payload
    if size < 65_536:
        return pack("!BBH", _FIN | op, 126, size) + payload
    return pack("!BBQ", _FIN | op, 127, size) + payload


def farewell(code: int) -> bytes:
    """The frame that closes, with its status."""
    return frame(Op.CLOSE, pack("!H", code))


class Reader:
    """What one client sends, put together again; holds at most one message and one frame's header."""

    __slots__ = ("_fragments", "_most", "_op", "_parts", "_rest")

    def __init__(self, most: int) -> None:
        """`most`: bytes of one message."""
        self._most = most
        self._rest = b""
        # A message that comes in several frames: what it is, its bytes so far, and how many frames they came in.
        self._op: Op | None = None
        self._fragments = b""
        self._parts = 0

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that are complete with `data`, one by one; Violation as soon as the bytes so far say so.

        Whoever stops asking for more leaves the rest unread, for the next time.
        """
        data = self._rest + data if self._rest else data
        start = 0
        try:
            while (header := self._header(data, start)) is not None:
                body, size = header
                end = body + size
                if end > len(data):
                    break
                message = self._assembled(data[start], _unmasked(data[body:end], data[body - 4 : body]))
                start = end
                if message is not None:
                    yield message
        finally:
            self._rest = data[start:]

    def _header(self, data: bytes, start: int) -> tuple[int, int] | None:
        """Where the payload of the frame at `start` begins and how long it is; None while its header is incomplete."""
        if len(data) - start < 2:
            return None
        first, second = data[start], data[start + 1]
        self._check(first, second)
        size, body = second & _LENGTH, start + 2
        if size >= 126:
            wide = 2 if size == 126 else 8
            if len(data) < body + wide:
                return None
            size, body = int.from_bytes(data[body : body + wide]), body + wide
        held = len(self._fragments) if first & _OPCODE < Op.CLOSE else 0
        if held + size > self._most:
            raise Violation(TOO_BIG, f"a message of more than {self._most} bytes")
        return (body + 4, size) if len(data) >= body + 4 else None

    def _check(self, first: int, second: int) -> None:
        op = first & _OPCODE
        if op not in Op.__members__.values() or first & _RESERVED or not second & _MASKED:
            raise Violation(PROTOCOL_ERROR, "no frame of a client")
        if op >= Op.CLOSE and (not first & _FIN or second & _LENGTH > _MOST_IN_CONTROL):
            raise Violation(PROTOCOL_ERROR, "a control frame in parts, or too long")
        if op < Op.CLOSE and (op == Op.CONTINUATION) != (self._op is not None):
            raise Violation(PROTOCOL_ERROR, "a part of no message, or a message within another")

    def _assembled(self, first: int, payload: bytes) -> Message | None:
        """The message that this frame completes, if it does."""
        op = Op(first & _OPCODE)
        if op >= Op.CLOSE:
            return op, payload
        if self._op is not None:
            op, payload = self._op, self._fragments + payload
        if first & _FIN:
            self._op, self._fragments, self._parts = None, b"", 0
            return op, payload
        self._op, self._fragments, self._parts = op, payload, self._parts + 1
        if self._parts == MOST_PARTS:
            raise Violation(TOO_BIG, f"a message in more than {MOST_PARTS} parts")
        return None


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(key)).to_bytes(size)
