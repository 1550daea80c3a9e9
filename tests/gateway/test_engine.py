"""Connections that misbehave: refused at the door, closed cleanly, never a traceback in the log (see `gateway`)."""

import json
import socket
from time import monotonic

import pytest
import requests
import websocket

from gateway import refusals
from gateway.engine import Limits
from tests.gateway.screen import Screen

MOST_BYTES = Limits().message


@pytest.fixture
def backend():
    """The database makes no difference here."""
    return "sqlite"


MALFORMED = (
    "4",
    "42",
    "42{}",
    "42[]",
    "42[7]",
    '42["disconnect"]',
    '42["connect"]',
    "4nonsense",
    "49",
    '451-["x",{"_placeholder":true,"num":0}]',
    '42["x"',
    "42" + "[" * 9000,
    "40[1]",
    '44{"message":"no"}',
    "x",
    "42" + "9" * 200 + '["x"]',
)
HANDSHAKE = "/socket.io/?EIO=4&transport=polling"


def handshake(gateway):
    return json.loads(gateway.get(HANDSHAKE).text[1:])["sid"]


def test_a_malformed_packet_closes_the_connection_at_once(cast, gateway, screen):
    connections = gateway.metric("connections")
    for packet in MALFORMED:
        vendor = screen(cast.vendor)
        vendor.ready()
        vendor.send(packet)
        vendor.until_closed(2)
        assert not vendor.disconnected
    assert gateway.metric("connections") == connections


def test_an_empty_or_binary_frame_closes_the_connection(cast, gateway, screen):
    for send in (lambda ws: ws.send(""), lambda ws: ws.send_binary(b"\x00\xff"), lambda ws: ws.send_binary(b"")):
        vendor = screen(cast.vendor)
        vendor.ready()
        send(vendor._ws)
        vendor.until_closed(2)


def test_a_frame_that_is_too_large_closes_the_connection(cast, gateway, screen):
    vendor = screen(cast.vendor)
    vendor.ready()
    vendor.send("42" + json.dumps(["subscribe", {"channel": "x" * MOST_BYTES}]))
    vendor.until_closed(2)


def test_a_client_that_asks_twice_is_refused(cast, screen):
    vendor = screen(cast.vendor)
    vendor.ready()
    vendor.answer()
    vendor.send("40")
    assert vendor.answer().startswith("44")


def test_another_namespace_does_not_exist(cast, screen):
    vendor = screen(ask=False)
    vendor.send("40/admin,")
    assert vendor.answer().startswith("44/admin,")


def test_a_client_that_leaves_and_returns_over_one_connection_is_asked_for_a_new_one(cast, screen):
    vendor = screen(cast.vendor)
    vendor.ready()
    vendor.answer()
    vendor.send("41")
    vendor.send("40")
    vendor.until_closed(2)
    assert not vendor.disconnected


def test_who_keeps_it_waiting_is_let_go_of_after_ten_seconds(gateway):
    """One connects and never sends CONNECT, another's headers never end."""
    silent, began = Screen(gateway.port, ask=False), monotonic()
    with socket.create_connection(("127.0.0.1", gateway.port)) as slow:
        slow.settimeout(14)
        slow.sendall(b"GET /live HTTP/1.1\r\nHost: x\r\n")
        assert slow.recv(100) == b""
        assert 9 < monotonic() - began < 13
    silent.until_closed(3)
    assert not silent.disconnected
    silent.close()


def test_a_refused_client_is_let_go_of(gateway):
    with Screen(gateway.port) as refused:
        refused.answer()
        refused.until_closed(2)


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_a_foreign_origin_is_refused_at_the_handshake(gateway, transport):
    headers = {"Origin": "http://evil.example"}
    if transport == "websocket":
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            Screen(gateway.port, origin=headers["Origin"])
        assert refused.value.status_code == 403
        assert json.loads(refused.value.resp_body) == refusals.ORIGIN_REFUSED.data
    else:
        answer = gateway.get(HANDSHAKE, headers=headers)
        assert (answer.status_code, answer.json()) == (403, refusals.ORIGIN_REFUSED.data)


def test_an_origin_of_ours_gets_the_headers_that_browsers_ask_for(gateway):
    answer = gateway.get(HANDSHAKE, headers={"Origin": "http://localhost"})
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


def test_a_malformed_polling_body_closes_the_connection(gateway):
    for body in ("4x", "x", "2" * (MOST_BYTES + 1), "\x1e".join(["3"] * 100), "bAAAA", "ä"):
        url = f"{gateway.http}{HANDSHAKE}&sid={handshake(gateway)}"
        requests.post(url, data=body.encode(), timeout=5)
        requests.get(url, timeout=5)
        assert requests.get(url, timeout=5).status_code == 400, body


def test_a_handshake_that_is_none_is_refused(gateway):
    for query in ("", "EIO=3&transport=polling", "EIO=4&transport=carrier", "EIO=4&sid=x&transport=polling"):
        assert gateway.get(f"/socket.io/?{query}").status_code == 400, query


def test_a_client_that_does_not_close_is_hung_up(cast, screen, gateway):
    """It is refused and reads nothing; its TCP connection ends all the same."""
    refused = screen(auth={"token": "wrong"})
    raw = refused._ws.sock
    raw.settimeout(6)
    received = b""
    while chunk := raw.recv(4096):
        received += chunk
    assert b"1004" in received
