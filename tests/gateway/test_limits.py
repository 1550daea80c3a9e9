"""What bad clients may do, and what they are told: limits and refusals, against the real process."""

import json
import socket
from collections.abc import Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from types import SimpleNamespace

import pytest
import requests
import websocket

from app.contract import rooms
from app.contract.identity import Identity, Role
from gateway import refusals
from gateway.clients import Clients
from gateway.connection import BURST
from gateway.engine import Engine, Limits
from gateway.metrics import Metrics
from gateway.registry import Registry
from gateway.server import per_peer
from gateway.surface import Surface
from gateway.websocket import TOO_BIG, Op
from tests.factories import token_of
from tests.gateway.link import masked, read
from tests.gateway.process import Gateway
from tests.gateway.rough import HEAD, POLLING, UPGRADE, Poller, asking, eventually, everything, reset, rough
from tests.gateway.rows import numbers, write
from tests.gateway.screen import Screen
from tests.gateway.sockets import socket_of


@pytest.fixture
def backend():
    """The database makes no difference here."""
    return "sqlite"


# -- limits ----------------------------------------------------------------------------------------------------------


def test_a_frame_of_a_gigabyte_is_refused_from_its_header(gateway):
    """Trap: stock reads a frame to its end before it looks at its size."""
    with closing(rough(gateway, UPGRADE, bytes((0x81, 0xFF)) + (1 << 30).to_bytes(8))) as client:
        assert read(everything(client).partition(b"\r\n\r\n")[2])[-1] == (Op.CLOSE, TOO_BIG.to_bytes(2))


@pytest.mark.parametrize("length", [b"1073741824", b"16385"])
def test_a_body_of_a_gigabyte_is_refused_from_its_header(gateway, length):
    poller = Poller(gateway)
    path = poller.url.removeprefix(gateway.http).encode()
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\n\r\n" % (path, length)
    with closing(rough(gateway, head)) as client:
        assert client.recv(4096).startswith(b"HTTP/1.1 400 ")
        assert poller.get()[0] == 400


def test_who_says_too_much_is_let_go_of(cast, gateway):
    before = gateway.metric("refusals_total", code=str(refusals.TOO_FAST.code))
    flood = masked(Op.TEXT, b'42["nonsense",{}]') * (BURST + 100)
    with closing(rough(gateway, UPGRADE, asking(cast.vendor), flood)) as client:
        heard = read(everything(client).partition(b"\r\n\r\n")[2])
        assert heard[-1] == (Op.CLOSE, refusals.TOO_FAST.code.to_bytes(2))
        assert (Op.TEXT, b"41") not in heard
    poller = Poller(gateway)
    body = "\x1e".join(['42["nonsense",{}]'] * 60)
    assert [poller.post(body) for _ in range(5)][-1] == 400
    assert gateway.metric("refusals_total", code=str(refusals.TOO_FAST.code)) == before + 2


@pytest.fixture
def strict_gateway(app):
    """One that gives little to each."""
    config = replace(app.config["PASSLINE"], connections_per_address=4, connections_per_person=2)
    gateway = Gateway(config).start()
    yield gateway
    assert "Traceback" not in gateway.logged()
    gateway.remove()


def test_an_address_and_a_person_may_have_so_many_connections(cast, strict_gateway):
    gateway = strict_gateway
    with ExitStack() as screens:

        def connect(person):
            return screens.enter_context(Screen(gateway.port, {"token": token_of(person)}))

        first, second = connect(cast.vendor), connect(cast.vendor)
        for each in (first, second):
            each.ready()
        # A third of the same person: not for good, and not at the cost of the others.
        third = connect(cast.vendor)
        third.until_closed()
        assert not third.disconnected
        assert gateway.metric("refusals_total", code=str(refusals.TOO_MANY_OF_ONE.code)) == 1
        connect(cast.colleague).ready()
        connect(cast.customer).ready()
        # A fifth of the same address.
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            connect(cast.outsider)
        assert refused.value.status_code == 503
        answer = gateway.get(f"/socket.io/?{POLLING}")
        assert (answer.status_code, answer.json()) == (503, refusals.TOO_MANY_CONNECTIONS.data)
        assert answer.headers["Retry-After"]
        # Who goes makes room, for its address and for its person.
        first.close()
        eventually(lambda: gateway.metric("connections") == 3)
        connect(cast.vendor).ready()


@pytest.mark.parametrize(
    ("sockets", "of", "most"),
    [(1, 10_000, 4), (4, 10_000, 16), (1_000, 10_000, 2_500), (1_000_000, 10_000, 2_500), (1_000, 32, 16)],
)
def test_an_address_has_room_for_upgrades_and_never_takes_that_of_all_others(sockets, of, most):
    assert per_peer(sockets, of=of) == most


def test_who_opens_too_many_connections_at_an_address_is_told_to_come_back(strict_gateway):
    with ExitStack() as opened:
        clients = [opened.enter_context(closing(rough(strict_gateway))) for _ in range(per_peer(4, of=10_000) + 1)]
        said = everything(clients[-1])
        assert said.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: " in said


# -- what is no protocol ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_malformed_packet_takes_its_client_out_of_its_rooms_at_once(cast, gateway, screen, transport):
    """Trap: in stock it kills the reader, and the sid stays in its rooms until the ping timeout."""
    before = gateway.metric("connections"), gateway.metric("rooms")
    if transport == "websocket":
        vendor = screen(cast.vendor)
        vendor.ready()
        vendor.send("42{}")
        vendor.until_closed()
    else:
        poller = Poller(gateway)
        poller.connect(cast.vendor)
        assert (gateway.metric("connections"), gateway.metric("rooms")) > before
        assert poller.post("42{}") in (200, 400)
    eventually(lambda: (gateway.metric("connections"), gateway.metric("rooms")) == before, timeout=5)


def test_who_is_refused_between_two_polls_is_told_why(gateway):
    poller = Poller(gateway)
    assert poller.post('40{"token":"wrong"}') == 200
    eventually(lambda: gateway.metric("greenlets") == 1)
    status, said = poller.get()
    assert (status, json.loads(said.removeprefix("44"))["data"]) == (200, refusals.TOKEN_UNKNOWN.data)
    assert poller.get()[0] == 400


NO_REQUESTS = {
    "noise": b"\x00\xff\xfe" * 50,
    "no version": b"GET /live\r\n",
    "a wrong version": b"GET /live HTTP/7.5\r\n\r\n",
    "an endless line": b"GET /" + b"x" * 20_000,
    "a hundred headers": b"GET /live HTTP/1.1\r\n" + b"X-Y: z\r\n" * 120 + b"\r\n",
    "a header without a colon": b"GET /live HTTP/1.1\r\nnonsense\r\n\r\n",
    "half a head": b"GET /live HTTP/1.1\r\nHost: x\r\nX-",
    "a length that is none": HEAD + b"Content-Length: many\r\n\r\n",
    "a negative length": HEAD + b"Content-Length: -5\r\n\r\n",
    "a body that breaks off": HEAD + b"Content-Length: 100\r\n\r\n4",
    "chunks that are none": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "chunks without end": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 100,
    "a key that is no base64": UPGRADE.replace(b"MDEyMzQ1Njc4OWFiY2RlZg==", b"YWJjZ"),
    "a key of another length": UPGRADE.replace(b"MDEyMzQ1Njc4OWFiY2RlZg==", b"YQ=="),
    "no key": UPGRADE.replace(b"Sec-WebSocket-Key", b"X-Key"),
    "another version of WebSocket": UPGRADE.replace(b": 13", b": 3"),
    "no upgrade": UPGRADE.replace(b"Connection: Upgrade", b"Connection: close"),
    "an upgrade with a body": UPGRADE.replace(b"Host: x\r\n", b"Host: x\r\nContent-Length: 5\r\n"),
    "an upgrade of HTTP 1.0": UPGRADE.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "half a frame": UPGRADE + masked(Op.TEXT, b"40{}")[:5],
    "a frame that is none": UPGRADE + b"\x00" * 50,
}


@pytest.mark.parametrize("end", [socket.socket.close, reset], ids=["closed", "reset"])
def test_what_is_no_request_is_no_error_of_ours(gateway, end):
    """Each is sent whole; some wait for an answer, others vanish at once. The gateway fixture looks for tracebacks."""
    # What other tests had it write stands there already.
    before = len(gateway.logged())
    for said in NO_REQUESTS.values():
        # Over a connection that there is, where it names one.
        said = said.replace(b"%s", Poller(gateway).url.rpartition("=")[2].encode())
        end(rough(gateway, said))
        with closing(rough(gateway, said)) as client, suppress(ConnectionResetError):
            client.shutdown(socket.SHUT_WR)
            everything(client)
    eventually(lambda: gateway.metric("greenlets") == 1, timeout=20)
    # Nor is it written down.
    written = gateway.logged()[before:]
    assert "X-Y" not in written
    assert "Invalid" not in written


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost.evil.example"])
def test_a_foreign_page_gets_in_by_no_way(gateway, origin):
    """Neither by a first request nor by one that names a connection of somebody's."""
    poller = Poller(gateway)
    path = poller.url.removeprefix(gateway.http)
    for query in (f"/socket.io/?{POLLING}", path, path.replace("polling", "websocket")):
        answer = gateway.get(query, headers={"Origin": origin, "Connection": "Upgrade", "Upgrade": "websocket"})
        assert answer.status_code == 403, query
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert requests.post(poller.url, "41", headers={"Origin": origin}, timeout=8).status_code == 403
    assert requests.options(poller.url, headers={"Origin": origin}, timeout=8).status_code == 403
    assert poller.post('40{"token":"wrong"}') == 200


# -- before and after acceptance -------------------------------------------------------------------------------------


def test_nothing_is_done_or_sent_before_acceptance(cast, gateway, screen):
    """Trap: stock sends what has no room to clients that are not accepted yet."""
    room, admin = rooms.ADMIN_ORDERS, screen(cast.admin)
    admin.ready()
    before = gateway.metric("accepted_total"), gateway.metric("connections")
    silent, refused = screen(ask=False), screen(auth={"token": "wrong"})
    for event in ("subscribe", "seen", "unsubscribe", "nonsense"):
        silent.send(f'42["{event}",{{"channel":"{room}"}}]')
        silent.send(f'427["{event}",{{"channel":"{room}"}}]')
    silent.send("43[]")
    refused.answer()
    write(room, 1)
    write(rooms.user(cast.admin.id), 2)
    assert numbers([admin.event(), admin.event()]) == [1, 2]
    admin.beat()
    assert silent.listen(0.1) == []
    assert silent.frames == []
    assert [frame[:2] for frame in refused.frames] == ["44"]
    assert (gateway.metric("accepted_total"), gateway.metric("connections")) == before


def test_an_emit_without_a_room_is_refused():
    with pytest.raises(RuntimeError, match="written to the log"):
        Clients(lambda sid, eio_sid: None).emit("event", {}, "/")


class Untouched(dict):
    """Rooms that may be looked up, and not gone through."""

    def __iter__(self):
        raise AssertionError("all rooms were gone through")

    keys = values = items = __iter__


def test_a_disconnect_costs_its_own_rooms_alone():
    """Trap: stock scans every room of the namespace."""
    registry = Registry()
    assert isinstance(Untouched(), Mapping)
    registry.rooms = Untouched()
    one, other = (socket_of(Identity(f"session:{n}", n, Role.ADMIN), None, str(n)) for n in (1, 2))
    for each in (one, other):
        registry.add(each)
        for room in ("a", "b", str(each)):
            registry.join(each, room, "")
    registry.remove(one)
    clients = Clients(lambda sid, eio_sid: None)
    clients.disconnect("nobody", "/")
    assert set(registry.rooms["a"][""]) == {other}
    assert len(registry.rooms) == 3


def test_of_a_request_only_what_its_client_may_be_known_by_is_kept():
    """And it until acceptance alone."""
    kept = {}
    surface = Surface(Engine(Limits()), SimpleNamespace(_handle_eio_connect=kept.__setitem__), None, Metrics())
    known_by = {"HTTP_COOKIE": "c", "HTTP_ORIGIN": "o", "HTTP_HOST": "h", "HTTP_SEC_FETCH_SITE": "none"}
    surface.opened(SimpleNamespace(sid="sid"), {**known_by, "HTTP_X": "x" * 10_000, "wsgi.input": object()})
    assert {name: value for name, value in kept["sid"].items() if name.startswith("HTTP_")} == known_by
    assert "wsgi.input" not in kept["sid"]


def test_who_is_refused_when_gone_already_is_not_remembered():
    engine = Engine(Limits())
    surface = Surface(engine, SimpleNamespace(), None, Metrics())
    surface.refused("gone")
    assert surface._refused == set()
