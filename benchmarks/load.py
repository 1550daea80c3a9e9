"""HTTP load: a few threads with one kept connection each, on the core that the server does not have."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator

from .machine import LOAD_CORE

Request = Callable[[], bytes]


def rate(port: int, clients: list[Iterator[bytes]], seconds: float) -> float:
    """Requests answered with 200 per second, each client sending its next one after the answer to the last.

    RuntimeError when any is answered with something else: a fast refusal is no result.
    """
    os.sched_setaffinity(0, {LOAD_CORE})
    counts = [0] * len(clients)
    failures: list[str] = []
    start, stop = threading.Event(), threading.Event()

    def run(index: int, requests: Iterator[bytes]) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            start.wait()
            while not stop.is_set() and not failures:
                connection.sendall(next(requests))
                answer = _answer(connection)
                if not answer.startswith(b"HTTP/1.1 200"):
                    failures.append(answer[:600].decode(errors="replace"))
                counts[index] += 1

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(clients)]
    for thread in threads:
        thread.start()
    start.set()
    began = time.perf_counter()
    stop.wait(seconds)
    total, passed = sum(counts), time.perf_counter() - began
    stop.set()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return total / passed


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """One POST as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def _answer(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += _more(connection)
    return head + b"\r\n\r\n" + body


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(65536)
    if not received:
        raise ConnectionError("the server hung up")
    return received
