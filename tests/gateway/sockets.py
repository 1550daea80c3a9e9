"""Sockets without a client, for tests of what is done with them."""

from datetime import datetime
from typing import Any

from app.contract.identity import Identity
from app.contract.times import now
from gateway.auth import Authorised
from gateway.recoveries import Entry
from gateway.registry import Registry, Socket


def members(registry: Registry) -> dict[str, dict[str, set[Socket]]]:
    """Who is in which room, by the prefix with which they know it."""
    return {room: {prefix: set(who) for prefix, who in known.items()} for room, known in registry.rooms.items()}


def socket_of(
    identity: Identity, eio: Any, sid: str = "sid", *, as_of: int = 0, began: datetime | None = None
) -> Socket:
    """A socket of `identity` over `eio`, authorised when the log had reached `as_of`."""
    authorised = Authorised(identity, began or now(), None, as_of)
    return Socket(sid, eio, authorised, Entry(f"pid of {sid}", {}, None, recovered=None))
