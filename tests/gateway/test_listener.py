"""The listener: who may open a TCP connection, and what a request may cost before anybody has looked at it."""

import socket
import sys
from contextlib import ExitStack, closing
from ipaddress import ip_network
from time import monotonic
from types import SimpleNamespace

import gevent
import pytest
from gevent.pool import Pool

from app.config import Config
from gateway import listener, refusals
from gateway.door import Door
from gateway.engine import Engine, Limits
from gateway.head import MOST_HEAD, MOST_LINES
from gateway.listener import Listener
from tests.gateway.link import Audience, read
from tests.gateway.rough import UPGRADE, asking, everything, rough

LIVE = b"GET /live HTTP/1.1\r\nHost: x\r\n"
HELLO = b"HTTP/1.1 200 OK"


@pytest.fixture
def backend():
    """The database makes no difference here."""
    return "sqlite"


def hello(_environ, start_response):
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]


@pytest.fixture
def listening():
    """Start a listener inside this process, whose loop runs while the test waits for something."""
    running = []

    def start(application=hello, *, requests=None, per_peer=100, proxies=()):
        engine = Engine(Limits())
        engine.audience = Audience()
        config = Config(env="test", secret_key="", database_url="sqlite://")
        door = Door(application, engine=engine, config=config, closed_because=lambda: None)
        server = Listener(
            ("127.0.0.1", 0),
            door,
            requests=Pool() if requests is None else requests,
            per_peer=per_peer,
            proxies=proxies,
        )
        running.append(server)
        server.start()
        return SimpleNamespace(engine=engine, door=door, server=server, port=server.server_port)

    yield start
    for server in running:
        server.stop(timeout=0)


@pytest.fixture
def clients():
    """Connect, and be closed in the end."""
    with ExitStack() as opened:
        yield lambda gateway: opened.enter_context(closing(rough(gateway)))


def received(client, timeout=5):
    """What has come; nothing: the server closed. The loop runs meanwhile."""
    client.setblocking(False)
    with gevent.Timeout(timeout):
        while True:
            try:
                return client.recv(65536)
            except BlockingIOError:
                gevent.sleep(0.001)


def ask(client):
    client.sendall(LIVE + b"\r\n")
    return received(client)


# -- how many --------------------------------------------------------------------------------------------------------


def test_an_address_may_hold_so_many_connections(listening, clients):
    """Also those that say nothing."""
    here = listening(per_peer=3)
    held = [clients(here) for _ in range(3)]
    gevent.sleep(0.01)
    refused = clients(here)
    assert received(refused).startswith(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n")
    assert received(refused) == b""
    assert here.engine.audience.refusals == [refusals.TOO_MANY_CONNECTIONS]
    assert ask(held[0]).startswith(HELLO)
    # Who goes makes room.
    held[1].close()
    gevent.sleep(0.01)
    assert ask(clients(here)).startswith(HELLO)


def test_who_is_refused_after_it_asked_hears_so_too(listening, clients):
    """Closing with something unread is an RST, and the answer may be lost by it."""
    here = listening(per_peer=0)
    client = clients(here)
    client.sendall(LIVE + b"\r\n")
    assert received(client).startswith(b"HTTP/1.1 503 ")
    assert received(client) == b""


def test_a_proxy_that_is_trusted_holds_the_connections_of_everybody(listening, clients):
    here = listening(per_peer=1, proxies=(ip_network("127.0.0.0/8"),))
    assert all(ask(client).startswith(HELLO) for client in [clients(here) for _ in range(5)])


def test_nothing_is_kept_of_an_address_that_has_gone(listening, clients):
    here = listening()
    client = clients(here)
    ask(client)
    assert here.server._held == {"127.0.0.1": 1}
    client.close()
    gevent.sleep(0.01)
    assert here.server._held == {}


def test_all_together_may_hold_so_many_connections(listening, clients):
    here = listening(requests=Pool(2))
    first, second, third = (clients(here) for _ in range(3))
    gevent.sleep(0.01)
    third.sendall(LIVE + b"\r\n")
    with pytest.raises(gevent.Timeout):
        received(third, timeout=0.1)
    assert ask(second).startswith(HELLO)
    first.close()
    assert received(third).startswith(HELLO)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the kernel lets few wait")
def test_a_crowd_that_comes_at_once_waits_in_the_kernel(listening):
    """While the loop does not turn; who finds no room there tries again after a second, and then after three."""
    here = listening(per_peer=1_000)
    with ExitStack() as crowd:
        for _ in range(400):
            crowd.enter_context(socket.create_connection(("127.0.0.1", here.port), timeout=0.5))


def test_a_connection_serves_so_many_requests(listening, clients, monkeypatch):
    monkeypatch.setattr(listener, "MOST_REQUESTS", 3)
    client = clients(listening())
    answers = [ask(client) for _ in range(3)]
    assert [b"Connection: close" in answer for answer in answers] == [False, False, True]
    assert received(client) == b""


# -- how large -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        LIVE + b"X: " + b"x" * MOST_HEAD,
        LIVE + b"X-Y: z\r\n" * MOST_LINES,
        LIVE + (b"X: " + b"x" * 1000 + b"\r\n") * 17,
    ],
    ids=["an endless line", "many lines", "long lines"],
)
def test_a_head_that_is_too_large_is_refused_before_its_end(gateway, head):
    """None of these has one."""
    with closing(rough(gateway, head)) as client:
        assert everything(client).startswith(b"HTTP/1.1 431 ")


def test_a_head_that_is_just_not_too_large_is_served(gateway):
    line = b"X: %s\r\n\r\n"
    rest = MOST_HEAD - len(LIVE) - len(line % b"")
    with closing(rough(gateway, LIVE, line % (b"x" * rest))) as client:
        assert client.recv(100).startswith(HELLO)
    with closing(rough(gateway, LIVE, b"X: y\r\n" * (MOST_LINES - 2), b"\r\n")) as client:
        assert client.recv(100).startswith(HELLO)


def test_a_poll_that_waits_keeps_no_headers(listening):
    here = listening()
    sid = here.engine.open_polling({}, "address").partition('"sid":"')[2].partition('"')[0]
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/socket.io/",
        "QUERY_STRING": f"EIO=4&transport=polling&sid={sid}",
        "HTTP_COOKIE": "x" * 10_000,
        "HTTP_X": "x",
    }
    poll = gevent.spawn(here.door, environ, lambda *_: None)
    gevent.sleep(0.01)
    assert not [name for name in environ if name.startswith("HTTP_")]
    assert not poll.ready()
    here.engine.connection(sid).close()
    assert poll.get(timeout=5)


# -- how slow --------------------------------------------------------------------------------------------------------


def test_a_request_that_comes_byte_by_byte_is_read_in_few_reads(listening, clients, monkeypatch):
    reads = []

    class Counted(listener._Unhurried):
        def readinto(self, buffer):
            reads.append(size := super().readinto(buffer))
            return size

    monkeypatch.setattr(listener, "_Unhurried", Counted)
    client, began = clients(listening()), monotonic()
    for byte in LIVE + b"X: " + b"x" * 400 + b"\r\n\r\n":
        client.send(bytes((byte,)))
        gevent.sleep(0.0005)
    assert received(client).startswith(HELLO)
    assert sum(reads) > 400
    assert len(reads) <= listener.MOST_READS + (monotonic() - began) / listener.BREATHER + 2


def test_an_answer_that_nobody_reads_is_not_kept(listening, clients, monkeypatch):
    """Its greenlet ends, and the connection with it."""
    monkeypatch.setattr(listener, "READ_WITHIN", 0.2)
    answers = [b"x" * 100_000] * 100

    def much(_environ, start_response):
        start_response("200 OK", [("Content-Length", str(sum(map(len, answers))))])
        return answers

    requests = Pool()
    client = clients(listening(much, requests=requests))
    client.sendall(LIVE + b"\r\n")
    gevent.sleep(0.05)
    assert len(requests) == 1
    assert requests.join(timeout=10)


def test_a_handshake_is_two_sends(cast, gateway):
    """One for the answer and the open packet, one for CONNECT and `ready`."""
    with closing(rough(gateway, UPGRADE)) as client:
        answer, _, packets = client.recv(4096).partition(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert [payload[:2] for _, payload in read(packets)] == [b"0{"]
        client.sendall(asking(cast.customer))
        assert [payload[:2] for _, payload in read(client.recv(4096))] == [b"40", b"42"]
