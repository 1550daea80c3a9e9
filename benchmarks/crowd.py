"""The crowd: thousands of WebSocket clients in this one process, over epoll and bare sockets, so that load is cheap.

It opens connections, answers pings, and counts events by scanning frames. Every delivery is counted for the client
that got it; one that comes twice or out of order is a fault. Nothing moves unless `turn` or one of the waits is called.
A client that is answered 503 tries again, as stock clients do. One that is lost ends the run, unless the crowd was told
how it comes back.
"""

import heapq
import random
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from select import EPOLLIN, EPOLLOUT, epoll
from types import TracebackType
from typing import Self

from .wire import DIGITS, EVENT, MARK, Hello, masked

# Stages of a client. From ASKING on, frames are spoken.
AWAY, CONNECTING, UPGRADING, ASKING, IN = range(5)

_PONG = masked(b"3")
# Linux: the port is chosen at connect(), so that addresses share the ports.
_BIND_ADDRESS_NO_PORT = 24
# Bytes at the end of a frame in which its position is found.
_POSITION = 60
# Seconds after which stock clients come back, give or take a half; twice as long after each failure, up to the second.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 5.0


class Lost(Exception):
    """A client was refused or hung up on."""


class Missing(Exception):
    """Something that was waited for did not come."""


class Client:
    """One connection: where it is, how many events it got, and the mark of the last."""

    __slots__ = ("connection", "count", "hello", "last", "number", "port", "position", "rest", "stage", "tries")

    def __init__(self, number: int, port: int, hello: Hello) -> None:
        self.number = number
        self.port = port
        self.hello = hello
        self.stage = AWAY
        self.tries = 0
        self.count = 0
        self.last = 0
        # The end of the last event's frame; kept only where clients come back.
        self.position = b""
        self.rest = b""
        self.connection: socket.socket | None = None

    @property
    def address(self) -> str:
        """Where it comes from: a thousand addresses, as if from many places."""
        return f"127.{1 + self.number // 250 % 4}.0.{1 + self.number % 250}"


class Crowd:
    """All clients of one run. `received` counts events; `arrivals`, if it is a list, gets (mark, moment) of each."""

    def __init__(
        self,
        comes_back: Callable[[Client, str | None], Hello] | None = None,
        *,
        event: bytes = EVENT,
        mark: bytes = MARK,
    ) -> None:
        """Who is lost connects again, as stock clients do, and says `comes_back(client, position it saw)`.

        `event`: how the frames begin that are counted; `mark`: what stands before their mark.
        """
        self._comes_back = comes_back
        self._event = event
        self._mark = mark
        self.received = 0
        self.faults = 0
        self.losses = 0
        self.reasons: Counter[str] = Counter()
        self.entered = 0
        self.arrivals: list[tuple[int, float]] | None = None
        self._epoll = epoll()
        self._clients: dict[int, Client] = {}
        self._coming_back: list[tuple[float, int, Client]] = []

    # -- what a benchmark says -------------------------------------------------------------------------------------

    def enter(self, port: int, hellos: Iterable[Hello], *, at_once: int = 50, patience: float = 120) -> list[Client]:
        """Connect one client for each hello, `at_once` of them at a time, and wait until all are in."""
        clients = [Client(number, port, hello) for number, hello in enumerate(hellos)]
        until = time.monotonic() + patience
        already = self.entered
        for begun, client in enumerate(clients):
            while begun - (self.entered - already) >= at_once:
                self._turn_before(until, "clients that are in")
            self._connect(client)
        self.wait(lambda: self.entered - already >= len(clients), until - time.monotonic(), "clients that are in")
        return clients

    def wait(self, is_done: Callable[[], bool], patience: float, what: str = "deliveries") -> None:
        """Turn until `is_done()`; Missing when that is not so within `patience` seconds."""
        until = time.monotonic() + patience
        while not is_done():
            self._turn_before(until, what)

    def rest(self, seconds: float) -> None:
        """Turn for so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.turn(left)

    def check(self, clients: Sequence[Client], each: int) -> None:
        """Missing unless each client got `each` events since it came or since the last check, in order, none twice."""
        wrong = [client.count for client in clients if client.count != each]
        if wrong or self.faults:
            raise Missing(f"{len(wrong)} clients without their {each} events ({wrong[:5]} …), {self.faults} faults")
        for client in clients:
            client.count = 0

    def leave(self, clients: Iterable[Client], *, abruptly: bool = False) -> None:
        """Close connections; `abruptly` resets them."""
        for client in clients:
            if client.connection is not None:
                if abruptly:
                    client.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                self._close(client)

    # -- turning ---------------------------------------------------------------------------------------------------

    def turn(self, patience: float) -> None:
        """Handle what comes within `patience` seconds: one round, not all of that time."""
        if self._coming_back:
            patience = min(patience, self._let_come_back())
        for descriptor, _what in self._epoll.poll(max(0.0, patience)):
            client = self._clients.get(descriptor)
            if client is None:
                continue
            if client.stage >= ASKING:
                self._hear(client)
            elif client.stage == CONNECTING:
                self._ask_to_upgrade(client)
            else:
                self._upgraded(client)

    def _turn_before(self, until: float, what: str) -> None:
        left = until - time.monotonic()
        if left <= 0:
            lost = f", {self.losses} losses: {self.reasons.most_common(3)}" if self.losses else ""
            raise Missing(f"{what}: {self.received} events, {self.entered} clients in{lost}")
        self.turn(min(left, 0.1))

    def _let_come_back(self) -> float:
        """Connect those whose time has come; seconds until the next."""
        now = time.monotonic()
        while self._coming_back and self._coming_back[0][0] <= now:
            self._connect(heapq.heappop(self._coming_back)[2])
        return self._coming_back[0][0] - now if self._coming_back else 1.0

    # -- coming in -------------------------------------------------------------------------------------------------

    def _connect(self, client: Client) -> None:
        connection = client.connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        connection.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        connection.bind((client.address, 0))
        connection.connect_ex(("127.0.0.1", client.port))
        client.stage, client.rest = CONNECTING, b""
        self._clients[connection.fileno()] = client
        self._epoll.register(connection, EPOLLOUT)

    def _ask_to_upgrade(self, client: Client) -> None:
        assert client.connection is not None
        if client.connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return self._lost(client, "connection refused")
        client.connection.send(client.hello.request)
        client.stage = UPGRADING
        return self._epoll.modify(client.connection, EPOLLIN)

    def _upgraded(self, client: Client) -> None:
        data = client.rest + self._received(client)
        head, end, client.rest = data.partition(b"\r\n\r\n")
        if not end:
            client.rest = head
            if client.connection is None or not head:
                self._lost(client, "no answer to the upgrade")
            return None
        if head.startswith(b"HTTP/1.1 503"):
            return self._again(client, head.decode(errors="replace") + client.rest.decode(errors="replace"))
        if not head.startswith(b"HTTP/1.1 101"):
            return self._lost(client, data[:200].decode(errors="replace"))
        client.stage, client.tries = ASKING, 0
        if not client.hello.welcome:
            self._let_in(client)
        if client.rest:
            self._scan(client, client.rest)
        return None

    def _let_in(self, client: Client) -> None:
        client.stage = IN
        self.entered += 1

    # -- hearing ---------------------------------------------------------------------------------------------------

    def _received(self, client: Client) -> bytes:
        """What there is to read; empty when the connection has ended."""
        assert client.connection is not None
        try:
            return client.connection.recv(65536)
        except (ConnectionError, TimeoutError):
            return b""

    def _hear(self, client: Client) -> None:
        data = self._received(client)
        if not data:
            self._lost(client, "hung up on")
        else:
            self._scan(client, client.rest + data if client.rest else data)

    def _scan(self, client: Client, data: bytes) -> None:
        """Go from frame to frame; what is not whole waits for more."""
        at, end, event, before_mark = 0, len(data), self._event, self._mark
        while at + 2 <= end:
            size, start = data[at + 1], at + 2
            if size == 126:
                size, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif size == 127:
                size, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            stop = start + size
            if stop > end:
                break
            if data.startswith(event, start):
                place = data.find(before_mark, start, stop) + len(before_mark)
                mark = int(data[place : place + DIGITS])
                if mark <= client.last:
                    self.faults += 1
                client.last = mark
                client.count += 1
                self.received += 1
                if self._comes_back is not None:
                    client.position = data[stop - _POSITION : stop]
                if self.arrivals is not None:
                    self.arrivals.append((mark, time.perf_counter()))
            else:
                self._notice(client, data[at] & 15, data[start:stop])
            at = stop
        client.rest = data[at:]

    def _notice(self, client: Client, opcode: int, text: bytes) -> None:
        """Anything but an event of the run."""
        if client.connection is None:
            return
        if opcode == 8 or text.startswith((b"41", b"44")):
            self._lost(client, text.decode(errors="replace") or "a close frame")
        elif text == b"2":
            client.connection.send(_PONG)
        elif text.startswith(b"0{"):
            client.connection.send(client.hello.connect)
        elif client.stage == ASKING and text.startswith(client.hello.welcome):
            self._let_in(client)

    # -- going -----------------------------------------------------------------------------------------------------

    def _lost(self, client: Client, reason: str) -> None:
        if self._comes_back is None:
            raise Lost(f"client {client.number} of port {client.port}: {reason}")
        # ..., "<epoch>-<n>"]
        seen = client.position.rpartition(b',"')[2].removesuffix(b'"]').decode()
        client.hello = self._comes_back(client, seen or None)
        self._again(client, reason)

    def _again(self, client: Client, reason: str) -> None:
        self.losses += 1
        self.reasons[reason[-60:]] += 1
        self._close(client)
        pause = min(_FIRST_PAUSE * 2**client.tries, _LONGEST_PAUSE) * random.uniform(0.5, 1.5)
        client.tries += 1
        moment = time.monotonic() + pause
        heapq.heappush(self._coming_back, (moment, client.number, client))

    def _close(self, client: Client) -> None:
        assert client.connection is not None
        if client.stage == IN:
            self.entered -= 1
        del self._clients[client.connection.fileno()]
        client.connection.close()
        client.connection, client.stage = None, AWAY

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._coming_back.clear()
        self.leave(tuple(self._clients.values()))
        self._epoll.close()
