"""Stock clients: polling, the upgrade to WebSocket, and coming back by themselves."""

import signal
from time import monotonic

import pytest

from app.contract import rooms
from tests.gateway.rows import head_now, numbers, place, write
from tests.gateway.stock import STOCK

pytestmark = STOCK


@pytest.fixture
def backend():
    """The database makes no difference here."""
    return "sqlite"


@pytest.mark.parametrize("transports", [("polling",), ("websocket",), ()])
def test_it_serves_stock_clients_over_each_transport(cast, gateway, stock, transports):
    room = rooms.vendor_orders(cast.restaurant.id)
    vendor = stock(gateway, cast.vendor).connect(*transports)
    _, data, position = vendor.next("ready")
    assert data["channels"] == [room, rooms.user(cast.vendor.id)]
    assert position == head_now()
    write(room, *range(10))
    events = [vendor.next("passline.test") for _ in range(10)]
    assert sorted(numbers(events)) == list(range(10))
    assert vendor.client.call("subscribe", {"channel": f"private-{room}"})["ok"]
    write(room, 10)
    assert vendor.next("passline.test")[1] == f"private-{room}"
    vendor.next("beat")
    assert vendor.client.transport() == ("polling" if transports == ("polling",) else "websocket")


@pytest.mark.parametrize("transports", [("polling",), ("websocket",)])
def test_it_lets_stock_clients_catch_up_over_each_transport(cast, gateway, stock, transports):
    room, vendor = rooms.vendor_orders(cast.restaurant.id), stock(gateway, cast.vendor)
    vendor.position = head_now()
    write(room, *range(100))
    gateway.reaches(place(head_now()))
    vendor.connect(*transports)
    assert sorted(numbers([vendor.next("passline.test") for _ in range(100)])) == list(range(100))
    assert vendor.next("ready")[1]["recovered"] is True


def test_a_gateway_that_stops_lets_stock_clients_come_back_by_themselves(cast, own_gateway, stock, screen):
    gateway, room = own_gateway(), rooms.vendor_orders(cast.restaurant.id)
    by_websocket = stock(gateway, cast.vendor).connect("websocket")
    by_polling = stock(gateway, cast.vendor).connect("polling")
    for vendor in (by_websocket, by_polling):
        vendor.next("ready")
    wire = screen(cast.vendor, to=gateway)
    wire.ready()
    process, began = gateway.process, monotonic()
    gateway.send_signal(signal.SIGTERM)
    wire.until_closed()
    assert not wire.disconnected
    assert process.wait(5) == 0
    assert monotonic() - began < 3
    assert "Traceback" not in gateway.logged()
    write(room, 1)
    gateway.start()
    for vendor in (by_websocket, by_polling):
        vendor.next("ready", 12)
    write(room, 2)
    for vendor in (by_websocket, by_polling):
        assert vendor.next("passline.test")[2]["n"] == 2


def test_it_ends_within_three_seconds_with_a_client_that_does_not_read(cast, own_gateway, screen):
    gateway = own_gateway()
    deaf = screen(cast.vendor, to=gateway)
    deaf.ready()
    process, began = gateway.process, monotonic()
    gateway.send_signal(signal.SIGINT)
    assert process.wait(5) == 0
    assert monotonic() - began < 3
