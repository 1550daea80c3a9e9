"""The engine goes round its connections: who is silent for too long, who fails, and nobody else notices."""

from time import monotonic

import gevent
import pytest

from gateway import connection, drain, refusals, websocket
from gateway.connection import Probe
from gateway.engine import Limits
from gateway.websocket import Op
from tests.gateway.link import Link, fill


def test_who_answers_pings_and_asks_for_nothing_is_let_go_of():
    """Stock: it stays for ever."""
    link = Link(Limits(ping_every=0.05, ping_patience=5.0, patience=0.5))
    rounds = gevent.spawn(link.engine.run)
    heard = []
    while (message := link.messages(1)[0])[0] is not Op.CLOSE:
        heard.append(message)
        if message == (Op.TEXT, b"2"):
            link.say("3")
    assert heard.count((Op.TEXT, b"2")) >= 1
    assert message == (Op.CLOSE, refusals.CONNECT_TOO_LATE.code.to_bytes(2))
    assert link.audience.refusals == [refusals.CONNECT_TOO_LATE]
    rounds.kill()
    link.close()


class Broken:
    """A wire that nothing can be done with."""

    direct = None
    pending = 0
    is_open = True

    def write(self, data, key=None):
        raise RuntimeError("broken on purpose")

    def close(self, code):
        raise RuntimeError("broken on purpose")

    def hang_up(self):
        self.is_open = False


def test_a_connection_that_fails_ends_no_round_for_the_others(link):
    """It is ended itself, and its failure is in the log."""
    link.wire, link.connection.wire = link.connection.wire, Broken()
    link.engine.open_polling({}, "address")
    other = link.audience.openings.pop()
    other.polling.taken()
    link.engine.accepted(other)
    link.engine._round(monotonic() + link.engine.limits.ping_every)
    assert link.connection.closed
    assert [*link.engine.connections()] == [other]
    assert other.polling.taken() == connection.PING.text
    link.until(lambda: link.audience.closings == ["transport error"])


def test_a_connection_that_fails_keeps_nobody_from_being_let_go_of_when_a_gateway_stops(link):
    for _ in range(5):
        link.engine.open_polling({}, "address")
    link.wire, link.connection.wire = link.connection.wire, Broken()
    drain.let_go(link.engine)
    assert [*link.engine.connections()] == [link.connection]


@pytest.mark.parametrize(
    "end",
    [
        Probe.too_slow,
        Probe.give_up,
        lambda probe: probe.violated(websocket.Violation(websocket.PROTOCOL_ERROR, "none")),
        lambda probe: probe.received((Op.TEXT, b"2probe")),
    ],
    ids=["too slow", "given up", "violated", "heard"],
)
def test_a_trial_whose_wire_is_gone_can_end(link, end):
    link.connection.probe = Probe(link.connection)
    end(link.connection.probe)
    assert link.connection.probe is None


def test_who_answers_no_ping_is_hung_up_and_nothing_of_it_stays():
    """Stock: its socket, its greenlet and its TCP connection stay until it closes."""
    link = Link(Limits(ping_every=0.05, ping_patience=0.1), buffer=4096)
    rounds = gevent.spawn(link.engine.run)
    fill(link)
    link.until(lambda: not link.wire.is_open)
    link.until(lambda: link.audience.closings == ["ping timeout"])
    assert (len(link.engine), link.engine.greenlets) == (0, 0)
    rounds.kill()
    link.close()
