"""What every answer carries so that browsers keep their distance, and what only some carry."""

from ipaddress import ip_network

import pytest
from flask import Flask, request

from app.domain import orders
from app.extensions import db
from app.models import Order, Payment
from app.views import security
from tests.conftest import settings
from tests.views.customer_pages import order_form
from tests.wifi_rows import mint, package

HTTPS = "https://localhost"


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("path", ["/login", "/nowhere", "/api/orders"])
def test_every_answer_is_kept_apart_from_other_sites(cast, as_person, path):
    headers = as_person(None).get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_what_is_drawn_loads_from_here_and_from_the_gateway_alone(cast, as_person, host):
    """Trap: to a cookie these are two sites, so the gateway is at the host by which the page was asked for."""
    policy = as_person(None).get("/login", base_url=f"http://{host}:5000").headers["Content-Security-Policy"]
    assert f"default-src 'self'; connect-src 'self' http://{host}:5001 ws://{host}:5001;" in policy
    assert "Content-Security-Policy" not in as_person(None).get("/api/orders").headers


@pytest.mark.parametrize(
    ("env", "base_url", "insists"),
    [("production", HTTPS, True), ("production", "http://localhost", False), ("test", HTTPS, False)],
)
def test_only_production_insists_on_https_and_only_over_it(env, base_url, insists):
    app = Flask(__name__)
    app.config["PASSLINE"] = settings("sqlite://", env=env)
    security.register(app)
    answer = app.test_client().get("/nowhere", base_url=base_url)
    assert ("Strict-Transport-Security" in answer.headers) == insists


@pytest.mark.parametrize(
    ("peer", "seen"),
    [("10.0.0.1", ("203.0.113.7", "orders.example", "https")), ("192.0.2.1", ("192.0.2.1", "localhost", "http"))],
)
def test_only_proxies_that_are_trusted_say_who_asks_and_for_what(peer, seen):
    """Two in a row; what the client wrote before them does not count."""
    app = Flask(__name__)
    app.config["PASSLINE"] = settings("sqlite://", trusted_proxies=(ip_network("10.0.0.0/8"),))
    security.register(app)
    app.add_url_rule("/seen", view_func=lambda: [request.remote_addr, request.host, request.scheme])
    said = {"For": "198.51.100.1, 203.0.113.7, 10.9.9.9", "Host": "orders.example", "Proto": "https"}
    headers = {f"X-Forwarded-{name}": value for name, value in said.items()}
    answer = app.test_client().get("/seen", headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert tuple(answer.json) == seen


def test_no_store_keeps_a_page_that_shows_or_takes_a_secret(cast, as_person):
    for person, path in ((None, "/login"), (None, "/password-reset"), (cast.customer, "/account")):
        assert as_person(person).get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.usefixtures("csrf_off")
def test_a_page_that_shows_what_opens_something_is_kept_nowhere(cast, as_person):
    def kept(browser, path):
        return browser.get(path).headers["Cache-Control"]

    package(cast, gift_from_minor=1)
    guest, admin = as_person(cast.customer), as_person(cast.admin)
    ordered = guest.post("/r/first", data=order_form(cast.items())).location
    assert (kept(guest, ordered), kept(guest, ordered)) == ("no-store", "private, no-cache")
    orders.accept(Order.query.one(), by=cast.vendor)
    assert kept(guest, ordered) == "no-store", "it shows the code of its Wi-Fi pass"
    shown = admin.post("/admin/people/new", data={"email": "a@example.com", "name": "A", "role": "driver"}).location
    assert (kept(admin, shown), kept(admin, shown)) == ("no-store", "private, no-cache")
    pass_page = f"/wifi/first/{db.session.get_one(Payment, mint(package(cast)).payment_id).transaction_id}"
    assert kept(as_person(None), pass_page) == "no-store"


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.usefixtures("csrf_off")
@pytest.mark.parametrize("path", ["/logout", "/logout-everywhere"])
def test_who_logs_out_leaves_no_pages_in_the_browser(cast, as_person, path):
    assert as_person(cast.driver).post(path).headers["Clear-Site-Data"] == '"cache"'


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.usefixtures("csrf_off")
def test_the_page_that_devices_keep_is_the_same_for_everybody(cast, as_person):
    admin = as_person(cast.admin)
    admin.post(f"/admin/people/{cast.customer.id}/acting")
    with admin.session_transaction() as cookie:
        cookie["_flashes"] = [("success", "Somebody's news")]
    page = admin.get("/orders/offline").text
    assert page == as_person(None).get("/orders/offline").text
    assert "passline-csrf" not in page
    assert "Somebody&#39;s news" in admin.get("/orders/").text, "it is for the page that comes next"
