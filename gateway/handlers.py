"""What a client may say, and what is done: connect, subscribe, unsubscribe, seen, disconnect.

Handlers of one client run in order (async_handlers is off). Each takes one object and answers with an
acknowledgement: `{ok: true, ...}` or `{ok: false, code, message, retry}`. What fails unforeseen closes the transport
without a DISCONNECT packet, so that the client returns.
"""

from collections.abc import Callable
from math import inf
from typing import Any

import flask
import gevent
import structlog
from flask_socketio import SocketIO
from socketio.exceptions import ConnectionRefusedError as Refusing

from app.contract import rooms as contract_rooms
from app.contract.identity import Identity
from app.contract.rooms import rooms_for
from app.contract.times import iso, now

from . import auth, frames, refusals, rooms
from .parts import Parts
from .refusals import Refusal, Refused
from .registry import Socket
from .replay import Closed
from .store import Away
from .threads import TookTooLong

# Receipts that one socket's memory holds, so that a repeat costs nothing.
_SEEN = 200
_log = structlog.get_logger(__name__)

Ack = dict[str, Any]


class Handlers:
    """The handlers of one gateway."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def register(self, io: SocketIO) -> None:
        """Put them onto Flask-SocketIO."""
        io.on_event("connect", self.connect)
        io.on_event("disconnect", self.disconnect)
        for name, handler in (("subscribe", self.subscribe), ("unsubscribe", self.unsubscribe), ("seen", self.seen)):
            io.on_event(name, self._answering(handler))
        io.on_event("*", self.unknown)
        self._parts.clients.greeting = self.greeting

    # -- coming ----------------------------------------------------------------------------------------------------

    def connect(self, presented: object) -> bool:
        """Authorise; what python-socketio sends next is CONNECT, or CONNECT_ERROR with the refusal."""
        parts, sid = self._parts, flask.request.sid  # type: ignore[attr-defined]
        eio_sid = parts.clients.eio_sid_from_sid(sid, "/")
        # Before the database is read: see revocation.py.
        epoch = parts.fanout.epoch
        try:
            environ = flask.request.environ
            origin = auth.origin_of(environ, parts.config.allowed_origins)
            shown = auth.presented(presented, auth.cookies_in(environ), origin, parts.config)
            found = parts.checks.admission(shown.knock)
            authorised = auth.authorise(shown.kind, found.credential, parts.config)
            entry = parts.recoveries.entry(shown, authorised.identity, found.recovery)
            # From here to `add` in one step.
            ended = parts.revocation.since(epoch, authorised.as_of, authorised.identity)
            if ended is not None:
                raise Refused(ended)
            if self._has_too_many(authorised.identity):
                raise Refused(refusals.TOO_MANY_OF_ONE)
        except Refused as refused:
            return self._refuse(eio_sid, refused.refusal)
        except (Away, TookTooLong) as error:
            _log.warning("connect.database_away", error=str(error))
            return self._refuse(eio_sid, refusals.DATABASE_AWAY)
        eio = parts.engine.connection(eio_sid)
        if eio is None or eio.closed:
            return False
        socket = Socket(sid, eio, authorised, entry, shown.screen)
        parts.registry.add(socket)
        parts.recoveries.hold(socket)
        return True

    def _has_too_many(self, identity: Identity) -> bool:
        """Whether this person, or whoever holds this link, has as many sockets as one may have."""
        credential = identity.credential if identity.is_tracking else None
        held = self._parts.registry.holding(credential=credential, person_id=identity.person_id)
        return len(held) >= self._parts.config.connections_per_person

    def greeting(self, sid: str) -> dict[str, str]:
        """What the CONNECT packet says: a stock client that knows this pid already takes itself for recovered."""
        return {"sid": sid, "pid": str(self._parts.registry.sockets[sid].pid)}

    def _refuse(self, eio_sid: str | None, refusal: Refusal) -> bool:
        """Final: python-socketio sends CONNECT_ERROR with the reason. Else the transport is closed, without a word."""
        if refusal.retry:
            self._let_go(eio_sid, refusal)
            return False
        self._parts.metrics.refused(refusal)
        if eio_sid is not None:
            self._parts.engine.refused(eio_sid)
        raise Refusing(refusal.message, refusal.data)

    def accepted(self, sid: str, eio_sid: str | None) -> None:
        """CONNECT was sent: bring the socket up to date, put it into its rooms, say `ready`. None: it is gone."""
        parts, socket = self._parts, self._parts.registry.sockets[sid]
        entry, socket.entry = socket.entry, None
        if eio_sid is None or entry is None:
            return parts.registry.remove(socket)
        parts.engine.accepted(eio_sid)
        parts.metrics.accepted.inc()
        try:
            socket.start = parts.replay.into(socket, entry.channels, entry.start)
        except Refused as refused:
            return self._let_go(eio_sid, refused.refusal)
        except (Away, TookTooLong) as error:
            _log.warning("connect.database_away", error=str(error))
            return self._let_go(eio_sid, refusals.DATABASE_AWAY)
        except Closed:
            return parts.registry.remove(socket)
        socket.extra.update(entry.channels.keys() - rooms_for(socket.identity))
        parts.registry.enliven(socket)
        channels = [prefix + room for room, prefix in entry.channels.items()]
        data: dict[str, Any] = {"channels": channels, "recovered": entry.recovered, "server_time": iso(now())}
        # Still the step in which it came into its rooms: what drivers say from now on finds it there.
        if fixes := parts.fixes.told(socket, entry.channels.keys() - socket.extra):
            data["fixes"] = fixes
        socket.eio.send(frames.notice("ready", data, parts.fanout.position))
        parts.fixes.give(socket, socket.extra)
        return None

    # -- asking ----------------------------------------------------------------------------------------------------

    def subscribe(self, socket: Socket, asked: dict[str, Any]) -> Ack:
        """One more channel: `{channel, since?, auth?}`. `auth` is what Laravel Echo sends, and changes nothing.

        A room has one name at a time, the one that was asked for last. For as long as a socket is in it, it is given
        each row once, under whatever name: `since` then brings only the rows from before it came in. Where its drivers
        are is told before the acknowledgement, as events.
        """
        parts = self._parts
        channel = rooms.parse(asked.get("channel"))
        rooms.check(socket.identity, channel, parts.checks)
        is_new = channel.room not in socket.rooms
        if is_new and len(socket.extra) >= rooms.MOST_EXTRA:
            raise Refused(refusals.TOO_MANY_CHANNELS)
        since = asked.get("since")
        start = None if since is None else parts.replay.reach(since)
        recovered = None if since is None else start is not None
        wanted = {channel.room: channel.prefix}
        parts.recoveries.change(socket, {**socket.channels, **wanted})
        upto = inf if is_new else socket.starts.get(channel.room, socket.start)
        socket.starts[channel.room] = parts.replay.into(socket, wanted, start, upto=upto, out_of_place=True)
        if is_new:
            socket.extra.add(channel.room)
        parts.fixes.give(socket, wanted)
        return {"ok": True, "channel": asked["channel"], "position": parts.fanout.position, "recovered": recovered}

    def unsubscribe(self, socket: Socket, asked: dict[str, Any]) -> Ack:
        """One channel less: `{channel}`; the server's own choice is joined again at the next connect."""
        channel = rooms.parse(asked.get("channel"))
        if channel.room in socket.extra:
            others = {room: prefix for room, prefix in socket.channels.items() if room != channel.room}
            self._parts.recoveries.change(socket, others)
        self._parts.registry.leave(socket, channel.room)
        socket.extra.discard(channel.room)
        socket.starts.pop(channel.room, None)
        return {"ok": True, "channel": asked["channel"]}

    def seen(self, socket: Socket, receipt: dict[str, Any]) -> Ack:
        """This screen has drawn an order: `{order_number, version, audible, visible}`; "ok" when it is stored."""
        parts, identity = self._parts, socket.identity
        if identity.is_tracking:
            raise Refused(refusals.READ_ONLY)
        number, version = receipt.get("order_number"), receipt.get("version")
        audible, visible = receipt.get("audible"), receipt.get("visible")
        if not isinstance(number, str) or contract_rooms.order_number_of(f"order.{number}") is None:
            raise Refused(refusals.PAYLOAD_MALFORMED)
        if type(version) is not int or not 1 <= version < 2**31:
            raise Refused(refusals.PAYLOAD_MALFORMED)
        if not isinstance(audible, bool) or not isinstance(visible, bool):
            raise Refused(refusals.PAYLOAD_MALFORMED)
        drawn = (number, version, audible, visible)
        if drawn not in socket.seen:
            # Nobody has drawn a version that does not exist yet: else any number would make a row.
            if version > parts.checks.version_of(number, identity):
                raise Refused(refusals.ORDER_REFUSED)
            parts.receipts.write(
                {
                    "order_number": number,
                    "version": version,
                    "person_id": identity.person_id,
                    "screen_id": socket.screen[0],
                    "screen_name": socket.screen[1],
                    "audible": audible,
                    "visible": visible,
                    "seen_at": now(),
                }
            )
            socket.seen[drawn] = None
            if len(socket.seen) > _SEEN:
                del socket.seen[next(iter(socket.seen))]
        return {"ok": True}

    def unknown(self, *_payload: object) -> Ack:
        """Anything else."""
        self._parts.metrics.refused(refusals.EVENT_UNKNOWN)
        return {"ok": False, **refusals.EVENT_UNKNOWN.data}

    # -- going -----------------------------------------------------------------------------------------------------

    def disconnect(self, _reason: str) -> None:
        """The client is gone, or only its connection to Socket.IO is, whoever ended it."""
        sid = flask.request.sid  # type: ignore[attr-defined]
        socket = self._parts.registry.sockets.get(sid)
        if socket is not None:
            self._parts.registry.remove(socket)
            if socket.is_open:
                self._parts.engine.left(self._parts.clients.eio_sid_from_sid(sid, "/"))

    def _let_go(self, eio_sid: str | None, refusal: Refusal) -> None:
        """Close the transport without DISCONNECT: the client comes back by itself."""
        self._parts.metrics.refused(refusal)
        self._parts.engine.let_go(eio_sid)

    def _answering(self, handler: Callable[[Socket, dict[str, Any]], Ack]) -> Callable[..., Ack | None]:
        """`handler` for a live socket and one object, with its refusals as acknowledgements."""

        def answer(*payload: object) -> Ack | None:
            parts, sid = self._parts, flask.request.sid  # type: ignore[attr-defined]
            socket = parts.registry.sockets.get(sid)
            # A polling client may speak while it is still being brought up to date.
            while socket is not None and socket.is_open and socket not in parts.registry.live:
                gevent.sleep(0.01)
            if socket is None or not socket.is_open:
                return None
            try:
                if len(payload) != 1 or not isinstance(payload[0], dict):
                    raise Refused(refusals.PAYLOAD_MALFORMED)
                return handler(socket, payload[0])
            except Refused as refused:
                refusal = refused.refusal
            except (Away, TookTooLong) as error:
                _log.warning("handler.database_away", error=str(error))
                refusal = refusals.DATABASE_AWAY
            except Closed:
                return None
            except Exception:  # noqa: BLE001  (an answer is owed, whatever happened)
                _log.exception("handler.failed", handler=handler.__name__)
                refusal = refusals.FAILED
            parts.metrics.refused(refusal)
            return {"ok": False, **refusal.data}

        return answer
