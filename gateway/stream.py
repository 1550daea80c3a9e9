"""The log's newest rows in a Redis Stream, so that many gateways do not each ask the database for every row.

Whoever numbers the rows adds them, each under its own position: Redis refuses an id that is not larger than the last
one, so nothing is there twice or out of order, whoever thinks that it is his turn. Redis is a short cut and never the
truth: it may be away, be emptied or come back without its data. Positions have no holes, so a reader sees that rows
are missing, and reads them from SQL (log.py).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import redis
import structlog

from .frames import Row

# About how many rows it holds: who is further behind asks the database.
LENGTH = 10_000
# Seconds after the last row in which the stream goes away: what is left of an epoch that has ended.
KEPT = 3600
# Seconds: how long Redis may take to answer, and how long it is left alone after it did not.
_PATIENCE, _REST = 1.0, 1.0

_log = structlog.get_logger(__name__)


class Stream:
    """One connection to the stream. While Redis is away every question is answered with None, at once."""

    def __init__(self, url: str) -> None:
        # One attempt: whoever waits for Redis could be reading from SQL.
        options: dict[str, Any] = {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE, "retry": None}
        self._redis = redis.Redis.from_url(url, **options)
        self._away_until = 0.0

    @property
    def is_away(self) -> bool:
        """Whether Redis did not answer a moment ago."""
        return monotonic() < self._away_until

    def add(self, rows: Sequence[Row]) -> bool:
        """Add rows in order of position, each only where the newest one's is smaller. False: some were not added.

        Somebody may have added the very same ones; whether that is so, only a comparison with SQL tells.
        """
        if not rows:
            return True
        if self.is_away:
            return False
        pipeline = self._redis.pipeline(transaction=False)
        for row in rows:
            fields: dict[Any, Any] = {"room": row.room, "name": row.name, "data": row.data, "at": row.at.timestamp()}
            pipeline.xadd(_key(row.epoch), fields, id=f"{row.n}-0", maxlen=LENGTH, approximate=True)
        pipeline.expire(_key(rows[-1].epoch), KEPT)
        answers = self._asked(pipeline.execute, raise_on_error=False)
        if answers is None:
            return False
        errors = [answer for answer in answers if isinstance(answer, Exception)]
        for error in errors:
            if "equal or smaller" not in str(error):
                self._gone(error)
                break
        return not errors

    def newest(self, epoch: str) -> Sequence[Row] | None:
        """The newest row, if there is one; None when nobody can say."""
        found = self._asked(self._redis.xrevrange, _key(epoch), count=1)
        return None if found is None else [_row(epoch, _place(id), fields) for id, fields in found]

    def after(self, epoch: str, n: int, limit: int) -> Sequence[Row] | None:
        """The rows after position `n` without a hole, `limit` at most; None when they are not all there."""
        found = self._asked(self._redis.xrange, _key(epoch), f"({n}-0", "+", count=limit)
        if found is None:
            return None
        rows = [_row(epoch, _place(id), fields) for id, fields in found]
        return rows if all(row.n == n + 1 + index for index, row in enumerate(rows)) else None

    def wait(self, epoch: str, n: int, seconds: float) -> None:
        """Return when there is a row after position `n`, and after so many seconds at the latest."""
        self._asked(self._redis.xread, {_key(epoch): f"{n}-0"}, count=1, block=round(seconds * 1000))

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()

    def _asked(self, call: Any, *arguments: Any, **options: Any) -> Any:
        """What `call` answers; None while Redis is away."""
        if self.is_away:
            return None
        try:
            return call(*arguments, **options)
        except (redis.RedisError, OSError) as error:
            self._gone(error)
            return None

    def _gone(self, error: Exception) -> None:
        _log.warning("stream.away", error=str(error))
        self._away_until = monotonic() + _REST


def is_same(one: Row, other: Row) -> bool:
    """Whether two rows of one position are the same row: the data have an `event_id`."""
    return (one.room, one.name, one.data) == (other.room, other.name, other.data)


def _key(epoch: str) -> str:
    # A database that was restored or cloned begins a stream of its own, once it has another epoch.
    return f"passline:log:{epoch}"


def _place(id: bytes) -> int:
    return int(id.partition(b"-")[0])


def _row(epoch: str, n: int, fields: dict[bytes, bytes]) -> Row:
    at = datetime.fromtimestamp(float(fields[b"at"]), UTC)
    return Row(epoch, n, fields[b"room"].decode(), fields[b"name"].decode(), fields[b"data"].decode(), at)
