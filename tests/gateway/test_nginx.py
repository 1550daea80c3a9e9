"""Two gateways behind nginx, as deploy/nginx.conf has it: both transports, and a rolling restart that loses nothing."""

import signal
import socket
from dataclasses import replace
from ipaddress import ip_network
from threading import Thread

import pytest
import requests

from app.contract import rooms
from tests.gateway.process import Gateway
from tests.gateway.rows import write
from tests.gateway.stock import STOCK
from tests.services import NginxServer

pytestmark = STOCK


@pytest.fixture
def backend():
    return "postgresql"


@pytest.fixture
def pair(app):
    """Two gateways on one PostgreSQL, without Redis."""
    config = replace(app.config["PASSLINE"], trusted_proxies=(ip_network("127.0.0.1"),))
    running = [Gateway(config).start() for _ in range(2)]
    yield running
    for gateway in running:
        gateway.remove()


@pytest.fixture
def nginx():
    """Start an nginx before gateways at these ports."""
    if reason := NginxServer.why_not():
        pytest.skip(reason)
    running = []

    def before(*ports, web=9):
        addresses = {f"gateway-{n}:5001": f"127.0.0.1:{port}" for n, port in enumerate(ports, 1)}
        running.append(NginxServer({**addresses, "server web:5000": f"server 127.0.0.1:{web}"}).start())
        return running[-1].http

    yield before
    for server in running:
        server.remove()


def test_a_rolling_restart_loses_nothing_over_either_transport(cast, nginx, pair, stock):
    room = rooms.vendor_orders(cast.restaurant.id)
    http = nginx(*(gateway.port for gateway in pair))
    vendors = [stock(http, cast.vendor).connect(*transports) for transports in (("polling",), ("websocket",), ())]
    for vendor in vendors:
        vendor.next("ready", 15)
    written = 0
    for gateway in pair:
        process = gateway.process
        gateway.send_signal(signal.SIGTERM)
        for _ in range(5):
            write(room, written)
            written += 1
        assert process.wait(8) == 0
        gateway.start()
        for _ in range(5):
            write(room, written)
            written += 1
    for vendor in vendors:
        heard = [vendor.next("passline.test", 20)[2]["n"] for _ in range(written)]
        assert sorted(heard) == list(range(written))


def test_the_state_of_the_processes_is_not_for_the_public(nginx):
    http = nginx(9, 9)
    for path in ("/readyz", "/healthz"):
        assert requests.get(http + path, timeout=5).status_code == 404


def test_it_drops_an_idle_connection_before_the_web_does(nginx):
    with socket.create_server(("127.0.0.1", 0)) as web:
        http = nginx(9, 9, web=web.getsockname()[1])
        asking = Thread(target=requests.get, args=(http,), kwargs={"timeout": 5})
        asking.start()
        connection, _ = web.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            asking.join()
            # gunicorn would wait for 5 s.
            connection.settimeout(4.8)
            assert connection.recv(1) == b""
