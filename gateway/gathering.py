"""One statement for all who ask at one moment: what greenlets ask for is gathered, and answered by one call.

A crowd that comes back at once must not cost a statement each. The moment is a few milliseconds for whoever comes
alone, and grows with the crowd: it follows the size of the last batch. One batch is under way at a time; while the
database works on it, the next one gathers.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, cast

import gevent
from gevent.event import AsyncResult

from .threads import Threads, TookTooLong

# Seconds: what each of the last batch adds to the next moment, and its bounds.
EACH, SHORTEST, LONGEST = 0.005, 0.002, 0.25
BATCH = 500
# Seconds that somebody waits for an answer.
PATIENCE = 10.0

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Gathering(Generic[Asked, Answer]):
    """Questions of one kind. `answer` gets a list of them in a real thread, and gives as many answers in that order."""

    def __init__(
        self,
        answer: Callable[[Sequence[Asked]], Sequence[Answer]],
        threads: Threads,
        *,
        shortest: float = SHORTEST,
    ) -> None:
        """`shortest` is how many seconds even one who comes alone waits for others."""
        self._answer = answer
        self._threads = threads
        self._shortest = shortest
        self._waiting: deque[tuple[Asked, AsyncResult[Answer]]] = deque()
        self._last = 0
        self._is_gathering = False

    def __len__(self) -> int:
        """How many wait for the next batch."""
        return len(self._waiting)

    def ask(self, asked: Asked) -> Answer:
        """The answer; waits for it. Raises what `answer` raised, for all of its batch, or TookTooLong."""
        with gevent.Timeout(PATIENCE, TookTooLong(getattr(self._answer, "__name__", "answer"))):
            return cast("Answer", self.put(asked).get())

    def put(self, asked: Asked) -> "AsyncResult[Answer]":
        """Ask, and go on: the answer is set when it comes."""
        answered: AsyncResult[Answer] = AsyncResult()
        self._waiting.append((asked, answered))
        if not self._is_gathering:
            self._is_gathering = True
            gevent.spawn(self._gather)
        return answered

    def _gather(self) -> None:
        try:
            while self._waiting:
                if len(self._waiting) < BATCH:
                    gevent.sleep(min(max(self._last * EACH, self._shortest), LONGEST))
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                self._last = len(batch)
                self._settle(batch)
        finally:
            self._is_gathering = False

    def _settle(self, batch: "list[tuple[Asked, AsyncResult[Answer]]]") -> None:
        try:
            answers = self._threads.run(self._answer, [asked for asked, _answered in batch])
        except Exception as error:  # noqa: BLE001  (raised again by each who asked)
            for _asked, answered in batch:
                answered.set_exception(error)
        else:
            for (_asked, answered), answer in zip(batch, answers, strict=True):
                answered.set(answer)
