"""python-socketio's client manager, replaced: who is connected, in two dictionaries, and nothing else.

The stock manager keeps rooms of its own (one for each client), looks through all of them at every disconnect, and
sends an emit without a room to clients that were not accepted yet. Our rooms are in registry.py, frames go out
through fanout.py and transport.py; an emit through Flask-SocketIO is therefore refused here. Replaces
socketio.Manager of python-socketio 5.18: what its Server calls, with the same meaning.
"""

from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import socketio
from socketio import packet

NAMESPACE = "/"


class Clients(socketio.Manager):
    """Connections of the default namespace: asked for (pending), accepted, leaving."""

    def __init__(self, accepted: Callable[[str, str | None], None]) -> None:
        """`accepted(sid, eio_sid)` is called right after the CONNECT packet was sent; None: to nobody any more."""
        super().__init__()
        self._accepted = accepted
        # What the CONNECT packet tells a client of itself.
        self.greeting: Callable[[str], dict[str, str]] = lambda sid: {"sid": sid}
        self._eio_sids: dict[str, str] = {}
        self._sids: dict[str, str] = {}
        self._absent: set[str] = set()

    def set_server(self, server: Any) -> None:
        """Know the server; its CONNECT packets, which carry a sid and nothing else, carry the greeting from now on."""
        super().set_server(server)
        send = server._send_packet

        def send_packet(eio_sid: str, sent: Any) -> None:
            if sent.packet_type == packet.CONNECT:
                sent.data = self.greeting(sent.data["sid"])
                # What follows it at once, `ready` at least, goes out in the same send.
                server.eio.gather(eio_sid)
            send(eio_sid, sent)

        server._send_packet = send_packet

    def pre_connect(self, eio_sid: str, namespace: str) -> str | None:
        """A client asks; None when this connection has asked already."""
        if eio_sid in self._sids:
            return None
        sid: str = self.server.eio.generate_id()
        self._eio_sids[sid] = eio_sid
        self._sids[eio_sid] = sid
        self._absent.add(sid)
        return sid

    def connect(self, sid: str, namespace: str) -> str:
        """The client was accepted and told so."""
        self._absent.discard(sid)
        self._accepted(sid, self._eio_sids.get(sid))
        return sid

    def is_connected(self, sid: str | None, namespace: str) -> bool:
        """Whether it was accepted and is not leaving."""
        return sid in self._eio_sids and sid not in self._absent

    def sid_from_eio_sid(self, eio_sid: str, namespace: str) -> str | None:
        """The client of a connection."""
        return self._sids.get(eio_sid)

    def eio_sid_from_sid(self, sid: str, namespace: str) -> str | None:
        """The connection of a client."""
        return self._eio_sids.get(sid)

    def pre_disconnect(self, sid: str, namespace: str) -> str | None:
        """It is leaving; its handler runs next."""
        self._absent.add(sid)
        return self._eio_sids.get(sid)

    def disconnect(self, sid: str, namespace: str, **_options: Any) -> None:
        """It has left, or was refused."""
        self._absent.discard(sid)
        eio_sid = self._eio_sids.pop(sid, None)
        if eio_sid is not None:
            del self._sids[eio_sid]

    def forget(self, eio_sid: str) -> None:
        """The connection is gone: so is whoever asked over it and was neither accepted nor refused."""
        sid = self._sids.get(eio_sid)
        if sid is not None:
            self.disconnect(sid, NAMESPACE)

    def get_namespaces(self) -> Iterable[str]:
        """Only the default one exists here."""
        return (NAMESPACE,)

    def get_rooms(self, sid: str, namespace: str) -> list[str]:
        """None of python-socketio's; see registry.py."""
        return []

    def trigger_callback(self, sid: str, id: int, data: object) -> None:
        """Nothing that we send asks for an acknowledgement; what comes anyway is ignored."""

    def emit(self, *_arguments: Any, **_options: Any) -> NoReturn:
        """Refused: every frame goes to a room, through the fan-out."""
        raise RuntimeError("events are written to the log; fanout.py sends them")
