"""A client on the wire: WebSocket frames in and out, so that a test sees exactly what the gateway sends."""

import json
from collections import deque
from contextlib import suppress
from time import monotonic, sleep
from typing import Any

import websocket

from tests.gateway.process import Gateway

ORIGIN = "http://localhost"


class Gone(Exception):
    """The connection was closed while something was waited for."""


class Screen:
    """One WebSocket connection that speaks Engine.IO 4 and Socket.IO 5. Beats are kept apart from events."""

    def __init__(
        self,
        port: int,
        auth: object = None,
        *,
        cookie: str | None = None,
        origin: str | None = ORIGIN,
        ask: bool = True,
    ) -> None:
        self._ws = websocket.create_connection(
            f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket",
            cookie=cookie,
            origin=origin,
            suppress_origin=origin is None,
            timeout=10,
        )
        self._raw = self._ws.sock
        try:
            self.sid = json.loads(self._ws.recv()[1:])["sid"]
        except BaseException:
            self.close()
            raise
        self.frames: list[str] = []
        self.beats: list[list[Any]] = []
        self._events: deque[list[Any]] = deque()
        self._acks: dict[int, Any] = {}
        self._other: deque[str] = deque()
        self._asked = 0
        if ask:
            self.send("40" if auth is None else f"40{json.dumps(auth)}")

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._ws.shutdown()
        # websocket-client forgets a socket that the other side has closed, without closing it.
        self._raw.close()

    def send(self, frame: str) -> None:
        self._ws.send(frame)

    # -- what came -------------------------------------------------------------------------------------------------

    def answer(self, timeout: float = 5) -> str:
        """The next packet that is neither an event nor an acknowledgement: CONNECT, CONNECT_ERROR, DISCONNECT."""
        return self._wait(self._other.popleft, lambda: bool(self._other), timeout)

    def ready(self, timeout: float = 8) -> list[Any]:
        """The arguments of `ready`; everything before it stays in `before`."""
        self.before: list[list[Any]] = []
        while (event := self.event(timeout))[0] != "ready":
            self.before.append(event)
        return event[1:]

    def event(self, timeout: float = 5) -> list[Any]:
        """The next event that is no beat: name and arguments."""
        return self._wait(self._events.popleft, lambda: bool(self._events), timeout)

    def ask(self, name: str, *arguments: object, timeout: float = 8) -> Any:
        """Emit and wait for the acknowledgement."""
        number = self._asked = self._asked + 1
        self.send(f"42{number}{json.dumps([name, *arguments])}")
        return self._wait(lambda: self._acks.pop(number), lambda: number in self._acks, timeout)

    def beat(self, timeout: float = 6) -> list[Any]:
        """The arguments of a beat that comes from now on."""
        seen = len(self.beats)
        return self._wait(lambda: self.beats[-1], lambda: len(self.beats) > seen, timeout)

    def listen(self, seconds: float) -> list[list[Any]]:
        """All events of the next so many seconds."""
        with suppress(TimeoutError):
            self._wait(lambda: None, lambda: False, seconds)
        events = list(self._events)
        self._events.clear()
        return events

    def until_closed(self, timeout: float = 5) -> list[list[Any]]:
        """Wait until the gateway closes the connection; returns the events that came before."""
        try:
            self._wait(lambda: None, lambda: False, timeout)
        except Gone:
            return list(self._events)

    @property
    def disconnected(self) -> bool:
        """Whether a DISCONNECT packet came: a stock client would not come back."""
        return "41" in self.frames

    def _wait(self, take: Any, is_there: Any, timeout: float) -> Any:
        latest = monotonic() + timeout
        while not is_there():
            left = latest - monotonic()
            if left <= 0:
                raise TimeoutError(f"nothing came; so far: {self.frames[-5:]}")
            self._read(left)
        return take()

    def _read(self, timeout: float) -> None:
        self._ws.settimeout(timeout)
        try:
            frame = self._ws.recv()
        except websocket.WebSocketTimeoutException:
            return
        except (websocket.WebSocketException, OSError) as error:
            raise Gone from error
        if not frame:
            raise Gone
        self.frames.append(frame)
        if frame == "2":
            self._ws.send("3")
        elif frame.startswith("42"):
            event = json.loads(frame[2:])
            (self.beats if event[0] == "beat" else self._events).append(event[1:] if event[0] == "beat" else event)
        elif frame.startswith("43"):
            number, _, payload = frame[2:].partition("[")
            self._acks[int(number)] = json.loads(f"[{payload}")[0]
        else:
            self._other.append(frame)


def back(gateway: Gateway, auth: object) -> Screen:
    """Connect as stock clients do: a 503 (on a machine that is busy with other things) means to try again."""
    for _ in range(120):
        try:
            return Screen(gateway.port, auth)
        except websocket.WebSocketBadStatusException as refused:
            if refused.status_code != 503:
                raise
            sleep(0.5)
    raise AssertionError("the gateway is not ready")
