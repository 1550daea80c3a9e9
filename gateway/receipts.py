"""Receipts: which screen has drawn which version of an order, written in batches (gathering.py).

A screen is told "ok" when its receipt is in the database, not before.
"""

from collections.abc import Sequence
from typing import Any

import structlog

from . import refusals
from .gathering import Gathering
from .metrics import Metrics
from .refusals import Refused
from .store import Away, Store
from .threads import Threads

# Seconds for which they are gathered at least: on SQLite each batch takes the lock that orders need.
GATHER = 0.05
# Waiting receipts; a database that is away must not fill the memory.
MOST = 10_000

_log = structlog.get_logger(__name__)


class Receipts:
    """The receipts of one gateway. Each is a row, as a dictionary of the table's columns."""

    def __init__(self, store: Store, threads: Threads, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics
        self._rows: Gathering[dict[str, Any], bool] = Gathering(self._write, threads, shortest=GATHER)

    def write(self, receipt: dict[str, Any]) -> None:
        """Return when `receipt` is stored; Refused (retry), Away or TookTooLong when that cannot be done now."""
        if len(self._rows) >= MOST or not self._rows.ask(receipt):
            raise Refused(refusals.DATABASE_AWAY)
        self._metrics.receipts.inc()

    def _write(self, receipts: Sequence[dict[str, Any]]) -> list[bool]:
        """In a real thread: whether each was stored."""
        try:
            self._store.write_receipts(receipts)
        except Away as error:
            _log.warning("receipts.not_written", error=str(error), receipts=len(receipts))
            raise
        except Exception:  # noqa: BLE001
            # What clients sent is in here: one receipt that cannot be stored must not cost the others theirs.
            if len(receipts) > 1:
                return [is_stored for each in receipts for is_stored in self._write([each])]
            _log.exception("receipts.refused")
            return [False]
        return [True] * len(receipts)
