"""Real threads for what blocks: every database call of the loop goes through here.

SQLite waits for locks in C and psycopg for its server in C: on the loop, one such wait would stop every client. A
greenlet hands the call over and sleeps; the loop goes on. The pool is small on purpose: it bounds the connections,
and when all threads wait for a database that is away, further callers queue here and give up by their deadline.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

import gevent
from gevent.threadpool import ThreadPool

Answer = TypeVar("Answer")


class TookTooLong(Exception):
    """The call did not come back before its deadline. The thread ends it by itself, the answer is thrown away."""


class Threads:
    """A pool of real threads; only the loop's own greenlets may call it."""

    def __init__(self, size: int) -> None:
        self._pool = ThreadPool(size)

    def run(self, call: Callable[..., Answer], *arguments: object, timeout: float = 10.0) -> Answer:
        """`call(*arguments)` in a real thread; this greenlet waits, at most `timeout` seconds, the loop does not.

        Raises what the call raises, or TookTooLong.
        """
        with gevent.Timeout(timeout, TookTooLong(getattr(call, "__name__", "call"))):
            outcome: _Outcome[Answer] = self._pool.spawn(_Outcome, call, arguments).get()  # type: ignore[assignment]
        return outcome.answer()


class _Outcome(Generic[Answer]):
    """A call that was made. An error is kept as a value: gevent's pool would print each that leaves a thread."""

    def __init__(self, call: Callable[..., Answer], arguments: tuple[object, ...]) -> None:
        self._error: Exception | None = None
        try:
            self._answer = call(*arguments)
        except Exception as error:  # noqa: BLE001  (raised again in the greenlet that asked)
            self._error = error

    def answer(self) -> Answer:
        """What the call returned; raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._answer
