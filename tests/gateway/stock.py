"""python-socketio's client, as it is, and what it heard."""

import queue
from time import monotonic
from typing import Any, Self

import pytest
import socketio

# It forgets a connection that ended from the other side, without closing its socket.
STOCK = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Stock:
    """A stock client of the gateway at `http`. It comes back by itself, and says how far it has seen the log.

    It runs a thread for each packet, so what it heard may be a little out of order; order is what screen.py shows.
    """

    def __init__(self, http: str, token: str) -> None:
        self.heard: queue.Queue[list[Any]] = queue.Queue()
        self.client = socketio.Client(reconnection_delay=0.1, reconnection_delay_max=0.3)
        self.client.on("*", self._hear)
        self.http, self.token = http, token
        self.position: str | None = None

    def connect(self, *transports: str) -> Self:
        self.client.connect(self.http, auth=self._auth, transports=list(transports) or None, wait_timeout=8)
        return self

    def close(self) -> None:
        self.client.shutdown()
        if self.client.eio.http is not None:
            self.client.eio.http.close()

    def next(self, name: str, timeout: float = 8) -> list[Any]:
        """The next event of a name; others are passed over."""
        latest = monotonic() + timeout
        while True:
            event = self.heard.get(timeout=max(0.01, latest - monotonic()))
            if event[0] == name:
                return event

    def _auth(self) -> dict[str, Any]:
        return {"token": self.token} | ({"since": self.position} if self.position else {})

    def _hear(self, name: str, *arguments: Any) -> None:
        self.position = max(self.position or arguments[-1], arguments[-1], key=_place)
        self.heard.put([name, *arguments])


def _place(position: str) -> int:
    return int(position.rpartition("-")[2])
