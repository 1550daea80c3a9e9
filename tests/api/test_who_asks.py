"""Who may speak to the API: a token, or a session with its CSRF token; a bad token is not rescued by a session."""

import re

import pytest

from app.domain import access
from app.models import ApiToken
from tests.factories import order_in

from .conftest import refused


@pytest.fixture
def csrf_of(app):
    """The CSRF token that a page of ours gives to a browser."""

    def token(browser):
        page = browser.get("/api/docs").text
        return re.search(r'<meta name="passline-csrf" content="([^"]+)">', page)[1]

    return token


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_refuses_nobody(program, cast, method):
    answer = getattr(program(None), method)("/orders")
    refused(answer, 401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_it_refuses_nobody_before_it_reads_the_body(program, cast):
    refused(program(None).send("/orders", b"{"), 401, "not_authenticated")


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer", "Basic Y3VzdG9tZXI6cGFzcw==", "pl_x"])
def test_it_refuses_a_bad_token(app, cast, header):
    refused(app.test_client().get("/api/orders", headers={"Authorization": header}), 401, "not_authenticated")


def test_a_bad_token_is_not_rescued_by_a_session(as_person, cast):
    answer = as_person(cast.customer).get("/api/orders", headers={"Authorization": "Bearer nonsense"})
    refused(answer, 401, "not_authenticated")


def test_it_refuses_a_token_that_ended(program, cast):
    client = program(cast.customer)
    access.end(ApiToken.query.one(), reason="token_revoked")
    refused(client.get("/orders"), 401, "not_authenticated")


def test_a_session_may_read(as_person, cast):
    assert as_person(cast.customer).get("/api/orders").status_code == 200


def test_a_session_may_not_write_without_its_csrf_token(as_person, cast, nothing_left, wanted):
    browser = as_person(cast.customer)
    with nothing_left():
        refused(browser.post("/api/orders", json=wanted), 400, "csrf")
        refused(browser.post("/api/orders", json=wanted, headers={"X-CSRFToken": "wrong"}), 400, "csrf")


def test_a_session_may_write_with_its_csrf_token(as_person, cast, csrf_of, wanted):
    browser = as_person(cast.customer)
    answer = browser.post("/api/orders", json=wanted, headers={"X-CSRFToken": csrf_of(browser)})
    assert answer.status_code == 201


def test_a_csrf_token_is_of_one_session_alone(as_person, cast, csrf_of, wanted, nothing_left):
    elsewhere = csrf_of(as_person(cast.outsider))
    browser = as_person(cast.customer)
    with nothing_left():
        refused(browser.post("/api/orders", json=wanted, headers={"X-CSRFToken": elsewhere}), 400, "csrf")


def test_what_is_unknown_and_what_is_foreign_look_alike(program, cast):
    order = order_in(cast, "placed")
    outsider = program(cast.outsider)
    foreign, unknown = outsider.get(f"/orders/{order.number}"), outsider.get("/orders/2222222")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.data == unknown.data


def test_no_answer_may_be_kept_on_the_way(program, cast):
    assert program(cast.customer).get("/orders").headers["Cache-Control"] == "no-store"


def test_it_answers_problems_everywhere_under_api(program, cast):
    refused(program(cast.customer).get("/nothing"), 404, "not_found")
    answer = program(cast.customer).post("/restaurants")
    refused(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


def test_it_finds_no_name_with_a_nul(program, cast):
    refused(program(cast.customer).get("/restaurants/%00"), 404, "not_found")
    refused(program(cast.customer).get("/orders/%00"), 404, "not_found")
