"""The tally: to how many sockets each of the newest rows was given, and when, for `flask events trace`.

Kept in memory and asked for over HTTP (health.py), by the operator alone. Rows in SQL instead would cost a write for
every event, several times what its delivery costs; here it is three numbers in arrays that never grow. The price: each
gateway answers for itself and only since it started, and says so; the trace asks all that are alive.

Sockets that were away are not counted: they get the row later, from the log (replay.py).
"""

from array import array
from dataclasses import dataclass
from time import time

# The newest rows that are remembered: 24 bytes each.
SIZE = 1 << 16


@dataclass(frozen=True, slots=True)
class Sent:
    """A row was given to so many sockets; `at` is this machine's clock, in seconds since 1970."""

    sockets: int
    at: float


class Tally:
    """A ring by position. Positions have no holes, so the place in the ring follows from the position."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._places = array("q", bytes(8 * size))
        self._sockets = array("q", bytes(8 * size))
        self._at = array("d", bytes(8 * size))

    def note(self, n: int, sockets: int) -> None:
        """The row at place `n` (from 1) was given to so many sockets."""
        index = n % self._size
        self._places[index] = n
        self._sockets[index] = sockets
        self._at[index] = time()

    def of(self, n: int) -> Sent | None:
        """What was noted of place `n`; None: it was before this gateway, is forgotten, or has yet to come."""
        index = n % self._size
        return Sent(self._sockets[index], self._at[index]) if n and self._places[index] == n else None

    def restart(self) -> None:
        """Forget all: the log begins another life, in which places mean something else."""
        self._places = array("q", bytes(8 * self._size))
