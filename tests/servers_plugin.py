"""One PostgreSQL and one Redis for a whole test run, shared by the workers of pytest-xdist.

Without workers a server starts when the first test asks for it. With workers the controller starts both before the
first worker and hands on their addresses, so that a worker that dies takes no server with it. Both are removed when
the run ends, however it ends. A test that stops or kills a server starts one of its own from tests/services.py.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import redis
from xdist.scheduler import LoadScopeScheduling

from tests.services import Postgres, PostgresServer, RedisServer

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController


class SharedServers:
    """The servers that this process started for the run, each at its first use."""

    def __init__(self) -> None:
        self.postgres: PostgresServer | None = None
        self.redis: RedisServer | None = None

    def postgres_url(self) -> str:
        if self.postgres is None:
            self.postgres = PostgresServer(fsync=False).start()
        return self.postgres.url

    def redis_url(self) -> str:
        if self.redis is None:
            self.redis = RedisServer().start()
        return self.redis.url

    def remove(self) -> None:
        for server in (self.postgres, self.redis):
            if server is not None:
                server.remove()


SHARED = pytest.StashKey[SharedServers]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SHARED] = SharedServers()
    config.add_cleanup(config.stash[SHARED].remove)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: "WorkerController") -> None:
    """In the controller, once for each worker."""
    shared = node.config.stash[SHARED]
    if PostgresServer.why_not() is None:
        node.workerinput["postgres_url"] = shared.postgres_url()
    if RedisServer.why_not() is None:
        node.workerinput["redis_url"] = shared.redis_url()


# Folders whose tests share processes that are dear to start: each is one worker's.
_TOGETHER = ("browser", "doctor", "faults")


class Scheduling(LoadScopeScheduling):
    """pytest-xdist's own, by these folders; every other test is handed out by itself.

    Its `--dist loadgroup` (3.8) writes the group into an attribute that pytest 9.2 has no more: nothing is grouped.
    """

    def _split_scope(self, nodeid: str) -> str:
        folder = nodeid.removeprefix("tests/").partition("/")[0]
        return folder if folder in _TOGETHER else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """More than there are cores for us: a browser, a lease or a beat is waited for more than it is worked on."""
    if wanted := os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS"):
        return int(wanted)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores + 2, 16)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    """In the controller, once."""
    return Scheduling(config, log)


def handed_on(config: pytest.Config, name: str) -> str | None:
    """What the controller gave this worker; None where there are no workers."""
    value: str | None = getattr(config, "workerinput", {}).get(name)
    return value


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Postgres:
    """The run's PostgreSQL; make databases on it, don't stop it."""
    if reason := PostgresServer.why_not():
        pytest.skip(reason)
    config = request.config
    return Postgres(handed_on(config, "postgres_url") or config.stash[SHARED].postgres_url())


@pytest.fixture(scope="session")
def redis_server(request: pytest.FixtureRequest) -> str:
    """The URL of the run's Redis; use `redis_url` where keys of others would disturb."""
    if reason := RedisServer.why_not():
        pytest.skip(reason)
    config = request.config
    return handed_on(config, "redis_url") or config.stash[SHARED].redis_url()


@pytest.fixture(scope="module")
def postgres_url(request: pytest.FixtureRequest, postgres_server: Postgres) -> Iterator[str]:
    """An empty PostgreSQL database for one test module."""
    url = postgres_server.create_database(request.module.__name__.rpartition(".")[2])
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def redis_url(request: pytest.FixtureRequest, redis_server: str) -> str:
    """An empty Redis database for one test; each worker has a number of its own."""
    worker = handed_on(request.config, "workerid")
    number = int(worker.removeprefix("gw")) + 1 if worker else 0
    url = f"{redis_server.rpartition('/')[0]}/{number}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url
