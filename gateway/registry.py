"""Who is connected, and who is in which room: plain dictionaries of the loop, changed only between two switches.

Each socket knows its own rooms, so that a disconnect costs as much as that socket has rooms. Within a room, sockets
are kept by the prefix with which they know it, because each prefix is another frame.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.contract.identity import Identity

from .transport import Audience

if TYPE_CHECKING:
    from .auth import Authorised
    from .recoveries import Entry


class Socket:
    """One client whose identity is known. `rooms` maps each room that it is in to the prefix it knows it by.

    `extra` are the rooms that it asked for, `seen` the receipts that it has given. After place `start` it was given
    everything in its rooms; `starts` are rooms for which that is another place. `began` and `until` are those of the
    credential; `as_of` is the place of the log at which it was looked up. `entry` is how the socket comes in, until it
    is in; `pid`, `channels` and `kept_at` are what it can come back with (recoveries.py).
    """

    __slots__ = (
        "as_of",
        "began",
        "channels",
        "eio",
        "entry",
        "extra",
        "identity",
        "kept_at",
        "pid",
        "rooms",
        "screen",
        "seen",
        "sid",
        "start",
        "starts",
        "until",
    )

    def __init__(
        self, sid: str, eio: Any, authorised: "Authorised", entry: "Entry", screen: tuple[str, str] = ("", "")
    ) -> None:
        self.sid = sid
        self.eio = eio
        self.identity: Identity = authorised.identity
        self.began: datetime = authorised.began
        self.until: datetime | None = authorised.until
        self.as_of: int = authorised.as_of
        self.screen = screen
        self.entry: Entry | None = entry
        self.pid: str | None = entry.pid
        self.channels: Mapping[str, str] = entry.channels
        self.kept_at: datetime | None = entry.kept_at
        self.rooms: dict[str, str] = {}
        self.start = 0
        self.starts: dict[str, int] = {}
        self.extra: set[str] = set()
        self.seen: dict[object, None] = {}

    @property
    def is_open(self) -> bool:
        """Whether the connection still takes frames."""
        return not self.eio.closed


Room = dict[str, Audience]


class Registry:
    """All sockets by sid, by credential and by person, and the rooms' members."""

    def __init__(self) -> None:
        self.sockets: dict[str, Socket] = {}
        self.rooms: dict[str, Room] = {}
        # Those that are in their rooms: everything up to the fan-out's position was written to them.
        self.live = Audience()
        self._by_credential: dict[str, set[Socket]] = {}
        self._by_person: dict[int, set[Socket]] = {}

    def add(self, socket: Socket) -> None:
        """Know a socket: from now on a revocation finds it. It is in no room yet, so no event does."""
        self.sockets[socket.sid] = socket
        self._by_credential.setdefault(socket.identity.credential, set()).add(socket)
        if socket.identity.person_id is not None:
            self._by_person.setdefault(socket.identity.person_id, set()).add(socket)

    def knows(self, socket: Socket) -> bool:
        """Whether a socket was added and not removed since."""
        return self.sockets.get(socket.sid) is socket

    def join(self, socket: Socket, room: str, prefix: str) -> None:
        """Put a socket into a room under one prefix, out of the room under another."""
        self.leave(socket, room)
        self.rooms.setdefault(room, {}).setdefault(prefix, Audience()).add(socket)
        socket.rooms[room] = prefix

    def enliven(self, socket: Socket) -> None:
        """From now on the socket has everything up to the fan-out's position: it may be told so."""
        self.live.add(socket)

    def leave(self, socket: Socket, room: str) -> None:
        """Take a socket out of a room, if it is in it."""
        prefix = socket.rooms.pop(room, None)
        if prefix is not None:
            _discard(self.rooms, room, prefix, socket)

    def remove(self, socket: Socket) -> None:
        """Forget a socket: out of its rooms and the indexes. Once more does no harm."""
        for room in tuple(socket.rooms):
            self.leave(socket, room)
        self.live.discard(socket)
        if self.sockets.pop(socket.sid, None) is not None:
            _discard_from(self._by_credential, socket.identity.credential, socket)
            if socket.identity.person_id is not None:
                _discard_from(self._by_person, socket.identity.person_id, socket)

    def holding(self, *, credential: str | None, person_id: int | None) -> tuple[Socket, ...]:
        """The sockets of one credential, or all of one person's."""
        if credential is not None:
            return tuple(self._by_credential.get(credential, ()))
        return tuple(self._by_person.get(person_id, ())) if person_id is not None else ()


def _discard(rooms: dict[str, Room], room: str, prefix: str, socket: Socket) -> None:
    members = rooms[room]
    members[prefix].discard(socket)
    if not members[prefix]:
        del members[prefix]
        if not members:
            del rooms[room]


def _discard_from(index: dict[Any, set[Socket]], key: object, socket: Socket) -> None:
    holders = index[key]
    holders.discard(socket)
    if not holders:
        del index[key]
