"""Receipts: which screen has drawn which version of an order, written in batches.

A screen is told "ok" when its receipt is in the database, not before. One greenlet gathers what comes within a
moment and hands it to a real thread; while one batch is written, the next one gathers.
"""

from collections import deque
from typing import Any

import gevent
import structlog
from gevent.event import AsyncResult, Event

from . import refusals
from .metrics import Metrics
from .refusals import Refused
from .store import Away, Store
from .threads import Threads, TookTooLong

GATHER = 0.05
BATCH = 500
# Waiting receipts; a database that is away must not fill the memory.
MOST = 10_000
PATIENCE = 8.0

# A receipt (the columns of its table) and who waits for it.
Waiting = tuple[dict[str, Any], "AsyncResult[bool]"]

_log = structlog.get_logger(__name__)


class Receipts:
    """The queue of one gateway."""

    def __init__(self, store: Store, threads: Threads, metrics: Metrics) -> None:
        self._store = store
        self._threads = threads
        self._metrics = metrics
        self._waiting: deque[Waiting] = deque()
        self._came = Event()

    def write(self, receipt: dict[str, Any]) -> None:
        """Return when `receipt` (the columns of the table) is stored; Refused (retry) when that cannot be done now."""
        if len(self._waiting) >= MOST:
            raise Refused(refusals.DATABASE_AWAY)
        stored: AsyncResult[bool] = AsyncResult()
        self._waiting.append((receipt, stored))
        self._came.set()
        with gevent.Timeout(PATIENCE, Refused(refusals.DATABASE_AWAY)):
            if not stored.get():
                raise Refused(refusals.DATABASE_AWAY)

    def run(self) -> None:
        """Write batch after batch, for ever."""
        while True:
            self._came.wait()
            gevent.sleep(GATHER)
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            if not self._waiting:
                self._came.clear()
            if batch:
                self._settle(batch)

    def _settle(self, batch: list[Waiting]) -> None:
        try:
            is_stored = self._write([receipt for receipt, _stored in batch])
        except Exception:  # noqa: BLE001
            # What clients sent is in here: one receipt that cannot be stored must not cost the others theirs.
            if len(batch) > 1:
                for each in batch:
                    self._settle([each])
                return
            _log.exception("receipts.refused")
            is_stored = False
        for _receipt, stored in batch:
            stored.set(is_stored)

    def _write(self, receipts: list[dict[str, Any]]) -> bool:
        try:
            self._threads.run(self._store.write_receipts, receipts)
        except (Away, TookTooLong) as error:
            _log.warning("receipts.not_written", error=str(error), receipts=len(receipts))
            return False
        self._metrics.receipts.inc(len(receipts))
        return True
