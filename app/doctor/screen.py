"""A browser's socket, spoken by hand: one WebSocket with Engine.IO 4 and Socket.IO 5 on it.

Stock clients hide what the doctor is there to see: with which HTTP answer a handshake is refused, and why.
"""

import json
import ssl
from collections import deque
from socket import create_connection
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)
from wsproto.utilities import ProtocolError

from .asking import PATIENCE, NoAnswer, why

_HANDSHAKE = "/socket.io/?EIO=4&transport=websocket"


class Rejected(Exception):
    """The handshake was answered with HTTP; `facts` is the JSON object that came with it."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        try:
            facts = json.loads(body)
        except ValueError:
            facts = {}
        self.facts: dict[str, Any] = facts if isinstance(facts, dict) else {}


class Silent(Exception):
    """What was waited for did not come; the message says what came instead."""


class Screen:
    """One connection. Raises NoAnswer, Rejected, Silent."""

    def __init__(self, address: str, headers: dict[str, str]) -> None:
        """Open a WebSocket at the gateway's `address` (http or https), as a browser with these headers would."""
        parts = urlsplit(address)
        self._frames: deque[str] = deque()
        self._part = ""
        self._is_open = False
        self._has_ended = False
        self._rejected: int | None = None
        self._body = b""
        self._ws = WSConnection(ConnectionType.CLIENT)
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
            self._socket = create_connection((parts.hostname, port), timeout=PATIENCE)
            if parts.scheme == "https":
                self._socket = ssl.create_default_context().wrap_socket(self._socket, server_hostname=parts.hostname)
        except OSError as error:
            raise NoAnswer(why(error)) from error
        extra = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._send(Request(host=parts.netloc, target=_HANDSHAKE, extra_headers=extra))
        until = monotonic() + PATIENCE
        try:
            while not self._is_open:
                self._read(until)
        except Exception:
            self._socket.close()
            raise

    def close(self) -> None:
        """Close it, as a browser does that goes to another page."""
        self._socket.close()

    def say(self, packet: str) -> None:
        """Send one packet as it stands."""
        self._send(TextMessage(packet))

    def packet(self, *starts: str, within: float = PATIENCE) -> str:
        """The next packet that begins with one of `starts`; pings are answered, all others are passed over."""
        until = monotonic() + within
        while True:
            while self._frames:
                packet = self._frames.popleft()
                if packet.startswith(starts):
                    return packet
                if packet == "2":
                    self.say("3")
            self._read(until)

    def event(self, name: str, *, within: float = PATIENCE) -> list[Any]:
        """The arguments of the next event of this name."""
        packet = self.packet(f"42[{json.dumps(name)},", within=within)
        arguments: list[Any] = json.loads(packet[2:])
        return arguments[1:]

    def ask(self, name: str, argument: object) -> Any:
        """Emit and wait for the acknowledgement. One at a time."""
        self.say(f"420{json.dumps([name, argument])}")
        return json.loads(self.packet("430")[3:])[0]

    def _read(self, until: float) -> None:
        left = until - monotonic()
        if self._has_ended:
            raise Silent("the gateway closed the connection")
        if left <= 0:
            raise Silent("nothing came")
        self._socket.settimeout(left)
        try:
            data = self._socket.recv(65536)
            self._ws.receive_data(data or None)
            for event in self._ws.events():
                self._take(event)
        except TimeoutError as error:
            raise Silent("nothing came") from error
        except (OSError, ProtocolError) as error:
            raise NoAnswer(why(error)) from error
        # What came before the end is still to be read.
        self._has_ended = self._has_ended or not data

    def _take(self, event: Event) -> None:
        match event:
            case AcceptConnection():
                self._is_open = True
            case RejectConnection(status_code=status):
                self._rejected = status
            case RejectData(data=data, body_finished=is_whole):
                self._body += data
                if is_whole:
                    raise Rejected(self._rejected or 0, self._body)
            case TextMessage(data=text, message_finished=is_whole):
                self._part += text
                if is_whole:
                    self._frames.append(self._part)
                    self._part = ""
            case Ping():
                self._send(event.response())
            case CloseConnection():
                self._has_ended = True

    def _send(self, event: Event) -> None:
        try:
            self._socket.sendall(self._ws.send(event))
        except (OSError, ProtocolError) as error:
            raise NoAnswer(why(error)) from error
