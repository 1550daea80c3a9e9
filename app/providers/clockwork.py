"""Acts of the simulators that are due later: a heap, and a few threads that wait for what comes first.

The threads are daemons: whoever ends the process waits for none of them.
"""

import heapq
import threading
import time
from collections.abc import Callable
from itertools import count

_HANDS = 16


class Clockwork:
    """Runs acts at their time, each once, several at once; an act that fails is its own business to tell of."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._order = count()
        self._changed = threading.Condition()
        self._hands = 0

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        """Run `act` so many seconds from now."""
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), act))
            self._changed.notify()
            if self._hands < _HANDS:
                self._hands += 1
                threading.Thread(target=self._run, name="clockwork", daemon=True).start()

    def forget(self) -> None:
        """Drop what has not begun."""
        with self._changed:
            self._due.clear()

    def _run(self) -> None:
        while True:
            self._next()()

    def _next(self) -> Callable[[], object]:
        with self._changed:
            while not self._due or self._due[0][0] > time.monotonic():
                self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
            return heapq.heappop(self._due)[2]
