"""Puts the parts of the gateway together, serves them with pywsgi and gevent-websocket, and stops them in order.

Flask-SocketIO is the surface for handlers; its message queue and its rooms are not used (fanout.py, registry.py).
pywsgi must be given gevent-websocket's handler: without it every WebSocket handshake is a 500, and clients fall back
to polling without a word.
"""

import logging
import os
import signal
import socket
from typing import Any

import gevent
import structlog
from flask import Flask
from flask_socketio import SocketIO
from gevent.event import Event
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer

from app import logs
from app.config import Config

from . import engine, health, refusals, transport
from .auth import may_knock
from .beat import Beat
from .clients import Clients
from .door import Door, Handler
from .engine import Engine
from .fanout import Fanout
from .feed import Feed
from .handlers import Handlers
from .metrics import Metrics
from .packets import StrictPacket
from .parts import Parts
from .receipts import Receipts
from .recent import Recent
from .refusals import Refusal
from .registry import Registry
from .replay import Replay
from .revocation import Revocation
from .store import Store
from .threads import Threads

# Real threads for the loop's database calls, and with them its connections.
THREADS = 6
# Seconds that a closed transport is given to write what it still holds.
FAREWELL = 0.5

_log = structlog.get_logger(__name__)


def serve(config: Config) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    logs.configure(config)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stop.set)
    parts, door = build(config)
    requests = Pool()
    try:
        server = _listen(config, door, requests)
    except OSError as error:
        _log.error("gateway.cannot_listen", host=config.listen_host, port=config.gateway_port, error=error.strerror)
        return 1
    beat = Beat(
        registry=parts.registry, fanout=parts.fanout, feed=parts.feed, engine=parts.engine, metrics=parts.metrics
    )
    workers = (
        gevent.spawn(parts.fanout.run, parts.feed.taken()),
        gevent.spawn(parts.receipts.run),
        gevent.spawn(beat.run),
    )
    for worker in workers:
        # Without any of them screens would be silently wrong: better to end and be started again.
        worker.link_exception(lambda _worker: stop.set())
    parts.feed.start()
    _log.info("gateway.listening", host=config.listen_host, port=server.server_port)
    stop.wait()
    failed = any(worker.exception is not None for worker in workers)
    _stop(parts, server, requests)
    return 1 if failed else 0


def _listen(config: Config, door: Door, requests: Pool) -> WSGIServer:
    server = WSGIServer(
        (config.listen_host, config.gateway_port),
        door,
        handler_class=Handler,
        spawn=requests,
        log=None,
        error_log=logging.getLogger("gateway.http"),
    )
    # gevent-websocket would log every request, with its address.
    quiet = logging.getLogger("geventwebsocket")
    quiet.setLevel(logging.WARNING)
    vars(server).update(logger=quiet, pre_start_hook=door.turns_away)
    server.start()
    return server


def build(config: Config) -> tuple[Parts, Door]:
    """The parts, and the door in front of them: the WSGI application."""
    app = Flask("gateway")
    metrics, registry, recent = Metrics(), Registry(), Recent()
    threads, store = Threads(THREADS), Store(config, THREADS)
    revocation = Revocation(registry, metrics)
    fanout = Fanout(registry, recent, revocation, metrics)
    clients = Clients(lambda sid, eio_sid: handlers.accepted(sid, eio_sid))
    io: Any = SocketIO(app, **socketio_options(config, clients))
    parts = Parts(
        config=config,
        clients=clients,
        engine=Engine(io.server, metrics),
        registry=registry,
        recent=recent,
        revocation=revocation,
        fanout=fanout,
        replay=Replay(fanout=fanout, recent=recent, registry=registry, store=store, threads=threads, metrics=metrics),
        feed=Feed(config, f"{socket.gethostname()}:{os.getpid()}"),
        store=store,
        threads=threads,
        receipts=Receipts(store, threads, metrics),
        metrics=metrics,
    )
    handlers = Handlers(parts)
    handlers.register(io)
    health.register(app, parts)
    metrics.connections.set_function(lambda: len(registry.sockets))
    metrics.rooms.set_function(lambda: len(registry.rooms))
    metrics.remembered.set_function(lambda: len(recent))
    metrics.lag.set_function(lambda: parts.feed.lag)
    door = Door(
        app.wsgi_app,
        engine=parts.engine,
        closed_because=lambda: closed_because(parts),
        origins=config.allowed_origins,
        metrics=metrics,
    )
    return parts, door


def socketio_options(config: Config, clients: Clients) -> dict[str, Any]:
    """How Flask-SocketIO is set up: no message queue, no session of its own, one client's messages in order."""
    return {
        "async_mode": "gevent",
        "client_manager": clients,
        "serializer": StrictPacket,
        # The door's own question: Engine.IO asks it again for the headers that browsers need.
        "cors_allowed_origins": lambda _origin, environ: may_knock(environ, config.allowed_origins),
        "manage_session": False,
        "async_handlers": False,
        "http_compression": False,
        "max_http_buffer_size": engine.MOST_BYTES,
    }


def closed_because(parts: Parts) -> Refusal | None:
    """Why no new client can be served now, or None."""
    if parts.is_draining:
        return refusals.DRAINING
    if not parts.fanout.has_begun:
        return refusals.NOT_READY
    return None if parts.feed.has_answered_lately else refusals.DATABASE_AWAY


def _stop(parts: Parts, server: WSGIServer, requests: Pool) -> None:
    """Stop listening, close every transport without DISCONNECT (stock clients then return), give up the lease, end."""
    _log.info("gateway.stopping", sockets=len(parts.registry.sockets))
    parts.is_draining = True
    server.stop_accepting()
    server.close()
    for eio in parts.engine.connections():
        transport.close(eio)
    gevent.sleep(FAREWELL)
    parts.feed.stop()
    requests.kill(timeout=0.5)
    parts.store.close()
    _log.info("gateway.stopped")
