"""The second step of a log-in, and that the first alone opens nothing: no page, no API."""

import re
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
import time_machine

from app.contract.times import now
from app.contract.tokens import SESSION_ID
from app.domain import people, second_factors
from app.models import Session
from tests.cast import PASSWORD
from tests.factories import session_of, two_factors
from tests.views.customer_pages import csrf_in, order_form

pytestmark = [pytest.mark.parametrize("backend", ["sqlite"]), pytest.mark.usefixtures("csrf_off")]


@pytest.fixture
def clock():
    with time_machine.travel(now().timestamp() // 30 * 30 + 600, tick=False) as traveller:
        yield traveller


@pytest.fixture
def strict(app, monkeypatch):
    """The settings want a second factor of admins."""
    monkeypatch.setitem(app.config, "PASSLINE", replace(app.config["PASSLINE"], require_second_factor="admin"))


def first_step(browser, who="customer", **more):
    return browser.post("/login", data={"email": f"{who}@example.com", "password": PASSWORD, **more})


def secret_on(page):
    """The secret that a page shows for typing."""
    return re.search(r"Or type this into the app: </span>([A-Z2-7 ]+)<", page)[1].replace(" ", "")


def code_of(secret):
    return pyotp.TOTP(secret).at(now())


def test_the_code_of_the_app_lets_in_and_leads_on(cast, as_person, clock):
    secret, _ = two_factors(cast.customer)
    clock.shift(60)
    browser = as_person(None)
    assert first_step(browser, next="/r/first").location == "/login/code"
    assert "authenticator app" in browser.get("/login/code").text
    assert browser.post("/login/code", data={"code": code_of(secret)}).location == "/r/first"
    assert browser.get("/orders/").status_code == 200
    assert Session.query.one().second_factor


def test_half_a_log_in_opens_no_page_and_no_api(cast, as_person, clock):
    two_factors(cast.admin)
    browser = as_person(None)
    first_step(browser, "admin")
    with browser.session_transaction() as cookie:
        assert SESSION_ID not in cookie
    for path in ("/admin/", "/orders/", "/account"):
        assert browser.get(path).location.startswith("/login?next=")
    assert browser.get("/api/orders").status_code == 401
    assert browser.post("/api/orders", json={}).status_code == 401
    assert Session.query.count() == 0


def test_the_first_step_ends_the_session_that_the_browser_had(cast, as_person, clock):
    two_factors(cast.customer)
    browser = as_person(cast.vendor)
    first_step(browser)
    assert browser.get("/vendor/").location.startswith("/login")
    assert Session.query.filter(Session.ended_at.is_(None)).count() == 0


def test_a_code_that_was_used_opens_nothing_in_another_browser(cast, as_person, clock):
    secret, _ = two_factors(cast.customer)
    clock.shift(60)
    here, there = as_person(None), as_person(None)
    code = code_of(secret)
    for browser, status in ((here, 302), (there, 422)):
        first_step(browser)
        assert browser.post("/login/code", data={"code": code}).status_code == status
    assert there.get("/orders/").location.startswith("/login")


def test_the_cookie_of_the_first_step_counts_for_ten_minutes(cast, as_person, clock):
    secret, _ = two_factors(cast.customer)
    browser = as_person(None)
    first_step(browser)
    clock.shift(601)
    assert browser.get("/login/code").location == "/login"
    assert browser.post("/login/code", data={"code": code_of(secret)}).location == "/login"


@pytest.mark.parametrize(
    "change",
    [
        lambda cast: people.change_password(cast.customer, "another long one"),
        lambda cast: people.deactivate(cast.customer),
    ],
)
def test_it_counts_no_more_after_another_password(cast, as_person, clock, change):
    secret, _ = two_factors(cast.customer)
    clock.shift(60)
    browser = as_person(None)
    first_step(browser)
    change(cast)
    assert browser.post("/login/code", data={"code": code_of(secret)}).location == "/login"


def test_the_sixth_wrong_code_is_not_looked_at(cast, as_person, clock):
    secret, _ = two_factors(cast.customer)
    clock.shift(60)
    browser = as_person(None)
    first_step(browser)
    answers = [browser.post("/login/code", data={"code": f"{n:06}"}).status_code for n in range(6)]
    assert answers == [422] * 5 + [429]
    assert browser.post("/login/code", data={"code": code_of(secret)}).status_code == 429


def test_a_visitor_who_orders_logs_in_with_the_code_first(cast, as_person, clock):
    two_factors(cast.customer)
    form = order_form(cast.items(), email="customer@example.com", password=PASSWORD)
    answer = as_person(None).post("/r/first", data=form)
    assert answer.status_code == 401
    assert "has a second factor: log in on the log-in page first" in answer.text


def test_a_program_sends_the_code_too(app, cast, clock):
    secret, _ = two_factors(cast.customer)
    clock.shift(60)
    ask = {"email": "customer@example.com", "password": PASSWORD}
    program = app.test_client()
    assert program.post("/api/tokens", json=ask).json["code"] == "second_factor_required"
    assert program.post("/api/tokens", json={**ask, "otp": "000000"}).json["code"] == "wrong_code"
    right = {**ask, "otp": code_of(secret)}
    assert [program.post("/api/tokens", json=right).status_code for _ in range(2)] == [201, 401]


def test_an_admin_who_needs_one_sets_it_up_before_getting_in(app, cast, as_person, clock, strict):
    browser = as_person(None)
    assert first_step(browser, "admin").location == "/login/code"
    page = browser.get("/login/code").text
    assert "Set up your second factor" in page
    assert "data:image/svg+xml" in page
    assert browser.get("/admin/").location.startswith("/login")
    assert browser.post("/login/code", data={"code": "123"}).status_code == 422
    secret = secret_on(page)
    answer = browser.post("/login/code", data={"code": code_of(secret)})
    assert answer.text.count("<li>") == 10
    assert browser.get("/admin/").status_code == 200
    refused = app.test_client().post("/api/tokens", json={"email": "admin@example.com", "password": PASSWORD})
    assert refused.json["code"] == "second_factor_required"


def test_no_browser_is_shown_the_secret_of_another(cast, as_person, clock, strict):
    here, there = as_person(None), as_person(None)
    for browser in (here, there):
        first_step(browser, "admin")
    secret, other = (secret_on(browser.get("/login/code").text) for browser in (here, there))
    assert secret_on(here.get("/login/code").text) == secret, "a page that is loaded again fits the app still"
    assert other != secret
    assert here.post("/login/code", data={"code": code_of(secret)}).status_code == 200
    assert there.post("/login/code", data={"code": code_of(other)}).status_code == 409
    assert second_factors.of(cast.admin).secret == secret


def test_a_session_from_before_the_setting_opens_nothing(cast, as_person, bearer, app, monkeypatch, strict):
    browser = as_person(cast.admin)
    assert browser.get("/admin/").location.startswith("/login")
    assert app.test_client().get("/api/orders", headers=bearer(cast.admin)).status_code == 401
    assert as_person(cast.vendor).get("/vendor/").status_code == 200


def test_a_session_is_seen_when_it_is_used(cast, as_person):
    row = session_of(cast.vendor)
    browser = as_person(None)
    with browser.session_transaction() as cookie:
        cookie[SESSION_ID] = row.id
    before = row.last_seen_at
    browser.get("/vendor/")
    assert Session.query.filter_by(id=row.id).one().last_seen_at == before
    with time_machine.travel(now() + timedelta(minutes=6)):
        browser.get("/vendor/")
    assert Session.query.filter_by(id=row.id).one().last_seen_at > before


def test_the_forms_of_both_steps_need_their_token(app, cast, as_person, clock):
    two_factors(cast.customer)
    app.config |= {"WTF_CSRF_ENABLED": True, "WTF_CSRF_METHODS": {"POST"}}
    browser = as_person(None)
    token = csrf_in(browser.get("/login").text)
    first_step(browser, csrf_token=token)
    assert browser.post("/login/code", data={"code": "123456", "csrf_token": token}).status_code == 400
    token = csrf_in(browser.get("/login/code").text)
    assert browser.post("/login/code", data={"code": "123456", "csrf_token": token}).status_code == 422
