"""What goes over the wire for one row of the log, or one position, built once and shared by every socket that gets it.

The data is JSON text already and is never parsed here: the frame is glued around it.
"""

import json
from collections.abc import Iterable
from datetime import datetime

import orjson

from app.contract.events import DRIVER_MOVED

from .transport import Frame


class Row:
    """One numbered row of the log: a message to one room, at place `n` of the life `epoch`."""

    __slots__ = ("_frames", "at", "data", "epoch", "n", "name", "room")

    def __init__(self, epoch: str, n: int, room: str, name: str, data: str, at: datetime) -> None:
        self.epoch = epoch
        self.n = n
        self.room = room
        self.name = name
        self.data = data
        self.at = at
        self._frames: dict[str, Frame] = {}

    def frame(self, prefix: str) -> Frame:
        """The frame of this row for sockets that know the room with `prefix` ("" or "private-"); made at first need."""
        frame = self._frames.get(prefix)
        if frame is None:
            frame = self._frames[prefix] = event(self.name, prefix + self.room, self.data, f"{self.epoch}-{self.n}")
        return frame

    def frame_out_of_place(self, prefix: str, position: str) -> Frame:
        """The frame for a row that is replayed after later rows were sent: its own place goes into `data.position`.

        `position`, the argument, is the socket's current one, so that on one socket it never falls.
        """
        data = f'{self.data[:-1]},"position":"{self.epoch}-{self.n}"}}'
        return event(self.name, prefix + self.room, data, position)


class Fix:
    """Where a driver is, as one room is told; `data` None: it is told nothing any more. `at`: when it was written."""

    __slots__ = ("_frames", "at", "data", "driver_id", "room")

    def __init__(self, room: str, driver_id: int, data: str | None, at: datetime) -> None:
        self.room = room
        self.driver_id = driver_id
        self.data = data
        self.at = at
        self._frames: dict[str, Frame] = {}

    def frame(self, prefix: str) -> Frame:
        """`emit(name, channel, data)`, without a position; while it waits for a client, the next one takes its place.

        Under whatever prefix: a client knows the room by one name at a time.
        """
        frame = self._frames.get(prefix)
        if frame is None:
            text = f'42["{DRIVER_MOVED}",{json.dumps(prefix + self.room)},{self.data}]'
            frame = self._frames[prefix] = Frame(text, key=f"{self.room} {self.driver_id}")
        return frame

    def told(self, prefix: str) -> dict[str, object]:
        """The same as `ready` tells it."""
        return {"channel": prefix + self.room, "data": orjson.Fragment(str(self.data))}


class Several(Frame):
    """Packets in order for a WebSocket, one frame after the other: one send instead of many."""

    __slots__ = ()

    def __init__(self, frames: Iterable[Frame]) -> None:
        super().__init__("")
        self._wire = b"".join(frame.wire for frame in frames)


def event(name: str, channel: str, data: str, position: str) -> Frame:
    """An event of the log: `emit(name, channel, data, position)`; `data` is JSON text."""
    return Frame(f'42[{json.dumps(name)},{json.dumps(channel)},{data},"{position}"]')


def notice(name: str, data: object, position: str) -> Frame:
    """`ready` or `beat`: `emit(name, data, position)`."""
    return Frame(f'42[{json.dumps(name)},{orjson.dumps(data).decode()},"{position}"]')
