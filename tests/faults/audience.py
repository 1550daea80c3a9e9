"""Hundreds of screens in one thread: each has its rooms, comes back from where it was, and writes down everything."""

import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from benchmarks import wire
from benchmarks.crowd import ASKING, AWAY, IN, Client, Crowd

# Seconds between two looks at what the test wants.
_TURN = 0.05


@dataclass(frozen=True)
class Seat:
    """Who sits there: what it is called, its session's cookie, and the rooms that the server puts it into."""

    name: str
    cookie: str
    rooms: frozenset[str]


@dataclass
class Faulty:
    """What must be nowhere: counted for all watchers together."""

    duplicated: int = 0
    out_of_order: int = 0
    leaked: int = 0
    told_to_reload: int = 0
    refused: list[str] = field(default_factory=list)


class Watcher(Client):
    """One screen. `start` is the place from which on it must hear everything, `heard` the places it has heard of."""

    __slots__ = ("heard", "newest", "seat", "since", "start")

    def __init__(self, number: int, port: int, seat: Seat) -> None:
        super().__init__(number, port, wire.hello(port, welcome=b"", cookie=seat.cookie))
        self.seat = seat
        self.since: str | None = None
        self.start: int | None = None
        self.newest = 0
        self.heard: set[int] = set()


class Audience(Crowd):
    """All watchers. Its own thread turns it; the test asks it for things to be done there."""

    def __init__(self, ports: Callable[[], list[int]]) -> None:
        """`ports()`: the gateways there are; whoever comes (back) chooses one of them."""
        super().__init__(self._return)
        self._ports = ports
        self._wishes: list[Callable[[], None]] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audience", daemon=True)
        self.watchers: list[Watcher] = []
        self.faulty = Faulty()
        self.worst_delay = 0.0
        # What vanished clients leave behind: sockets that are neither read nor closed.
        self._ghosts: list[socket.socket] = []

    def open(self, seats: Iterable[Seat]) -> None:
        """Let them come in."""
        self.watchers = [Watcher(number, random.choice(self._ports()), seat) for number, seat in enumerate(seats)]
        for watcher in self.watchers:
            self._connect(watcher)
        self._thread.start()

    def close(self) -> None:
        """Stop turning and leave."""
        self._stopping.set()
        self._thread.join()
        for ghost in self._ghosts:
            ghost.close()
        self.__exit__(None, None, None)

    def vanish(self, share: float) -> None:
        """Some of them lose their network: no FIN, no RST, and the phone comes back over another one."""

        def lose() -> None:
            present = [watcher for watcher in self.watchers if watcher.stage == IN and watcher.connection is not None]
            for watcher in random.sample(present, round(len(present) * share)):
                assert watcher.connection is not None
                # epoll goes on telling of a connection as long as it has any descriptor.
                self._epoll.unregister(watcher.connection)
                self._ghosts.append(watcher.connection.dup())
                self._lost(watcher, "vanished")

        self._wishes.append(lose)

    @property
    def is_in(self) -> bool:
        """Whether all of them are connected and were told `ready`."""
        if not self._thread.is_alive():
            raise RuntimeError("the audience has ended; its thread says why")
        return all(watcher.stage == IN for watcher in self.watchers)

    # -- in its thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            while self._wishes:
                self._wishes.pop()()
            self.turn(_TURN)

    def _return(self, client: Client, _position: str | None) -> wire.Hello:
        assert isinstance(client, Watcher)
        client.port = random.choice(self._ports())
        auth = {"since": client.since} if client.since else None
        return wire.hello(client.port, welcome=b"", cookie=client.seat.cookie, auth=auth)

    def _again(self, client: Client, reason: str) -> None:
        # Also whoever was turned away with a 503 tries another gateway.
        client.hello = self._return(client, None)
        super()._again(client, reason)

    def _upgraded(self, client: Client) -> None:
        # An empty welcome would let it in at the upgrade: it is in when it was told `ready`.
        was = self.entered
        super()._upgraded(client)
        if self.entered > was:
            client.stage = ASKING
            self.entered -= 1

    def _scan(self, client: Client, data: bytes) -> None:
        assert isinstance(client, Watcher)
        at = 0
        while (found := _frame(data, at)) is not None and client.stage != AWAY:
            opcode, text, at = found
            if text.startswith(b"42"):
                self._take(client, *json.loads(text[2:]))
            else:
                if text.startswith(b"44") or text == b"41":
                    self.faulty.refused.append(f"{client.seat.name}: {text.decode()}")
                self._notice(client, opcode, text)
        client.rest = data[at:]

    def _take(self, watcher: Watcher, name: str, *arguments: object) -> None:
        watcher.since = str(arguments[-1])
        n = int(watcher.since.rpartition("-")[2])
        if name == "ready":
            self._ready(watcher, n, arguments[0])
        elif name != "beat":
            self._told(watcher, n, *arguments[:2])

    def _ready(self, watcher: Watcher, n: int, told: object) -> None:
        assert isinstance(told, dict)
        if watcher.start is None:
            watcher.start = n
        elif told["recovered"] is not True:
            self.faulty.told_to_reload += 1
        if watcher.stage == ASKING:
            self._let_in(watcher)

    def _told(self, watcher: Watcher, n: int, channel: object, data: object) -> None:
        assert isinstance(data, dict)
        if channel not in watcher.seat.rooms:
            self.faulty.leaked += 1
        if n in watcher.heard:
            self.faulty.duplicated += 1
        elif n < watcher.newest:
            self.faulty.out_of_order += 1
        watcher.heard.add(n)
        watcher.newest = max(n, watcher.newest)
        self.received += 1
        late = time.time() - datetime.fromisoformat(data["occurred_at"]).timestamp()
        self.worst_delay = max(self.worst_delay, late)


def _frame(data: bytes, at: int) -> tuple[int, bytes, int] | None:
    """The opcode and payload of the frame at `at`, and where the next begins; None while it is not whole."""
    if at + 2 > len(data):
        return None
    size, start = data[at + 1], at + 2
    if size >= 126:
        wide = 2 if size == 126 else 8
        size, start = int.from_bytes(data[at + 2 : at + 2 + wide]), at + 2 + wide
    return (data[at] & 15, data[start : start + size], start + size) if start + size <= len(data) else None
