"""The gateway and those that it is measured beside, all with one face: how a client comes in, how an event goes out.

Each runs as one process on the server's core. What events come from (this process, Redis, the peers' emitter) runs
on the other. Floor: bare sends. Node: Socket.IO with ws and the Redis adapter. Stock: Flask-SocketIO with Redis.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import socketio

from app.contract.events import Message
from app.contract.times import now
from app.domain import log
from app.extensions import atomic
from scripts.assets import npm
from tests.services import RedisServer, free_port

from . import process, wire
from .audience import Seat
from .crowd import Crowd
from .machine import LOAD_CORE, keep_on
from .stage import Stage, end
from .wire import Hello

NODE = Path(__file__).resolve().parent / "node"
# A server that used less of its core than this, for so many seconds, has nothing left to do.
_IDLE, _QUIET = 0.05, 0.5
# What is sent out: the room and the mark of each event.
Events = Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Contender:
    """A running server. `hello(seat)` lets a client in; `emit(events)` sends events on their way."""

    name: str
    port: int
    server: subprocess.Popen[bytes]
    hello: Callable[[Seat], Hello]
    emit: Callable[[Events], None]

    @property
    def cpu(self) -> float:
        """CPU seconds of the server so far."""
        return process.cpu_seconds(self.server.pid)

    @property
    def memory(self) -> int:
        """Bytes that the server holds."""
        return process.resident_bytes(self.server.pid)

    def settle(self, crowd: Crowd) -> None:
        """Wait until the server has worked off what it was given, and is nearly idle."""
        last = float("-inf")
        while self.cpu - last > _QUIET * _IDLE:
            last = self.cpu
            crowd.rest(_QUIET)

    def stop(self) -> None:
        """End the server before its stage ends, without a farewell to thousands of clients."""
        self.server.kill()
        self.server.wait()


def peers(scene: Stage) -> list[Contender]:
    """The stock recipe and Node, on one Redis. A peer that cannot be had here is left out, and the reason printed."""
    return [peer for start in _peers(scene) for peer in start()]


def one_by_one(scene: Stage) -> Iterator[Contender]:
    """Ours and the peers, each started when the one before has ended."""
    for start in (lambda: [passline(scene)], *_peers(scene)):
        for one in start():
            yield one
            one.stop()


def passline(scene: Stage, **environment: str) -> Contender:
    """The real gateway, with everything on; events are rows of the real log, one transaction for each `emit`."""
    port = free_port()
    # The crowd's thousands are few people at few addresses.
    many = {"CONNECTIONS_PER_ADDRESS": "1000000", "CONNECTIONS_PER_PERSON": "1000000"}
    settings = {"GATEWAY_PORT": str(port), "ALLOWED_ORIGINS": wire.ORIGIN, **many, **environment}
    server = scene.start([sys.executable, "-m", "gateway"], port, path="/ready", **settings)
    return Contender("Passline", port, server, lambda seat: authenticated(port, seat), write_rows)


def authenticated(port: int, seat: Seat, since: str | None = None) -> Hello:
    """A browser of ours with a session, perhaps one that comes back."""
    auth = {"since": since} if since else None
    return wire.hello(port, welcome=b'42["ready"', cookie=seat.cookie, auth=auth)


def write_rows(events: Events) -> None:
    """Commit one transaction with a row of the log for each event."""
    at = now()
    with atomic() as session:
        messages = [Message(wire.NAME, room, wire.data(mark, log.stamp(at))) for room, mark in events]
        log.append(session, messages, at=at)


def floor(scene: Stage) -> Contender:
    """Bare sends of a prebuilt frame to everybody, whatever the room."""
    port = free_port()
    server = scene.start([sys.executable, "-m", "benchmarks.floor", str(port)], port, path="/")
    assert server.stdin is not None
    pipe = server.stdin

    def emit(events: Events) -> None:
        for room, mark in events:
            frame = wire.frame(room, *_content(mark))
            pipe.write(len(frame).to_bytes(2, "big") + frame)
            pipe.flush()

    return Contender("floor", port, server, lambda _seat: wire.hello(port, welcome=b""), emit)


def stock(scene: Stage, redis: RedisServer) -> Contender:
    """The stock recipe of Flask-SocketIO; events are emitted through Redis, by python-socketio's own means."""
    port = free_port()
    settings = {"PEER_PORT": str(port), "PEER_REDIS": redis.url}
    server = scene.start([sys.executable, "-m", "benchmarks.stock"], port, path="/healthz", **settings)
    emitter = socketio.RedisManager(redis.url, channel="flask-socketio", write_only=True)

    def emit(events: Events) -> None:
        for room, mark in events:
            emitter.emit(wire.NAME, (room, *_content(mark)), room=room)

    return Contender("stock", port, server, lambda seat: wire.hello(port, welcome=b"40", cookie=seat.cookie), emit)


def node(scene: Stage, redis: RedisServer) -> Contender:
    """Socket.IO on Node, which asks nobody who they are; events are emitted through Redis by a process of its own."""
    program = _node_with_packages()
    port = free_port()
    settings = {"PEER_PORT": str(port), "PEER_REDIS": redis.url, "NODE_ENV": "production"}
    server = scene.start([program, str(NODE / "server.js")], port, path="/", **settings)
    emitter = subprocess.Popen(
        [program, str(NODE / "emitter.js")], env=settings, stdin=subprocess.PIPE, preexec_fn=keep_on(LOAD_CORE)
    )
    scene.closing.callback(end, emitter)
    assert emitter.stdin is not None
    pipe = emitter.stdin

    def emit(events: Events) -> None:
        for room, mark in events:
            pipe.write(json.dumps([room, wire.NAME, room, *_content(mark)]).encode() + b"\n")
        pipe.flush()

    def hello(seat: Seat) -> Hello:
        return wire.hello(port, welcome=b"40", auth={"room": seat.room})

    return Contender("Node", port, server, hello, emit)


def _peers(scene: Stage) -> list[Callable[[], list[Contender]]]:
    if reason := RedisServer.why_not():
        sys.stderr.write(f"  without peers: {reason}\n")
        return []
    redis = scene.closing.enter_context(RedisServer())

    def node_if_it_can_be_had() -> list[Contender]:
        try:
            return [node(scene, redis)]
        except (OSError, subprocess.CalledProcessError) as error:
            sys.stderr.write(f"  without Node: {error}\n")
            return []

    return [lambda: [stock(scene, redis)], node_if_it_can_be_had]


_EPOCH = uuid4().hex[:8]


def _content(mark: int) -> tuple[dict[str, object], str]:
    """The data and the position of an event, as long as ours."""
    return wire.data(mark, log.stamp(now())), f"{_EPOCH}-{mark}"


def _node_with_packages() -> str:
    """The node to use, with what package-lock.json says installed beside the peer."""
    tool = npm()
    installed = NODE / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < (NODE / "package-lock.json").stat().st_mtime:
        quiet = ["--no-audit", "--no-fund", "--silent"]
        subprocess.run([tool, "ci", "--ignore-scripts", *quiet], cwd=NODE, check=True)
    return shutil.which("node") or str(tool.parent / "node")
