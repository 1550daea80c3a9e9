"""Clients that say what they like: bytes over TCP connections, and polls by hand."""

import json
import socket
import struct
from contextlib import suppress
from time import monotonic, sleep

import requests

from gateway.websocket import Op
from tests.factories import token_of
from tests.gateway.link import masked

UPGRADE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)
# The beginning of a request of the connection `%s`.
HEAD = b"POST /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\n"
POLLING = "EIO=4&transport=polling"


def rough(gateway, *said, buffer=None):
    """A TCP connection to the gateway over which something was said, whatever comes of it."""
    made = socket.socket()
    if buffer is not None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    made.settimeout(8)
    made.connect(("127.0.0.1", gateway.port))
    with suppress(ConnectionError):
        made.sendall(b"".join(said))
    return made


def everything(connection):
    """What came until the gateway closed."""
    received = b""
    with suppress(ConnectionResetError):
        while data := connection.recv(65536):
            received += data
    return received


def reset(connection):
    """Vanish: the other side gets an RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def asking(person):
    """The frame that asks to be connected as somebody."""
    return masked(Op.TEXT, b"40" + json.dumps({"token": token_of(person)}).encode())


class Poller:
    """A client that polls."""

    def __init__(self, gateway):
        self._gateway = gateway
        sid = json.loads(gateway.get(f"/socket.io/?{POLLING}").text[1:])["sid"]
        self.url = f"{gateway.http}/socket.io/?{POLLING}&sid={sid}"

    def post(self, body):
        return requests.post(self.url, data=body, timeout=8).status_code

    def get(self):
        answer = requests.get(self.url, timeout=8)
        return answer.status_code, answer.text

    def connect(self, person):
        """Ask to be somebody, and read until one is."""
        self.post(f"40{json.dumps({'token': token_of(person)})}")
        received = ""
        while '42["ready"' not in received:
            received += self.get()[1]


def eventually(happened, timeout=15):
    """Wait until it happens; what it was."""
    latest = monotonic() + timeout
    while not (found := happened()):
        assert monotonic() < latest, "it did not happen"
        sleep(0.02)
    return found
