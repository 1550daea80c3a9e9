"""An access that ended: acts upon the `!access` rows of the log, at their place in it.

A row closes the sockets of a credential, or all of a person's. They leave their rooms in the same step, before any
later row is looked at, so between the row and the close nothing reaches them.

A person's row says nothing of what was given after it. A socket whose credential was looked up at the row's place or
later stays: the look-up has seen the row. One that was looked up earlier but whose credential is younger than the row
is asked to come back, because only the door can tell.

A socket that is being authorised while the row passes is in no index yet. So recent rows are remembered: whoever is
authorised reads, with its rows, the place that the log had reached then, and (in the step that makes it known) asks
`since` that place. A row up to that place was committed before the read, which saw it; a later one was fanned out
meanwhile and is found here, or finds the socket.
"""

import json
from collections import deque
from dataclasses import dataclass

import structlog

from app.contract.identity import Identity

from . import refusals, transport
from .frames import Row
from .metrics import Metrics
from .refusals import Refusal
from .registry import Registry

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """One row: of one credential, or (None) of everything that the person holds."""

    n: int
    credential: str | None
    person_id: int | None
    refusal: Refusal

    def concerns(self, identity: Identity) -> bool:
        """Whether this row ends what `identity` came with."""
        if self.credential is not None:
            return self.credential == identity.credential
        return self.person_id is not None and self.person_id == identity.person_id


class Revocation:
    """Closes sockets, and remembers for those that are on their way in."""

    def __init__(self, registry: Registry, metrics: Metrics, remembered: int = 10_000) -> None:
        self._registry = registry
        self._metrics = metrics
        self._remembered = remembered
        self._recent: deque[Ended] = deque()
        self._epoch: str | None = None
        # Rows up to here may have been forgotten.
        self._floor = 0

    def act(self, row: Row) -> None:
        """Close the sockets that the row names."""
        data = json.loads(row.data)
        ended = Ended(row.n, data["credential"], data["person_id"], refusals.ended(str(data["reason"])))
        self._recent.append(ended)
        if len(self._recent) > self._remembered:
            self._floor = self._recent.popleft().n
        holding = self._registry.holding(credential=ended.credential, person_id=ended.person_id)
        sockets = [socket for socket in holding if socket.as_of < row.n]
        for socket in sockets:
            is_younger = ended.credential is None and socket.began > row.at
            refusal = refusals.ACCESS_CHANGED if is_younger else ended.refusal
            self._registry.remove(socket)
            self._metrics.refused(refusal)
            transport.close(socket.eio, refusal, final=not refusal.retry)
        if sockets:
            _log.info("access.ended", sockets=len(sockets), reason=data["reason"], position=row.n)

    def since(self, epoch: str | None, n: int, identity: Identity) -> Refusal | None:
        """Why `identity`, looked up when the log had reached place `n`, may not stay; None: it may."""
        if epoch != self._epoch or n < self._floor:
            return refusals.ACCESS_CHANGED
        for ended in reversed(self._recent):
            if ended.n <= n:
                break
            if ended.concerns(identity):
                # A person's row says nothing of a credential that was given after it: the door knows, at the next try.
                return ended.refusal if ended.credential is not None else refusals.ACCESS_CHANGED
        return None

    def restart(self, epoch: str) -> None:
        """Forget all: the log begins another life, in which positions mean something else."""
        self._epoch = epoch
        self._recent.clear()
        self._floor = 0
