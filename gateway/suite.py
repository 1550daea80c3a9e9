"""`python -m gateway.suite [PORT [PATIENCE]]`: the gateway as the official conformance suites want to meet it.

For the suites of socketio/engine.io-protocol and socketio/socket.io-protocol (`make conformance`): the same engine,
wires, polling, door and surface, with the suites' intervals, echo handlers, and nothing of ours on top (no identity,
no pid, no `ready`, no beat). PATIENCE: seconds that a client has for its pong; the suites' own are 0.2. Never part of
an installation: it serves whoever asks, on loopback alone.
"""

from gevent import monkey

monkey.patch_all(thread=False, queue=False, dns=False)

import logging  # noqa: E402  (nothing that opens sockets may be imported before the patch)
import sys  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
import socketio  # noqa: E402
from flask import Flask  # noqa: E402
from flask_socketio import SocketIO  # noqa: E402
from gevent.pywsgi import WSGIServer  # noqa: E402

from app.config import Config  # noqa: E402

from .connection import Connection  # noqa: E402
from .door import Door  # noqa: E402
from .engine import Engine, Limits  # noqa: E402
from .listener import Handler  # noqa: E402
from .metrics import Metrics  # noqa: E402
from .packets import CheckedPacket  # noqa: E402
from .refusals import Refusal  # noqa: E402
from .surface import Surface  # noqa: E402
from .transport import Frame  # noqa: E402

PORT, PATIENCE = 3000, 0.2


class Echo:
    """What the Engine.IO suite talks to: every message goes back as it came."""

    def opened(self, connection: Connection, environ: dict[str, Any]) -> None:
        """Nothing to do."""

    def message(self, connection: Connection, data: str | bytes) -> None:
        """Say it back."""
        connection.send(Frame("4" + data) if isinstance(data, str) else Frame.binary(data))

    def closed(self, connection: Connection, reason: str) -> None:
        """Nothing to do."""

    def refusing(self, refusal: Refusal, error: Exception | None) -> None:
        """Nothing to count."""


class Rooms(socketio.Manager):
    """python-socketio's own manager, which knows more than one namespace; ours (clients.py) does not."""

    def forget(self, eio_sid: str) -> None:
        """It forgets by itself."""


def application(patience: float) -> Door:
    """Both doors, one behind the other."""
    limits = Limits(ping_every=0.3, ping_patience=patience, message=1_000_000)
    config = Config(env="test", secret_key="", database_url="sqlite://")
    app = Flask("suite")
    pages = app.wsgi_app
    options: dict[str, Any] = {
        "async_mode": "gevent",
        "client_manager": Rooms(),
        "serializer": CheckedPacket,
        "manage_session": False,
        "async_handlers": False,
        # The suite wants CONNECT before what the handler of the connection sends.
        "always_connect": True,
    }
    io: Any = SocketIO(app, **options)
    for namespace in ("/", "/custom"):
        _answer(io, namespace)
    engine_io, socket_io = Engine(limits), Engine(limits)
    engine_io.audience = Echo()
    Surface(socket_io, io.server, app, Metrics())
    for engine in (engine_io, socket_io):
        gevent.spawn(engine.run)
    behind = Door(pages, engine=engine_io, config=config, closed_because=lambda: None, path="/engine.io/")
    return Door(behind, engine=socket_io, config=config, closed_because=lambda: None)


def _answer(io: Any, namespace: str) -> None:
    """What the Socket.IO suite expects of a server."""

    def connect(auth: object = None) -> None:
        io.emit("auth", auth or {}, to=_asking(), namespace=namespace)

    def message(*arguments: object) -> None:
        io.emit("message-back", arguments, to=_asking(), namespace=namespace)

    def message_with_ack(*arguments: object) -> tuple[object, ...]:
        return arguments

    io.on_event("connect", connect, namespace)
    io.on_event("message", message, namespace)
    io.on_event("message-with-ack", message_with_ack, namespace)


def _asking() -> str:
    from flask import request

    return str(request.sid)  # type: ignore[attr-defined]


def main(port: int = PORT, patience: float = PATIENCE) -> None:
    """Serve until killed."""
    logging.getLogger("geventwebsocket").setLevel(logging.ERROR)
    WSGIServer(
        ("127.0.0.1", port), application(patience), handler_class=Handler, log=None, error_log=None
    ).serve_forever()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *map(float, sys.argv[2:3]))
