"""SIGTERM: nobody new is let in, everybody is let go of in such a way that stock clients return, and it ends."""

import json
import select
import signal
import socket
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from threading import Event, Thread
from time import monotonic
from urllib.parse import urlsplit

import pytest
import requests

from app.contract import rooms
from gateway import refusals
from gateway.websocket import Op, farewell
from tests.factories import token_of
from tests.gateway.link import masked, whole
from tests.gateway.process import Gateway
from tests.gateway.rough import POLLING, UPGRADE, Poller, asking, eventually, rough
from tests.gateway.rows import write


@pytest.fixture
def backend():
    """The database makes no difference here."""
    return "sqlite"


class Watched:
    """A WebSocket that answers a farewell, as clients do."""

    def __init__(self, connection):
        self.connection = connection
        self.said = b""
        self.is_over = False

    def read(self):
        data = self.connection.recv(65536)
        self.said += data
        if not data or self.said.endswith(farewell(refusals.DRAINING.code)):
            self.is_over = True
            self.connection.close()

    def messages(self):
        return whole(self.said.partition(b"\r\n\r\n")[2])[0]


def batches(clients, at_first):
    """Read until all have been let go of; how many were seen to go at once, each time. `at_first` is called then."""
    left, gone = {client.connection: client for client in clients}, []
    latest = monotonic() + 10
    while left:
        assert monotonic() < latest, f"{len(left)} are still there"
        readable, _, _ = select.select(list(left), [], [], 0.1)
        for connection in readable:
            left[connection].read()
        over = [connection for connection, client in left.items() if client.is_over]
        for connection in over:
            del left[connection]
        if over and not gone:
            at_first()
        if over:
            gone.append(len(over))
    return gone


def waiting_poll(poller, answers):
    """One that waits when the gateway stops; on a slow machine it comes too late for that, and is refused."""
    with suppress(requests.ConnectionError):
        answers.append(poller.get())


def test_a_gateway_that_stops_lets_its_clients_go_a_few_at_a_time(cast, own_gateway):
    gateway = own_gateway()
    admin, pollers = token_of(cast.admin), [Poller(gateway) for _ in range(5)]
    for poller in pollers:
        poller.connect(cast.vendor)
    answers = []
    polls = [Thread(target=waiting_poll, args=(poller, answers)) for poller in pollers]
    with ExitStack() as everybody:
        session = everybody.enter_context(requests.Session())
        hello = masked(Op.TEXT, f"40{json.dumps({'token': admin})}".encode())
        clients = [Watched(everybody.enter_context(closing(rough(gateway, UPGRADE, hello)))) for _ in range(45)]
        # One has stopped reading, and has more to read than the kernel keeps for it.
        everybody.enter_context(closing(rough(gateway, UPGRADE, asking(cast.customer), buffer=4096)))
        eventually(lambda: gateway.metric("connections") == 51)
        write(rooms.user(cast.customer.id), *("x" * 100_000 for _ in range(8)))
        for poll in polls:
            poll.start()
        assert session.get(f"{gateway.http}/live", timeout=8).status_code == 200
        refused = []

        def nobody_new():
            with socket.socket() as new:
                assert new.connect_ex(("127.0.0.1", gateway.port)) != 0
            # Over a connection that is there already.
            refused.append(session.get(f"{gateway.http}/socket.io/?{POLLING}", timeout=8))

        process, began = gateway.process, monotonic()
        gateway.send_signal(signal.SIGTERM)
        sizes = batches(clients, nobody_new)
        assert process.wait(5) == 0
        assert monotonic() - began < 5
        for poll in polls:
            poll.join()
    assert (refused[0].status_code, refused[0].json()) == (503, refusals.DRAINING.data)
    # In about fifty steps; a test that is kept from looking sees several of them as one.
    assert sum(sizes) == 45
    assert len(sizes) >= 5
    for client in clients:
        assert client.messages()[-1] == (Op.CLOSE, refusals.DRAINING.code.to_bytes(2))
        # Socket.IO's DISCONNECT and CONNECT_ERROR: a stock client would stay away.
        assert not [text for op, text in client.messages() if op is Op.TEXT and text[:2] in (b"41", b"44")]
    assert answers
    assert all("41" not in text.split("\x1e") for _, text in answers)
    assert "Traceback" not in gateway.logged()


class Relay:
    """TCP in front of a server that can fall silent, as a machine does that is gone: nothing closes."""

    def __init__(self, port):
        self._to = port
        self._may_pass = Event()
        self._may_pass.set()
        self._sockets = [socket.create_server(("127.0.0.1", 0))]
        self.port = self._sockets[0].getsockname()[1]
        self._threads = []
        self._start(self._accept)

    def fall_silent(self):
        self._may_pass.clear()

    def close(self):
        self._may_pass.set()
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in self._sockets:
            each.close()

    def _start(self, target, *arguments):
        self._threads.append(Thread(target=target, args=arguments))
        self._threads[-1].start()

    def _accept(self):
        with suppress(OSError):
            while True:
                client, _ = self._sockets[0].accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._sockets += client, server
                self._start(self._pass_on, client, server)
                self._start(self._pass_on, server, client)

    def _pass_on(self, source, target):
        with suppress(OSError):
            while data := source.recv(65536):
                self._may_pass.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("backend", ["postgresql"])
def test_it_ends_in_time_when_neither_its_clients_nor_its_database_do_anything(app, cast):
    """Clients that do not read, half a request, polls that wait; and a database that does not answer any more."""
    config = app.config["PASSLINE"]
    at = urlsplit(config.database_url)
    with closing(Relay(at.port)) as relay, ExitStack() as everybody:
        url = config.database_url.replace(f":{at.port}/", f":{relay.port}/")
        gateway = Gateway(replace(config, database_url=url)).start()
        everybody.callback(gateway.remove)
        said = UPGRADE + asking(cast.customer)
        for _ in range(90):
            everybody.enter_context(closing(rough(gateway, said, buffer=4096)))
        everybody.enter_context(closing(rough(gateway, b"GET /live HTTP/1.1\r\n")))
        Poller(gateway).connect(cast.vendor)
        eventually(lambda: gateway.metric("connections") == 91)
        write(rooms.user(cast.customer.id), *("x" * 100_000 for _ in range(8)))
        eventually(lambda: gateway.metric("deliveries_total") >= 8 * 90)
        relay.fall_silent()
        process, began = gateway.process, monotonic()
        gateway.send_signal(signal.SIGTERM)
        assert process.wait(8) == 0
        assert monotonic() - began < 4.5
        assert "Traceback" not in gateway.logged()


def test_a_gateway_without_clients_ends_at_once(own_gateway):
    gateway = own_gateway()
    process = gateway.process
    gateway.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    assert "Traceback" not in gateway.logged()
