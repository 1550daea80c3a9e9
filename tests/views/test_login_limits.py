"""The limit on failed log-ins, in a web process whose Redis is there, is killed, and comes back."""

import logging
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests
import time_machine
from limits.storage import storage_from_string
from redis import Redis

from app import logs
from app.contract.times import now
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


@pytest.mark.usefixtures("csrf_off")
@pytest.mark.parametrize("backend", ["sqlite"])
def test_who_has_time_guesses_fifty_times_an_hour(cast, as_person):
    browser, wrong = as_person(None), {"email": "vendor@example.com", "password": "a guess"}
    answers = []
    with time_machine.travel(now().timestamp() // 3600 * 3600 + 3600, tick=False) as clock:
        for _ in range(11):
            answers += [browser.post("/login", data=wrong).status_code for _ in range(5)]
            clock.shift(61)
    assert answers == [422] * 50 + [429] * 5


@pytest.mark.usefixtures("csrf_off")
@pytest.mark.parametrize("backend", ["sqlite"])
def test_the_addresses_of_one_household_are_counted_together(cast, as_person):
    browser = as_person(None)

    def guess_from(address, who):
        wrong = {"email": f"{who}@example.com", "password": "a guess"}
        return browser.post("/login", data=wrong, environ_base={"REMOTE_ADDR": address}).status_code

    answers = [guess_from(f"2001:db8:0:7::{n}", f"guest{n}") for n in range(1, 12)]
    assert answers == [422] * 10 + [429]
    assert guess_from("2001:db8:0:8::1", "guest12") == 422


@pytest.mark.usefixtures("csrf_off")
@pytest.mark.parametrize("backend", ["sqlite"])
def test_no_log_says_who_was_counted_out(app, cast, as_person, caplog):
    logs.configure(replace(app.config["PASSLINE"], log_level="INFO"))
    wrong = {"email": "vendor@example.com", "password": "a guess"}
    with caplog.at_level(logging.INFO):
        answers = [as_person(None).post("/login", data=wrong).status_code for _ in range(6)]
        logs.configure(app.config["PASSLINE"])
    assert answers[-1] == 429
    assert "vendor@example.com" not in caplog.text
