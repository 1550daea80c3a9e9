"""Several gateways on one PostgreSQL, with a Redis of their own: stopped, emptied, restarted; nothing is lost."""

import signal
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic, sleep

import pytest
import redis

from app.contract import rooms
from gateway.frames import Row
from gateway.sequencer import LEASE
from gateway.stream import KEPT, Stream
from tests.gateway.process import Gateway
from tests.gateway.rows import head_now, numbers, write
from tests.services import RedisServer


@pytest.fixture
def backend():
    return "postgresql"


@pytest.fixture(scope="module")
def own_redis():
    """A Redis that may be mistreated."""
    if reason := RedisServer.why_not():
        pytest.skip(reason)
    server = RedisServer().start()
    yield server
    server.remove()


@pytest.fixture(scope="module")
def pair(own_redis):
    """Two gateways with Redis, kept for the module; filled by `two`."""
    running = []
    yield running
    for gateway in running:
        gateway.remove()


@pytest.fixture
def two(app, gateways, pair, own_redis):
    """Two gateways; the first numbers the rows."""
    shared = gateways.pop("postgresql", None)
    if shared is not None:
        shared.remove()
    if not own_redis.answers():
        own_redis.start()
    config = replace(app.config["PASSLINE"], redis_url=own_redis.url)
    if not pair:
        pair.extend(Gateway(config).start() for _ in range(2))
    latest = monotonic() + LEASE + 5
    while not any(numbers_rows(gateway) for gateway in pair):
        assert monotonic() < latest, "nobody numbers"
        sleep(0.05)
    return sorted(pair, key=numbers_rows, reverse=True)


def numbers_rows(gateway):
    """Whether this one is the sequencer, by what it has said last about it."""
    said = gateway.logged()
    return said.rfind("sequencer.taken") > said.rfind("sequencer.lost")


def until_it_is_read(server):
    """Wait until the gateway that does not number waits for the stream again."""
    with redis.Redis.from_url(server.url) as client:
        client.config_resetstat()
        latest = monotonic() + 8
        while client.info("commandstats").get("cmdstat_xread", {}).get("calls", 0) < 3:
            assert monotonic() < latest, "nobody reads the stream"
            sleep(0.05)


@pytest.fixture
def watched(cast, two, own_redis, screen):
    """A room, and a screen of it on each gateway, while the stream is in use."""
    screens = [screen(cast.vendor, to=gateway) for gateway in two]
    for each in screens:
        each.ready()
    until_it_is_read(own_redis)
    return rooms.vendor_orders(cast.restaurant.id), screens


def told(screens, count, timeout=8.0):
    return [numbers([each.event(timeout) for _ in range(count)]) for each in screens]


def test_who_does_not_number_reads_the_stream(watched, own_redis):
    room, screens = watched
    with redis.Redis.from_url(own_redis.url) as client:
        client.config_resetstat()
        for n in range(20):
            write(room, n)
        assert told(screens, 20) == [list(range(20))] * 2
        commands = client.info("commandstats")
    assert commands["cmdstat_xadd"]["calls"] >= 20
    assert commands["cmdstat_xrange"]["calls"] >= 1


def test_redis_may_be_emptied(watched, own_redis):
    room, screens = watched
    with redis.Redis.from_url(own_redis.url) as client:
        for n in range(10):
            write(room, n)
            client.flushall()
        assert told(screens, 10) == [list(range(10))] * 2


def test_redis_may_be_killed_and_come_back_without_its_data(watched, own_redis):
    """Trap: in stock an emit through Redis raises nothing while Redis is down, and the event is gone."""
    room, screens = watched
    write(room, 1)
    own_redis.kill()
    write(room, 2, 3)
    assert told(screens, 3) == [[1, 2, 3]] * 2
    own_redis.start()
    write(room, 4)
    assert told(screens, 1) == [[4]] * 2


def test_redis_may_hang(watched, own_redis):
    room, screens = watched
    own_redis.process.send_signal(signal.SIGSTOP)
    try:
        write(room, 1, 2)
        assert told(screens, 2) == [[1, 2]] * 2
    finally:
        own_redis.process.send_signal(signal.SIGCONT)
    write(room, 3)
    assert told(screens, 1) == [[3]] * 2


def test_a_killed_holder_is_replaced_and_nothing_is_missing(watched, two, pair):
    room, screens = watched
    two[0].kill()
    pair.remove(two[0])
    write(room, 1, 2)
    assert numbers([screens[1].event(LEASE + 5) for _ in range(2)]) == [1, 2]
    two[0].remove()
    pair.append(Gateway(two[1].config).start())


def test_a_new_gateway_goes_on_from_the_head(cast, watched, two, screen):
    room, screens = watched
    write(room, 1)
    told(screens, 1)
    since = head_now()
    write(room, 2)
    # It may be replayed before `ready`, or come after it.
    late = screen(cast.vendor, {"since": since}, to=two[1])
    late.ready()
    assert numbers(late.before or [late.event()]) == [2]


# -- the stream by itself --------------------------------------------------------------------------------------------


@pytest.fixture
def stream(own_redis):
    if not own_redis.answers():
        own_redis.start()
    with redis.Redis.from_url(own_redis.url) as client:
        client.flushall()
    made = Stream(own_redis.url)
    yield made
    made.close()


def row(n, epoch="beef"):
    return Row(epoch, n, "user.1", "passline.test", '{"n":"é"}', datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


def seen(rows):
    return None if rows is None else [each.n for each in rows]


def test_rows_come_back_as_they_were(stream):
    stream.add([row(7)])
    (found,) = stream.after("beef", 6, 10)
    assert [getattr(found, name) for name in ("epoch", "n", "room", "name", "data", "at")] == [
        getattr(row(7), name) for name in ("epoch", "n", "room", "name", "data", "at")
    ]


def test_a_row_is_there_once_and_none_comes_in_late(stream):
    assert stream.add([row(1), row(2)])
    assert not stream.add([row(1), row(2), row(3)])
    assert not stream.add([row(2)])
    assert seen(stream.after("beef", 0, 10)) == [1, 2, 3]
    assert seen(stream.newest("beef")) == [3]


def test_a_hole_is_noticed(stream):
    stream.add([row(5), row(6), row(8)])
    assert stream.after("beef", 3, 10) is None
    assert seen(stream.after("beef", 4, 2)) == [5, 6]
    assert stream.after("beef", 4, 10) is None
    assert seen(stream.after("beef", 8, 10)) == []


def test_each_life_of_the_log_has_its_own(stream):
    stream.add([row(1)])
    assert seen(stream.after("feed", 0, 10)) == []
    assert stream.newest("feed") == []


def test_a_life_that_has_ended_leaves_nothing_behind(stream, own_redis):
    stream.add([row(1)])
    with redis.Redis.from_url(own_redis.url) as client:
        assert 0 < client.ttl("passline:log:beef") <= KEPT


def test_without_redis_every_question_is_answered_at_once_with_none(own_redis, stream):
    own_redis.kill()
    assert stream.after("beef", 0, 10) is None
    assert stream.is_away
    assert stream.newest("beef") is None
    assert not stream.add([row(1)])
    stream.wait("beef", 0, 5)
