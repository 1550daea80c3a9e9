"""The limit on failed log-ins, in a web process whose Redis is there, is killed, and comes back."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests
from limits.storage import storage_from_string
from redis import Redis

from app.factory import flask_settings
from tests.conftest import settings
from tests.processes import Web
from tests.services import RedisServer


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A Redis of the test's own, that it may kill."""
    if reason := RedisServer.why_not():
        pytest.skip(reason)
    with RedisServer() as server:
        yield server


@pytest.fixture
def web(sqlite_app, redis) -> Iterator[Web]:
    """A web process that counts in it."""
    with Web(replace(sqlite_app.config["PASSLINE"], redis_url=redis.url)) as server:
        yield server


def guess(web, email):
    body = {"email": email, "password": "a guess"}
    return requests.post(f"{web.http}/api/tokens", json=body, timeout=30).status_code


def test_it_holds_without_redis(web, redis):
    assert [guess(web, "one@example.com") for _ in range(6)] == [401] * 5 + [429]
    redis.kill()
    assert requests.get(f"{web.http}/login", timeout=30).status_code == 200
    # In the process's own memory: who was counted out in Redis begins anew, and is counted out again.
    assert [guess(web, "one@example.com") for _ in range(6)] == [401] * 5 + [429]
    redis.start()
    until = time.monotonic() + 30
    with Redis.from_url(redis.url) as counts:
        while not counts.dbsize() and time.monotonic() < until:
            guess(web, "two@example.com")
            time.sleep(0.1)
        assert counts.dbsize()


@pytest.mark.parametrize("url", [None, "redis://:hush@one/0", "rediss://one/0", "unix:///run/redis.sock"])
def test_it_counts_wherever_redis_may_be(url):
    chosen = flask_settings(settings("sqlite://", redis_url=url))
    storage = storage_from_string(chosen["RATELIMIT_STORAGE_URI"], **chosen["RATELIMIT_STORAGE_OPTIONS"])
    assert ("Redis" in type(storage).__name__) == bool(url)
