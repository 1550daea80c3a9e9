"""Each fault: what is done to the running installation, and how it is brought back. Everything is done for real."""

import random
import resource
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis

from tests.gateway.process import Gateway
from tests.services import Server

from .scene import Scene

# Seconds of a gateway that is stopped, and of servers that are away: the whole suite's, and those of the quick part.
LONG, SHORT = 30.0, 3.0
_AWAY = 2.0


@dataclass(frozen=True)
class Fault:
    """One of them. `act(scene, seconds)` returns when all servers run again."""

    name: str
    act: Callable[[Scene, float], None]
    on_sqlite: bool = False
    is_quick: bool = False


def _killed(server: Server, away: float = 0.5) -> None:
    server.kill()
    time.sleep(away)
    server.start()


def kill_web(scene: Scene, _seconds: float) -> None:
    """kill -9 of gunicorn and its worker, in the middle of requests."""
    _killed(scene.web)


def kill_gateway(scene: Scene, _seconds: float) -> None:
    """kill -9 of any gateway."""
    _killed(random.choice(scene.gateways))


def kill_holder(scene: Scene, _seconds: float) -> None:
    """kill -9 of the gateway that numbers rows; another takes over."""
    _killed(scene.holder(), _AWAY)


def restart_postgres(scene: Scene, _seconds: float) -> None:
    """PostgreSQL is shut down, is away for a while, and comes back."""
    assert scene.postgres is not None
    scene.postgres.stop()
    time.sleep(_AWAY)
    scene.postgres.start()


def kill_postgres(scene: Scene, _seconds: float) -> None:
    """kill -9 of PostgreSQL, which recovers from its log."""
    assert scene.postgres is not None
    _killed(scene.postgres)


def restart_redis(scene: Scene, _seconds: float) -> None:
    """Redis is stopped, is away for a while, and comes back empty."""
    assert scene.redis is not None
    scene.redis.stop()
    time.sleep(_AWAY)
    scene.redis.start()


def flush_redis(scene: Scene, _seconds: float) -> None:
    """FLUSHALL, several times while events are written."""
    assert scene.redis is not None
    with redis.Redis.from_url(scene.redis.url) as client:
        for _ in range(5):
            client.flushall()
            time.sleep(0.2)


def stop_gateway(scene: Scene, seconds: float) -> None:
    """SIGSTOP of a gateway that numbers nothing, for a while."""
    _frozen([gateway for gateway in scene.gateways if gateway is not scene.holder()][-1], seconds)


def stop_holder(scene: Scene, seconds: float) -> None:
    """SIGSTOP of the one that numbers rows: another takes over, and it wakes and finds itself replaced."""
    _frozen(scene.holder(), seconds)


def _frozen(gateway: Gateway, seconds: float) -> None:
    gateway.send_signal(signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        gateway.send_signal(signal.SIGCONT)


def lose_clients(scene: Scene, _seconds: float) -> None:
    """A fifth of the screens lose their network without a close, and come back over another."""
    scene.audience.vanish(0.2)
    time.sleep(1)


def restart_gateways(scene: Scene, _seconds: float) -> None:
    """A rolling restart: SIGTERM, wait for the end, start; one after the other."""
    for gateway in scene.gateways:
        gateway.stop()
        gateway.start()
        time.sleep(0.5)


def lock_sqlite(scene: Scene, seconds: float) -> None:
    """Somebody holds the write lock of SQLite for a while."""
    connection = sqlite3.connect(scene.web.config.sqlite_path, isolation_level=None)
    connection.execute("begin immediate")
    time.sleep(min(seconds, 12.0))
    connection.execute("rollback")
    connection.close()


def fill_disk(scene: Scene, _seconds: float) -> None:
    """The disk is full for the web process: its files may not grow any more, says the kernel."""
    with _no_file_grows(scene):
        time.sleep(_AWAY)


@contextmanager
def _no_file_grows(scene: Scene) -> Iterator[None]:
    assert scene.web.process is not None
    # gunicorn's worker writes, not its master; both are limited, and so is whoever is started meanwhile.
    pids = [scene.web.process.pid, *_children(scene.web.process.pid)]
    before = [resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids]
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, before[0][1]))
    try:
        yield
    finally:
        for pid, limits in zip(pids, before, strict=True):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as found:
        return [int(child) for child in found.read().split()]


FAULTS = (
    Fault("kill -9 of web", kill_web, on_sqlite=True),
    Fault("kill -9 of a gateway", kill_gateway, on_sqlite=True, is_quick=True),
    Fault("kill -9 of the sequencer's holder", kill_holder, is_quick=True),
    Fault("PostgreSQL stopped and started", restart_postgres, is_quick=True),
    Fault("kill -9 of PostgreSQL", kill_postgres),
    Fault("Redis stopped and started", restart_redis),
    Fault("FLUSHALL of Redis", flush_redis, is_quick=True),
    Fault("SIGSTOP of a gateway", stop_gateway),
    Fault("SIGSTOP of the sequencer's holder", stop_holder),
    Fault("clients that vanish", lose_clients, on_sqlite=True),
    Fault("rolling restart of the gateways", restart_gateways, on_sqlite=True),
    Fault("SQLite locked", lock_sqlite, on_sqlite=True, is_quick=True),
    Fault("disk full for web", fill_disk, on_sqlite=True),
)
# Nothing of these on PostgreSQL.
_SQLITE_ALONE = (lock_sqlite, fill_disk)


def of(*, postgres: bool, quick: bool = False) -> list[Fault]:
    """The faults of an installation on PostgreSQL and Redis, or on SQLite; of the quick ones each is tried on one."""
    if postgres:
        found = [fault for fault in FAULTS if fault.act not in _SQLITE_ALONE]
    else:
        found = [fault for fault in FAULTS if fault.act in _SQLITE_ALONE or (fault.on_sqlite and not quick)]
    return [fault for fault in found if fault.is_quick or not quick]
