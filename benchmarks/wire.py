"""What goes over the wire between the crowd and every contender: one kind of event, and what a client says to get in.

The event is the same everywhere, `passline.test` with (channel, data, position): a text frame of about 250 bytes.
Its `mark`, eight digits, grows along the run: by it every delivery is counted and put in order without parsing JSON.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NAME = "passline.test"
# How an event and its mark are found in a frame.
EVENT = b'42["passline.test"'
MARK = b'"mark":"'
DIGITS = 8

ORIGIN = "http://localhost"
# Brings the frame to the length of a small event of an order.
_MORE = "a room of the pass, a table by the door, no onion"


@dataclass(frozen=True, slots=True)
class Hello:
    """How one client comes in: the upgrade request, the packet that it sends then (empty: none), what lets it in."""

    request: bytes
    connect: bytes
    welcome: bytes


def hello(port: int, *, welcome: bytes, cookie: str = "", auth: Mapping[str, Any] | None = None) -> Hello:
    """A Socket.IO client over WebSocket, with a session's cookie or something in `auth`."""
    lines = [
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: {ORIGIN}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *([f"Cookie: {cookie}"] if cookie else []),
        "",
        "",
    ]
    packet = "40" + (json.dumps(auth) if auth else "")
    return Hello("\r\n".join(lines).encode(), masked(packet.encode()), welcome)


def masked(text: bytes) -> bytes:
    """A text frame of a client (of less than 64 KiB), masked with zeros, which changes nothing."""
    if len(text) < 126:
        return bytes((0x81, 0x80 | len(text))) + bytes(4) + text
    return bytes((0x81, 0x80 | 126)) + len(text).to_bytes(2, "big") + bytes(4) + text


def data(mark: int, stamp: Mapping[str, Any]) -> dict[str, Any]:
    """The event's data."""
    return {"mark": f"{mark:0{DIGITS}}", "more": _MORE, **stamp}


def frame(room: str, content: Mapping[str, Any], position: str) -> bytes:
    """The WebSocket frame of the event, as each contender writes it: unmasked, the same bytes for everybody."""
    text = ("42" + json.dumps([NAME, room, content, position], separators=(",", ":"))).encode()
    return bytes((0x81, 126)) + len(text).to_bytes(2, "big") + text
