"""Puts the parts of the gateway together, serves them with pywsgi and gevent-websocket, and stops them in order.

Flask-SocketIO is the surface for handlers; its message queue and its rooms are not used (fanout.py, registry.py), and
what it would stand on, python-engineio, is replaced (surface.py).
"""

import gc
import resource
import signal
import sys
from datetime import timedelta
from typing import Any

import gevent
import structlog
from flask import Flask
from flask_socketio import SocketIO
from gevent.event import Event
from gevent.pool import Pool

from app import logs
from app.config import Config

from . import drain, health, refusals
from .beat import Beat
from .checks import Checks
from .clients import Clients
from .door import Door
from .engine import Engine, Limits
from .fanout import Fanout
from .feed import Feed
from .fixes import Fixes
from .handlers import Handlers
from .listener import Listener
from .metrics import Metrics
from .packets import StrictPacket
from .parts import Parts
from .receipts import Receipts
from .recent import Recent
from .recoveries import Recoveries
from .refusals import Refusal
from .registry import Registry
from .replay import Replay
from .revocation import Revocation
from .sequencer import new_holder
from .store import Store
from .surface import Events, Surface
from .threads import Threads

# TCP connections that carry requests, of all clients together; whoever comes beyond waits in the kernel.
MOST_REQUESTS = 10_000
# Real threads for the loop's database calls, and with them its connections.
THREADS = 6

_log = structlog.get_logger(__name__)


def serve(config: Config) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    logs.configure(config)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stop.set)
    parts, engine, door = build(config)
    descriptors = _allow_descriptors()
    _spare_the_collector()
    requests = Pool(min(MOST_REQUESTS, descriptors // 2))
    parts.metrics.greenlets.set_function(lambda: len(requests) + engine.greenlets)
    try:
        server = _listen(config, door, requests)
    except OSError as error:
        _log.error("gateway.cannot_listen", host=config.listen_host, port=config.gateway_port, error=error.strerror)
        return 1
    beat = Beat(registry=parts.registry, fanout=parts.fanout, feed=parts.feed, metrics=parts.metrics)
    workers = (
        gevent.spawn(parts.fanout.run, parts.feed.taken()),
        gevent.spawn(parts.recoveries.run),
        gevent.spawn(parts.fixes.run),
        gevent.spawn(beat.run),
        gevent.spawn(engine.run),
    )
    for worker in workers:
        # Without any of them screens would be silently wrong: better to end and be started again.
        worker.link_exception(lambda _worker: stop.set())
    parts.feed.start()
    _log.info("gateway.listening", host=config.listen_host, port=server.server_port)
    stop.wait()
    failed = any(worker.exception is not None for worker in workers)
    _stop(parts, engine, server, requests)
    return 1 if failed else 0


def _allow_descriptors() -> int:
    """A client is a descriptor, and 1,024 of them is what most systems begin with: take what may be had."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return sys.maxsize if most == resource.RLIM_INFINITY else most


def _spare_the_collector() -> None:
    """What stands now stands until the end, and connections leave no cycles behind: it need not look so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)
    # Nor is anybody to be told which line of which greenlet spawned another: that was more than half of a spawn.
    gevent.config.track_greenlet_tree = False


def _listen(config: Config, door: Door, requests: Pool) -> Listener:
    server = Listener(
        (config.listen_host, config.gateway_port),
        door,
        requests=requests,
        per_peer=per_peer(config.connections_per_address, of=requests.free_count()),
        proxies=config.trusted_proxies,
    )
    server.start()
    return server


def per_peer(sockets: int, *, of: int) -> int:
    """How many TCP connections one address may hold that may have so many sockets, `of` as many as all may hold.

    A client that begins with polling has three until it is upgraded, and two of them stay idle for a while after it.
    No address takes the places of all others: it has a quarter at most, or 16.
    """
    return min(4 * sockets, max(16, of // 4))


def build(config: Config) -> tuple[Parts, Engine, Door]:
    """The parts, the engine under them, and the door in front: the WSGI application."""
    pages, events = Flask("gateway"), Events("events")
    metrics, registry, recent = Metrics(), Registry(), Recent()
    threads, store = Threads(THREADS), Store(config, THREADS)
    checks = Checks(store, threads)
    revocation = Revocation(registry, metrics)
    fanout = Fanout(registry, recent, revocation, metrics)
    replay = Replay(
        fanout=fanout, recent=recent, registry=registry, store=store, threads=threads, checks=checks, metrics=metrics
    )
    clients = Clients(lambda sid, eio_sid: handlers.accepted(sid, eio_sid))
    io: Any = SocketIO(events, **socketio_options(clients))
    engine = Engine(Limits(per_address=config.connections_per_address))
    parts = Parts(
        config=config,
        clients=clients,
        engine=Surface(engine, io.server, events, metrics),
        registry=registry,
        recent=recent,
        revocation=revocation,
        fanout=fanout,
        replay=replay,
        fixes=Fixes(registry, store, threads, metrics),
        feed=Feed(config, new_holder()),
        store=store,
        threads=threads,
        checks=checks,
        recoveries=Recoveries(
            store=store,
            threads=threads,
            checks=checks,
            replay=replay,
            registry=registry,
            keep_for=timedelta(hours=config.log_retention_hours),
        ),
        receipts=Receipts(store, threads, metrics),
        metrics=metrics,
    )
    handlers = Handlers(parts)
    handlers.register(io)
    health.register(pages, parts)
    metrics.connections.set_function(lambda: len(registry.sockets))
    metrics.rooms.set_function(lambda: len(registry.rooms))
    metrics.remembered.set_function(lambda: len(recent))
    metrics.lag.set_function(lambda: parts.feed.lag)
    door = Door(
        pages.wsgi_app,
        engine=engine,
        config=config,
        closed_because=lambda: closed_because(parts),
    )
    return parts, engine, door


def socketio_options(clients: Clients) -> dict[str, Any]:
    """How Flask-SocketIO is set up: no message queue, no session of its own, one client's messages in order."""
    return {
        "async_mode": "gevent",
        "client_manager": clients,
        "serializer": StrictPacket,
        "manage_session": False,
        "async_handlers": False,
    }


def closed_because(parts: Parts) -> Refusal | None:
    """Why no new client can be served now, or None."""
    if parts.is_draining:
        return refusals.DRAINING
    if not parts.fanout.has_begun:
        return refusals.NOT_READY
    return None if parts.feed.has_answered_lately else refusals.DATABASE_AWAY


def _stop(parts: Parts, engine: Engine, server: Listener, requests: Pool) -> None:
    """Stop listening, let everybody go in such a way that stock clients return, give up the lease, end."""
    _log.info("gateway.stopping", sockets=len(parts.registry.sockets))
    parts.is_draining = True
    server.stop_accepting()
    server.close()
    wires = drain.let_go(engine)
    # Until here everybody was told what is new. The database may not answer: what takes too long ends with us.
    leaving = gevent.spawn(parts.feed.stop)
    drain.wait_for(wires)
    requests.kill(timeout=0.25)
    leaving.join(timeout=0.25)
    parts.store.close()
    _log.info("gateway.stopped")
