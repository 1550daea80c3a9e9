"""Writing to real TCP connections: order, caps, nothing left when they end. Reading is in test_wire_reading.py."""

import gc
import os
import random

import gevent
import pytest

from gateway import refusals, websocket, wire
from gateway.connection import Connection
from gateway.transport import Audience, Frame
from gateway.websocket import Op
from gateway.wire import Waiting, Wire
from tests.gateway.link import Link, fill, masked, read


@pytest.fixture
def narrow():
    """A link whose client gets its welcome, and whose kernel keeps little."""
    link = Link(buffer=4096)
    link.messages(1)
    yield link
    link.close()


def deliver(link, *frames):
    audience = Audience()
    audience.add(OneSocket(link.connection))
    for frame in frames:
        audience.deliver(frame)


class OneSocket:
    """What an audience looks at of a socket."""

    def __init__(self, connection):
        self.eio = connection


# -- writing ---------------------------------------------------------------------------------------------------------


ways = pytest.mark.parametrize(
    "send", [lambda link, *frames: [*map(link.connection.send, frames)], deliver], ids=["send", "deliver"]
)


@ways
def test_partial_writes_keep_order_and_bytes(narrow, send):
    dice = random.Random(7)
    frames = [Frame(f"4{n}:" + chr(97 + n % 26) * dice.choice([0, 5, 300, 5_000, 50_000])) for n in range(60)]
    received = b""
    for frame in frames:
        send(narrow, frame)
        if dice.random() < 0.3:
            received += narrow.receive(dice.choice([1, 100, 10_000]))
    assert narrow.connection.pending > 0
    expected = b"".join(frame.wire for frame in frames)
    while len(received) < len(expected):
        received += narrow.receive()
    assert received == expected


def test_who_reads_again_gets_everything_and_is_sent_to_directly_again(narrow):
    sent = fill(narrow)
    deliver(narrow, *(frames := [Frame(f"4{n}") for n in range(100)]))
    assert narrow.wire.direct is None
    assert narrow.texts(len(sent) + 100) == [frame.text for frame in sent + frames]
    narrow.until(lambda: narrow.wire.direct is not None)
    assert narrow.connection.pending == 0
    deliver(narrow, last := Frame("4last"))
    assert narrow.connection.pending == 0
    assert narrow.texts(1) == [last.text]


def test_who_stops_reading_is_capped_and_let_go_of(narrow):
    fill(narrow)
    descriptor = narrow.wire._socket.fileno()
    frame, most = Frame("4" + "x" * 10_000), 0
    while not narrow.connection.closed:
        most = max(most, narrow.connection.pending)
        deliver(narrow, frame)
    assert wire.MOST_PENDING - len(frame.wire) <= most <= wire.MOST_PENDING
    assert narrow.audience.refusals == [refusals.TOO_SLOW]
    assert not narrow.wire.is_open
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    assert (narrow.connection.pending, narrow.wire.pending) == (0, 0)
    narrow.until(lambda: narrow.audience.closings)
    narrow.close()
    assert narrow.audience.closings == ["transport error"]


def test_a_newer_frame_takes_the_place_of_an_older_with_its_key(narrow):
    sent = fill(narrow)
    deliver(narrow, Frame("4a1", "a"), Frame("4-"), Frame("4b1", "b"), Frame("4a2", "a"), Frame("4b2", "b"))
    pending = narrow.connection.pending
    deliver(narrow, *(Frame(f"4a{n}", "a") for n in range(3, 10)))
    assert narrow.connection.pending == pending
    assert narrow.texts(len(sent) + 3)[len(sent) :] == ["4a9", "4-", "4b2"]


@ways
def test_a_frame_with_a_key_is_not_torn_once_it_has_begun(narrow, send):
    """The kernel takes a part of it: its rest goes out, and the newer one follows."""
    sent = []
    while narrow.connection.pending == 0:
        sent.append(Frame(f"4{len(sent)}" + "x" * 60_000, "position"))
        send(narrow, sent[-1])
    # The last one has begun, or the kernel took nothing of it: then it may be replaced.
    has_begun = narrow.connection.pending < len(sent[-1].wire)
    send(narrow, Frame("4newer", "position"), newest := Frame("4newest", "position"))
    kept = sent if has_begun else sent[:-1]
    assert narrow.texts(len(kept) + 1) == [frame.text for frame in [*kept, newest]]


@ways
def test_a_frame_with_a_key_that_has_not_begun_is_replaced(link, monkeypatch, send):
    """The kernel is full to the last byte."""

    def full(_data):
        raise BlockingIOError

    link.messages(1)
    link.wire.direct = full
    monkeypatch.setattr(Wire, "_sent", lambda _wire, _data: 0)
    send(link, Frame("4older", "position"), Frame("4newer", "position"))
    monkeypatch.undo()
    assert link.connection.pending == len(Frame("4newer").wire)
    assert link.texts(1) == ["4newer"]


def test_what_is_about_to_be_written_is_not_replaced():
    waiting = Waiting()
    waiting.add(b"old", "key")
    assert waiting.first() == b"old"
    waiting.add(b"new", "key")
    waiting.add(b"newest", "key")
    waiting.written(1)
    assert (waiting.size, waiting.first()) == (8, b"ld")
    waiting.written(2)
    assert (waiting.size, waiting.first()) == (6, b"newest")
    waiting.written(6)
    assert (waiting.size, waiting.first()) == (0, None)


@ways
def test_what_is_gathered_is_one_send_in_order(link, monkeypatch, send):
    link.messages(1)
    sends = []
    kernel = Wire._sent
    monkeypatch.setattr(Wire, "_sent", lambda wire, data: sends.append(data) or kernel(wire, data))
    link.connection.gather()
    send(link, one := Frame("4one"), two := Frame("4two", "key"))
    assert (sends, link.connection.pending) == ([], len(one.wire + two.wire))
    assert link.texts(2) == ["4one", "4two"]
    assert sends == [one.wire + two.wire]
    assert link.wire.direct is not None


def test_what_is_gathered_for_who_does_not_read_waits_behind_the_rest(narrow):
    sent = fill(narrow)
    narrow.connection.gather()
    narrow.connection.send(Frame("4last"))
    assert narrow.texts(len(sent) + 1)[-1] == "4last"


def test_what_the_kernel_does_not_take_of_it_follows(narrow):
    frames = [Frame(f"4{n}" + "x" * 60_000) for n in range(10)]
    narrow.connection.gather()
    deliver(narrow, *frames)
    gevent.sleep(0)
    assert narrow.connection.pending > 0
    assert narrow.texts(10) == [frame.text for frame in frames]


def test_the_farewell_follows_what_was_gathered(link):
    link.messages(1)
    link.connection.gather()
    link.connection.send(frame := Frame("4last"))
    link.connection.close(refusals.DRAINING)
    assert link.rest() == frame.wire + websocket.farewell(refusals.DRAINING.code)


def test_who_is_hung_up_on_is_sent_nothing_that_was_gathered(link):
    link.messages(1)
    link.connection.gather()
    link.connection.send(Frame("4last"))
    link.wire.hang_up()
    assert link.rest() == b""


# -- ending ----------------------------------------------------------------------------------------------------------


def test_the_farewell_follows_what_waited(narrow):
    sent = fill(narrow)
    narrow.connection.close(refusals.DRAINING)
    assert narrow.wire.is_open
    farewell = websocket.farewell(refusals.DRAINING.code)
    assert narrow.rest() == b"".join(frame.wire for frame in sent) + farewell
    # It has had its last bytes, and closes: so do we, before the time is out.
    narrow.client.close()
    narrow.until(lambda: not narrow.wire.is_open, timeout=wire.FAREWELL / 2)


@pytest.mark.parametrize("is_full", [True, False])
def test_who_does_not_close_is_hung_up(monkeypatch, is_full):
    monkeypatch.setattr(wire, "FAREWELL", 0.1)
    link = Link(buffer=4096)
    if is_full:
        fill(link)
    link.connection.close()
    assert link.wire.is_open
    link.until(lambda: not link.wire.is_open)
    assert link.wire.pending == 0
    link.close()


def test_nothing_is_heard_or_sent_after_closing(link):
    link.connection.close()
    link.say("4a", "4b")
    link.client.sendall(b"\xff" * 10)
    link.connection.send(Frame("4more"))
    link.wire.write(Frame("4more").wire)
    assert read(link.rest())[1:] == [(Op.CLOSE, websocket.GOING_AWAY.to_bytes(2))]
    link.client.close()
    link.until(lambda: not link.wire.is_open)
    assert (link.audience.messages, link.audience.closings) == ([], ["server disconnect"])


def test_a_client_that_vanishes_ends_once(link):
    link.reset()
    link.until(lambda: link.audience.closings)
    for _ in range(3):
        deliver(link, Frame("4x"))
        link.connection.close()
        link.wire.hang_up()
    link.until(lambda: link.engine.greenlets == 0)
    assert len(link.audience.closings) == 1
    assert len(link.engine) == 0


def test_a_client_that_vanishes_is_noticed_by_the_next_delivery(link):
    """Before the loop has told so."""
    link.reset()
    deliver(link, Frame("4x"), Frame("4x"))
    assert link.connection.closed
    link.until(lambda: link.engine.greenlets == 0)
    assert len(link.audience.closings) == 1


def test_a_client_that_vanishes_under_its_welcome_leaves_no_watcher(monkeypatch):
    """Its descriptor's number may be somebody else's by then, who would be read from in its name."""

    wires = []

    def broken(self, data):
        wires.append(self)
        self.broken(BrokenPipeError("gone"))

    monkeypatch.setattr(Wire, "_sent", broken)
    link = Link(early=masked(Op.TEXT, b"4a"))
    assert [(wire.is_open, wire._reading.active) for wire in wires] == [(False, False)]
    link.until(lambda: link.audience.closings)
    link.close()
    assert link.audience.messages == []


def test_a_client_that_closes_is_answered_and_ends_once(link):
    link.messages(1)
    link.client.sendall(masked(Op.CLOSE, (1001).to_bytes(2)) + masked(Op.TEXT, b"4late"))
    assert link.messages(1) == [(Op.CLOSE, websocket.NORMAL.to_bytes(2))]
    assert link.receive() == b""
    link.client.close()
    link.until(lambda: not link.wire.is_open)
    assert link.audience.closings == ["closed by the client"]
    assert link.audience.messages == []


def live(end):
    link = Link()
    link.say("4a")
    link.until(lambda: link.audience.messages)
    end(link)
    link.until(lambda: link.audience.closings)
    link.close()
    link.until(lambda: link.engine.greenlets == 0)


def test_a_connection_that_is_over_leaves_nothing_behind():
    """No reference cycle keeps it, its buffers and its watchers until the collector comes round."""
    gc.collect()
    gc.disable()
    try:
        kept = len([each for each in gc.get_objects() if isinstance(each, Connection | Wire)])
        for end in (Link.reset, lambda link: link.connection.close(), lambda link: link.connection.too_slow()):
            live(end)
            left = [each for each in gc.get_objects() if isinstance(each, Connection | Wire)]
            assert len(left) == kept, gc.get_referrers(*left)
    finally:
        gc.enable()
