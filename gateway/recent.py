"""The newest rows of the log, kept in memory for those who come back: a reconnect storm must not reach the database.

Bounded by count and by the bytes of the data (frames that were made of them come on top). Everything after `floor` is
here but the rows about accesses, which are nobody's to hear; what came before can be put back (replay.py).
"""

from collections import deque
from collections.abc import Iterable
from itertools import takewhile
from math import inf

from app.contract import rooms

from .frames import Row

MOST_ROWS = 20_000
MOST_BYTES = 16 * 1024 * 1024


class Recent:
    """A ring of rows in order of position, and the same rows by room."""

    def __init__(self, most_rows: int = MOST_ROWS, most_bytes: int = MOST_BYTES) -> None:
        self._most_rows = most_rows
        self._most_bytes = most_bytes
        self.restart(0)

    def restart(self, n: int) -> None:
        """Forget all; the next row comes after position `n`."""
        self.floor = n
        self.bytes = 0
        self._rows: deque[Row] = deque()
        self._by_room: dict[str, deque[Row]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Row) -> None:
        """Remember one more row, the newest; the oldest go when there are too many."""
        self._rows.append(row)
        self._by_room.setdefault(row.room, deque()).append(row)
        self.bytes += len(row.data)
        while self._rows and (len(self._rows) > self._most_rows or self.bytes > self._most_bytes):
            self._drop_oldest()

    def has_space(self, count: int) -> bool:
        """Whether `count` rows more would be kept, as far as that can be told before they are here."""
        return len(self._rows) + count <= self._most_rows and self.bytes < self._most_bytes

    def recall(self, rows: Iterable[Row]) -> bool:
        """Put back what came before: the rows from `floor` on downwards, the newest first. False: not all of them.

        It ends where a row is missing, and where there is no space.
        """
        for row in rows:
            if row.n != self.floor or not self.has_space(1):
                return False
            self.floor = row.n - 1
            if row.room != rooms.ACCESS:
                self._rows.appendleft(row)
                self._by_room.setdefault(row.room, deque()).appendleft(row)
                self.bytes += len(row.data)
        return True

    def _drop_oldest(self) -> None:
        oldest = self._rows.popleft()
        self.floor = oldest.n
        self.bytes -= len(oldest.data)
        of_room = self._by_room[oldest.room]
        of_room.popleft()
        if not of_room:
            del self._by_room[oldest.room]

    def reaches(self, n: int) -> bool:
        """Whether every row after position `n` is still here."""
        return n >= self.floor

    def after(self, n: int, rooms: Iterable[str], upto: float = inf) -> list[Row]:
        """The rows of `rooms` after position `n` and up to `upto`, in order. Ask `reaches` first."""
        newest_first = (takewhile(lambda row: row.n > n, reversed(self._by_room.get(room, ()))) for room in rooms)
        return sorted((row for rows in newest_first for row in rows if row.n <= upto), key=lambda row: row.n)
