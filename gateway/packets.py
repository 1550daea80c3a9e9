"""Socket.IO packets as this gateway takes them; everything else is Malformed before a handler sees it.

Given to python-socketio as its serializer. The stock packet class lets a client send what no stock client sends:
events without a name, binary attachments, events called `connect`.
"""

from typing import Any

import orjson
from engineio import json
from socketio import packet
from socketio.packet import Packet

from .connection import Malformed

# Names with a meaning of their own: who could send an event `connect` would run the handler of the own admission.
RESERVED = ("connect", "connect_error", "disconnect", "*")


class _Json:
    """Reads as the stock one, which bounds the digits of a number; writes quicker."""

    loads = staticmethod(json.loads)

    @staticmethod
    def dumps(value: object, **_options: object) -> str:
        """As short as can be."""
        return orjson.dumps(value).decode()


class CheckedPacket(Packet):
    """The stock class; what is no packet of the protocol is Malformed, and an unknown namespace is named as such."""

    json = _Json

    def __init__(self, packet_type: int = packet.EVENT, data: Any = None, **options: Any) -> None:
        if packet_type == packet.CONNECT_ERROR and options.get("namespace") not in (None, "/"):
            # In the reference server's words.
            data = {"message": "Invalid namespace"}
        super().__init__(packet_type, data, **options)
        if options.get("encoded_packet") in ("", b""):
            # The stock class takes nothing for an event without data.
            raise Malformed("empty")

    def decode(self, encoded_packet: object) -> int:
        """As the stock one; Malformed when it is none."""
        try:
            attachments: int = super().decode(encoded_packet)
        except (ValueError, TypeError, IndexError, AttributeError, RecursionError) as error:
            raise Malformed(repr(error)) from error
        if self.packet_type == packet.EVENT and not isinstance(self.data, list):
            raise Malformed("an event without a name")
        return attachments


class StrictPacket(CheckedPacket):
    """Objects to connect with, events with a name, acknowledgements; no binary."""

    uses_binary_events = False

    def decode(self, encoded_packet: object) -> int:
        """As the checked one; Malformed for what no handler should see."""
        attachments = super().decode(encoded_packet)
        if attachments or not self._is_taken():
            raise Malformed(f"packet type {self.packet_type}")
        return attachments

    def _is_taken(self) -> bool:
        match self.packet_type:
            case packet.CONNECT:
                return self.data is None or isinstance(self.data, dict)
            case packet.DISCONNECT:
                return True
            case packet.EVENT if isinstance(self.data, list) and self.data:
                return isinstance(self.data[0], str) and self.data[0] not in RESERVED
            case packet.ACK:
                return isinstance(self.data, list)
        return False
