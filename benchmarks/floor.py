"""The floor: no framework, no rooms, no bookkeeping; one prebuilt frame, one non-blocking send for each socket.

`python -m benchmarks.floor PORT`. Each frame comes over stdin, behind its length in two bytes, and goes to everybody
who is connected. What cannot be sent at once is an error: this is a measure, not a server.
"""

import base64
import hashlib
import os
import selectors
import socket
import sys

_ANSWER = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n"
)
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_STDIN = 0


def main() -> None:
    """Accept, upgrade, send, until stdin ends."""
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
    waiting = selectors.DefaultSelector()
    waiting.register(listener, selectors.EVENT_READ)
    waiting.register(_STDIN, selectors.EVENT_READ)
    connections: list[socket.socket] = []
    while True:
        for key, _ in waiting.select():
            if key.fileobj is listener:
                if connection := _upgraded(listener.accept()[0]):
                    connections.append(connection)
            elif length := os.read(_STDIN, 2):
                _send(os.read(_STDIN, int.from_bytes(length, "big")), connections)
            else:
                return


def _send(frame: bytes, connections: list[socket.socket]) -> None:
    size = len(frame)
    for connection in connections:
        if connection.send(frame) != size:
            raise RuntimeError("a socket took only a part")


def _upgraded(connection: socket.socket) -> socket.socket | None:
    """The connection once it is a WebSocket; None when it only asked whether we are there."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(4096)
    if b"Upgrade: websocket" not in request:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.close()
        return None
    key = request.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
    accept = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest()).decode()
    connection.sendall(_ANSWER.format(accept).encode())
    connection.setblocking(False)
    # As every server here does: without it small frames would wait for each other, and cost less.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


if __name__ == "__main__":
    main()
