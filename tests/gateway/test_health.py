"""/live, /ready, /metrics."""

import re
import socket
from types import SimpleNamespace

import pytest
from flask import Flask

from app.contract import rooms
from gateway import health, refusals
from gateway.fanout import Fanout
from gateway.feed import Feed, Restarted
from gateway.metrics import Metrics
from gateway.recent import Recent
from gateway.registry import Registry
from gateway.revocation import Revocation
from tests.gateway.rows import head_now, write


@pytest.fixture
def backend():
    """The database makes no difference here."""
    return "sqlite"


def test_live_says_that_the_loop_turns_and_whose(gateway):
    me = f"{socket.gethostname()}:{gateway.process.pid}"
    assert gateway.get("/live").json() == {"status": "live", "gateway": me}


def test_ready_says_where_it_stands(gateway):
    answer = gateway.get("/ready")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["reasons"], body["position"]) == ("ready", {}, head_now())
    assert body["lag_ms"] < 1000


def test_metrics_count_sockets_rooms_events_and_deliveries(cast, gateway, screen):
    names = ("events_total", "deliveries_total", "connections", "rooms")
    before = {name: gateway.metric(name) for name in names}
    vendors = [screen(cast.vendor) for _ in range(3)]
    for vendor in vendors:
        vendor.ready()
    write(rooms.vendor_orders(cast.restaurant.id), 1)
    for vendor in vendors:
        vendor.event()
    assert {name: gateway.metric(name) - before[name] for name in names} == {
        "events_total": 1,
        "deliveries_total": 3,
        "connections": 3,
        "rooms": 2,
    }


def test_metrics_count_refusals_by_number(cast, gateway, screen):
    code = str(refusals.NO_IDENTITY.code)
    before = gateway.metric("refusals_total", code=code)
    screen().answer()
    assert gateway.metric("refusals_total", code=code) == before + 1


def test_metrics_are_what_prometheus_reads(gateway):
    text = gateway.get("/metrics").text
    assert all(re.fullmatch(r"#.*|[a-z_]+(\{[^}]*\})? [^ ]+", line) for line in text.splitlines())


def test_there_is_nothing_else(gateway):
    assert gateway.get("/").status_code == 404


def test_it_says_so_while_the_first_rows_are_being_read(app):
    """The feed has found the log, and has not come to its end yet."""
    registry, metrics = Registry(), Metrics()
    fanout = Fanout(registry, Recent(), Revocation(registry, metrics), metrics)
    fanout.run([Restarted("beef", 7)])
    parts = SimpleNamespace(fanout=fanout, feed=Feed(app.config["PASSLINE"], "test"), is_draining=False)
    web = Flask("health")
    health.register(web, parts)
    answer = web.test_client().get("/ready")
    assert answer.status_code == 503
    assert (answer.json["position"], answer.json["lag_ms"]) == ("beef-7", None)
