"""Connection state recovery: who comes back with the `pid` and `offset` of a connection that broke gets it back.

Stock Socket.IO clients keep the pid of the CONNECT reply and the last string argument of any event (a position here),
and send both when they return; the same pid in the reply tells them `socket.recovered`. It is given when the row that
was kept (app/models/recovery.py) is the same person's, or the same link's; when the rooms of who they are now are
those they had, and every channel they had asked for is still theirs to hear; and when the log holds the gap. Who they
are is asked anew before. Else there is a new pid, nothing is replayed, and `ready` says `recovered: false`.

Rows are written in batches, moments after the CONNECT reply, which waits for none of it; a change of channels is
acknowledged when it is written. So a pid that nobody knows may be one whose gateway was killed within that moment: it
had no channels of its own yet, and its `offset` counts as `since` would. `socket.recovered` is false then, while
nothing is lost or doubled. A forged pid gets the same, which is what its sender could have had with `since`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import gevent
import orjson
import structlog
from gevent.event import AsyncResult

from app.contract.identity import Identity
from app.contract.rooms import rooms_for
from app.contract.times import now
from app.contract.tokens import digest, new_pid

from . import rooms
from .auth import Presented
from .checks import Checks
from .gathering import Gathering
from .refusals import Refused
from .registry import Registry, Socket
from .replay import Replay
from .store import Away, Store
from .threads import Threads

# Seconds for which rows are gathered at least: on SQLite each batch takes the lock that orders need.
GATHER = 0.02
# Seconds between two looks for rows that could not be written, or are about to be forgotten.
ROUND = 2.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """How a socket comes in: its pid, its rooms with their prefixes, and from which place it catches up (None: no).

    `recovered` is what `ready` says. `kept_at`: when the row behind the pid was written, if it need not be again.
    """

    pid: str
    channels: Mapping[str, str]
    start: int | None
    recovered: bool | None
    kept_at: datetime | None = None


class Recoveries:
    """What one gateway keeps for those who come back, and gives back to them."""

    def __init__(
        self, *, store: Store, threads: Threads, checks: Checks, replay: Replay, registry: Registry, keep_for: timedelta
    ) -> None:
        """`keep_for` is how long the worker leaves a row that nobody renews."""
        self._store = store
        self._checks = checks
        self._replay = replay
        self._registry = registry
        self._renew_after = keep_for / 4
        self._rows: Gathering[dict[str, Any], datetime] = Gathering(self._write, threads, shortest=GATHER)

    # -- coming back -----------------------------------------------------------------------------------------------

    def entry(self, shown: Presented, identity: Identity, kept: Any) -> Entry:
        """How `identity` comes in with what it has `shown`; `kept` is the row behind its pid, None if there is none.

        May wait. Refused (retry) when this cannot be said now.
        """
        own = dict.fromkeys(rooms_for(identity), "")
        is_coming_back = shown.pid is not None and shown.offset is not None
        if kept is None or not is_coming_back:
            said = shown.offset if is_coming_back else shown.since
            start = None if said is None else self._replay.reach(said)
            return Entry(new_pid(), own, start, None if said is None else start is not None)
        had = self._had(identity, own, kept)
        start = None if had is None else self._replay.reach(shown.offset)
        if had is None or start is None:
            return Entry(new_pid(), own, None, recovered=False)
        is_same = kept.credential == identity.credential
        return Entry(str(shown.pid), had, start, recovered=True, kept_at=kept.used_at if is_same else None)

    def _had(self, identity: Identity, own: Mapping[str, str], kept: Any) -> dict[str, str] | None:
        """All rooms of the row, with their prefixes, if all of it is still this identity's; else None."""
        if kept.person_id != identity.person_id or (identity.is_tracking and kept.credential != identity.credential):
            return None
        had: dict[str, str] = orjson.loads(kept.channels)
        if not own.keys() <= had.keys():
            # Another role or restaurant: what the page shows is not what it would show now.
            return None
        try:
            for room in had.keys() - own.keys():
                rooms.check(identity, rooms.Channel(had[room], room), self._checks)
        except Refused:
            return None
        return had

    # -- keeping -----------------------------------------------------------------------------------------------------

    def hold(self, socket: Socket) -> None:
        """From now on the pid is this socket's, and no other's that may still hang on a dead connection."""
        identity = socket.identity
        credential = identity.credential if identity.is_tracking else None
        for other in self._registry.holding(credential=credential, person_id=identity.person_id):
            if other is not socket and other.pid == socket.pid:
                other.pid = None
        if socket.kept_at is None:
            self._put(socket)

    def change(self, socket: Socket, channels: Mapping[str, str]) -> None:
        """Return when it is written that `socket` has these rooms; Away or TookTooLong when that cannot be done.

        Written before they are joined, so that whatever was acknowledged is found after a kill.
        """
        if socket.pid is None or (channels == socket.channels and socket.kept_at is not None):
            return
        before, socket.channels = socket.channels, channels
        try:
            socket.kept_at = self._rows.ask(_row(socket))
        except BaseException:
            # Nobody knows what was written: the next round writes what holds.
            socket.channels, socket.kept_at = before, None
            raise

    def run(self) -> None:
        """Round after round, for ever: write what could not be written, and what nobody has renewed for long."""
        while True:
            gevent.sleep(ROUND)
            if not self._rows:
                before = now() - self._renew_after
                for socket in self._registry.live:
                    if socket.kept_at is None or socket.kept_at < before:
                        self._put(socket)

    def _put(self, socket: Socket) -> None:
        if socket.pid is not None:
            self._rows.put(_row(socket)).rawlink(partial(_note, socket))

    def _write(self, rows: Sequence[dict[str, Any]]) -> list[datetime]:
        """In a real thread."""
        try:
            self._store.keep(rows)
        except Away as error:
            _log.warning("recoveries.not_written", error=str(error), rows=len(rows))
            raise
        return [row["used_at"] for row in rows]


def _note(socket: Socket, written: "AsyncResult[datetime]") -> None:
    if written.successful():
        socket.kept_at = written.value


def _row(socket: Socket) -> dict[str, Any]:
    return {
        "pid_hash": digest(str(socket.pid)),
        "credential": socket.identity.credential,
        "person_id": socket.identity.person_id,
        "channels": orjson.dumps(socket.channels).decode(),
        "used_at": now(),
    }
