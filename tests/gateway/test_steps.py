"""What must happen in one step: nothing of it may switch greenlets, or a row could slip in between.

The races themselves are run in test_replay.py and test_revocation.py; these tests hold what makes them impossible.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import greenlet
import pytest

from app.contract.identity import Identity, Role
from gateway.fanout import Fanout
from gateway.feed import Restarted
from gateway.frames import Row
from gateway.metrics import Metrics
from gateway.recent import Recent
from gateway.registry import Registry
from gateway.replay import Replay
from gateway.revocation import Revocation
from tests.gateway.sockets import members, socket_of


@contextmanager
def one_step() -> Iterator[None]:
    """Fails when greenlets are switched inside."""
    switches = []
    before = greenlet.settrace(lambda event, greenlets: switches.append((event, greenlets)))
    try:
        yield
    finally:
        greenlet.settrace(before)
    assert switches == []


def row(n, room="user.1", data='{"n":1}'):
    return Row("beef", n, room, "passline.test", data, datetime.now(UTC))


@pytest.fixture
def parts():
    registry, recent, metrics = Registry(), Recent(), Metrics()
    revocation = Revocation(registry, metrics)
    fanout = Fanout(registry, recent, revocation, metrics)
    replay = Replay(
        fanout=fanout, recent=recent, registry=registry, store=None, threads=None, checks=None, metrics=metrics
    )
    fanout.run([Restarted("beef", 0)])
    return registry, fanout, replay


@pytest.fixture
def socket(parts, link):
    identity = Identity("session:a", 1, Role.CUSTOMER)
    one = socket_of(identity, link.connection)
    parts[0].add(one)
    return one


def test_a_replay_from_memory_ends_in_the_rooms_in_one_step(parts, socket, link):
    registry, fanout, replay = parts
    fanout.run([row(1), row(2), row(3, "user.2")])
    with one_step():
        replay.into(socket, {"user.1": ""}, replay.reach("beef-0"))
        fanout.run([row(4)])
    assert [text[-9:-1] for text in link.texts(4)[1:]] == ['"beef-1"', '"beef-2"', '"beef-4"']
    assert members(registry) == {"user.1": {"": {socket}}}


def test_a_row_is_given_to_its_room_in_one_step(parts, socket, link):
    registry, fanout, _ = parts
    registry.join(socket, "user.1", "")
    with one_step():
        fanout.run([row(n) for n in range(1, 200)])
    assert len(link.texts(200)) == 200
    assert fanout.position == "beef-199"


def test_an_access_ends_in_one_step_before_the_next_row(parts, socket, link):
    registry, fanout, _ = parts
    registry.join(socket, "user.1", "")
    ended = row(2, "!access", '{"credential":"session:a","person_id":null,"reason":"role_changed"}')
    with one_step():
        fanout.run([row(1), ended, row(3)])
    assert [text[-9:-1] for text in link.texts(2)[1:]] == ['"beef-1"']
    assert socket.eio.closed
    assert registry.sockets == {}


def test_an_access_that_ends_while_it_is_looked_up_is_found(parts):
    _, fanout, _ = parts
    revocation, as_of = fanout._revocation, (fanout.epoch, fanout.n)
    mine, others = Identity("session:a", 1, Role.CUSTOMER), Identity("session:b", 2, Role.CUSTOMER)
    assert revocation.since(*as_of, mine) is None
    fanout.run([row(1, "!access", '{"credential":null,"person_id":1,"reason":"deactivated"}')])
    assert revocation.since(*as_of, mine) is not None
    assert revocation.since(*as_of, others) is None
    assert revocation.since(fanout.epoch, fanout.n, mine) is None


def test_who_was_looked_up_too_long_ago_has_to_come_back(parts):
    _, fanout, _ = parts
    revocation, me = fanout._revocation, Identity("session:a", 1, Role.CUSTOMER)
    revocation._remembered = 2
    ends = [row(n, "!access", '{"credential":"session:x","person_id":null,"reason":"expired"}') for n in range(1, 5)]
    fanout.run(ends)
    assert revocation.since("beef", 1, me).retry
    assert revocation.since("beef", 2, me) is None
    assert revocation.since("feed", 4, me).retry
