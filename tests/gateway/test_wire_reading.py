"""Reading from real TCP connections: one message at a time, few reads, and no more than is allowed."""

import random
from contextlib import suppress
from time import monotonic

import gevent
import pytest
from gevent.event import Event

from gateway import connection, refusals, websocket, wire
from gateway.websocket import Op
from gateway.wire import Wire
from tests.gateway.link import Link, masked, read


def test_messages_are_worked_on_one_at_a_time_and_in_order(link):
    """Stock: a greenlet for every message, two of which may overtake each other."""
    at_work, order, dice = [], [], random.Random(7)

    def work(data):
        assert at_work == []
        at_work.append(data)
        gevent.sleep(dice.choice([0, 0.001, 0.002]))
        order.append(data)
        at_work.clear()

    link.audience.on_message = work
    link.say(*(f"4{n}" for n in range(50)))
    link.until(lambda: len(order) == 50)
    assert order == [str(n) for n in range(50)]


def test_a_client_that_is_ahead_is_not_read_from(link):
    done, order = Event(), []

    def work(data):
        done.wait()
        order.append(data)

    link.audience.on_message = work
    link.say(*(f"4{n}" for n in range(50)))
    link.until(lambda: not link.wire._reading.active)
    waiting = len(link.connection._inbox)
    link.say(*(f"4{n}" for n in range(50, 100)))
    gevent.sleep(0.05)
    assert len(link.connection._inbox) == waiting < 50
    done.set()
    link.until(lambda: len(order) == 100)
    assert order == [str(n) for n in range(100)]
    assert link.wire._reading.active


@pytest.fixture
def reads(monkeypatch):
    """Grows with each time that the loop is woken to read from a wire."""
    found, stock = [], Wire._readable

    def counted(self):
        found.append(self)
        stock(self)

    monkeypatch.setattr(Wire, "_readable", counted)
    return found


def dribble(link, data):
    """Send it byte by byte; the loop turns after each, and looks who has something to read."""
    for byte in data:
        link.client.send(bytes((byte,)))
        gevent.sleep(0.0005)


def test_what_comes_byte_by_byte_is_read_in_few_reads(reads):
    link, began = Link(), monotonic()
    dribble(link, masked(Op.TEXT, b"4" + b"x" * 400))
    link.until(lambda: link.audience.messages == ["x" * 400])
    assert len(reads) <= wire.MOST_READS + (monotonic() - began) / wire.BREATHER + 2
    # Who has said something may speak at once again.
    before = len(reads)
    for n in range(5):
        link.say(f"4{n}")
        link.until(lambda n=n: link.audience.messages[-1] == str(n))
    assert len(reads) == before + 5
    link.close()


def test_who_was_let_go_of_wakes_nobody_byte_by_byte(reads):
    link, began = Link(), monotonic()
    link.connection.close()
    with suppress(ConnectionError):
        dribble(link, b"x" * 400)
    assert len(reads) <= wire.MOST_READS + (monotonic() - began) / wire.BREATHER + 2
    link.wire.hang_up()
    assert link.wire._breather is None
    link.close()


def test_what_came_with_the_handshake_is_heard():
    link = Link(early=masked(Op.TEXT, b"4early") + masked(Op.TEXT, b"4and")[:4])
    link.until(lambda: link.audience.messages == ["early"])
    link.close()


@pytest.mark.parametrize("op", [Op.TEXT, Op.BINARY, Op.PING, Op.PONG], ids=lambda op: op.name)
def test_a_client_that_says_too_much_is_let_go_of(link, op):
    """Pings, too: each costs an answer."""
    link.messages(1)
    link.client.sendall(masked(op, b"6") * (connection.BURST + 50))
    link.until(lambda: link.audience.closings)
    assert link.audience.refusals == [refusals.TOO_FAST]
    assert len(link.audience.messages) <= connection.BURST
    answers = read(link.rest())
    assert answers.pop() == (Op.CLOSE, refusals.TOO_FAST.code.to_bytes(2))
    assert answers == ([(Op.PONG, b"6")] * connection.BURST if op is Op.PING else [])


BREACHES = {
    "no frame of a client": (bytes((0x81, 0x00)), websocket.PROTOCOL_ERROR),
    "no text": (masked(Op.TEXT, b"4\xff"), websocket.NOT_TEXT),
    "too big": (bytes((0x81, 0xFF)) + (1 << 30).to_bytes(8), websocket.TOO_BIG),
    "no packet": (masked(Op.TEXT, b"hello"), websocket.GOING_AWAY),
}


@pytest.mark.parametrize(("sent", "code"), BREACHES.values(), ids=BREACHES)
def test_a_breach_closes_at_once_with_its_number(link, sent, code):
    """And what came before it was heard."""
    link.messages(1)
    link.client.sendall(masked(Op.TEXT, b"4a") + sent + masked(Op.TEXT, b"4b"))
    assert read(link.rest()) == [(Op.CLOSE, code.to_bytes(2))]
    link.until(lambda: link.audience.closings == ["transport error"])
    assert link.audience.refusals == [refusals.PACKET_MALFORMED]
    assert link.audience.messages in ([], ["a"])
