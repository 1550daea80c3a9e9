"""Engine.IO over HTTP long-polling: what a GET waits for, what a POST brings.

The first seconds of most clients, and all of it for those whose network lets no WebSocket through.
"""

from typing import Any

import gevent

from .connection import NOOP, Connection, Malformed, Polling, packets
from .transport import Frame

# How many packets one request may carry; more than a page may queue while it reconnects.
MOST_PACKETS = 64
_CLOSE = Frame("1")


class Gone(Exception):
    """The connection is not there any more, or is served over a WebSocket: 400."""


def get(connection: Connection) -> str:
    """The packets that wait, or the next ones; Gone when there will be none. Waits until there are some."""
    polling = _polling(connection)
    if polling.has_reader:
        # Two requests at once would share the packets between them, in no order.
        polling.add(_CLOSE)
        connection.close(reason="transport error")
        raise Gone
    polling.has_reader = True
    try:
        while not polling.frames and not polling.is_upgrading and not connection.closed:
            polling.wake.wait()
            if not polling.frames:
                polling.wake.clear()
        if polling.is_upgrading and connection.polling is polling:
            return NOOP.text
        if not polling.frames:
            raise Gone
        return polling.taken()
    finally:
        polling.has_reader = False


def post(connection: Connection, body: bytes) -> None:
    """Take the packets of `body`; Malformed when one is none."""
    _polling(connection)
    for packet in packets(body, MOST_PACKETS):
        if connection.may_speak():
            connection.take(packet)


def body_of(environ: dict[str, Any], *, most: int, patience: float) -> bytes:
    """The body of a request, of `most` bytes and within `patience` seconds; Malformed otherwise."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError as error:
        raise Malformed("a length that is none") from error
    if not 0 < length <= most:
        raise Malformed(f"a body of {length} bytes")
    try:
        with gevent.Timeout(patience, Malformed("a body that does not arrive")):
            body: bytes = environ["wsgi.input"].read(length)
    except OSError as error:
        raise Malformed("a body that breaks off") from error
    return body


def _polling(connection: Connection) -> Polling:
    if connection.polling is None or connection.closed:
        raise Gone
    return connection.polling
