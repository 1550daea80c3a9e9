"""Bearer tokens: asked for, used, listed, taken back."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain import people
from app.models import ApiToken, EventLog
from tests.cast import PASSWORD
from tests.trail import trail

from .conftest import refused


def ask(program, email, password=PASSWORD):
    return program(None).post("/tokens", {"email": email, "password": password})


def test_it_gives_a_token_with_its_person(program, cast):
    answer = ask(program, "customer@example.com")
    assert answer.status_code == 201
    assert answer.json.keys() == {"id", "token", "expires_at", "user"}
    assert answer.json["user"] == {"id": cast.customer.id, "name": "Customer Person", "role": "customer"}
    lasts = datetime.fromisoformat(answer.json["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=29) < lasts < timedelta(days=31)
    assert answer.json["expires_at"].endswith("Z")


def test_it_names_the_restaurant_of_vendor_staff(program, cast):
    assert ask(program, "vendor@example.com").json["user"]["restaurant_id"] == cast.restaurant.id


def test_its_token_opens_the_api(app, program, cast):
    token = ask(program, "customer@example.com").json["token"]
    answer = app.test_client().get("/api/orders", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


def test_a_driver_lists_and_takes_back_the_token_of_a_phone(program, cast):
    phone, lost = program(cast.driver), program(cast.driver)
    listed = phone.get("/tokens").json["items"]
    assert [token["current"] for token in listed] == [False, True]
    assert phone.delete(f"/tokens/{listed[0]['id']}").status_code == 204
    refused(lost.get("/driver/tickets"), 401, "not_authenticated")
    assert phone.get("/driver/tickets").status_code == 200


def test_it_stores_no_token(program, cast):
    token = ask(program, "customer@example.com").json["token"]
    assert token not in ApiToken.query.one().token_hash


@pytest.mark.parametrize(("email", "password"), [("customer@example.com", "wrong"), ("nobody@example.com", PASSWORD)])
def test_it_says_not_which_was_wrong(program, cast, nothing_left, email, password):
    with nothing_left():
        answer = ask(program, email, password)
        problem = refused(answer, 401, "wrong_credentials")
    assert problem["detail"] == "E-mail or password is wrong."
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_it_refuses_who_was_deactivated(program, cast):
    people.deactivate(cast.customer)
    refused(ask(program, "customer@example.com"), 401, "wrong_credentials")


def test_it_slows_down_who_guesses(program, cast):
    answers = [ask(program, "customer@example.com", f"guess {n}") for n in range(6)]
    refused(answers[-1], 429, "too_many_requests")
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_it_refuses_a_body_that_is_nested_too_deep(app, cast):
    answer = app.test_client().post("/api/tokens", data="[" * 200_000, content_type="application/json")
    refused(answer, 400, "bad_request")


def test_it_shares_its_limit_with_the_page(app, program, cast, csrf_off):
    for n in range(5):
        app.test_client().post("/login", data={"email": "customer@example.com", "password": f"guess {n}"})
    refused(ask(program, "customer@example.com"), 429, "too_many_requests")


def test_it_needs_no_csrf_from_a_logged_in_browser(as_person, cast):
    answer = as_person(cast.customer).post("/api/tokens", json={"email": "vendor@example.com", "password": PASSWORD})
    assert answer.status_code == 201


def test_it_lists_ones_own_newest_first(program, cast):
    client = program(cast.customer)
    program(cast.vendor)
    program(cast.customer)
    listed = client.get("/tokens").json
    newer, mine = listed["items"]
    assert newer["id"] > mine["id"]
    assert (newer["current"], mine["current"]) == (False, True)
    assert mine.keys() == {"id", "created_at", "expires_at", "device", "address", "current"}
    assert listed["next"] is None


def test_it_lists_by_pages(program, cast):
    client = [program(cast.customer) for _ in range(3)][-1]
    first = client.get("/tokens", limit=2).json
    second = client.get("/tokens", limit=2, after=first["next"]).json
    seen = [token["id"] for token in first["items"] + second["items"]]
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 3
    assert second["next"] is None


def test_it_tells_device_and_address(app, program, cast):
    app.test_client().post(
        "/api/tokens",
        json={"email": "customer@example.com", "password": PASSWORD},
        headers={"User-Agent": "Till 7"},
    )
    newest = program(cast.customer).get("/tokens").json["items"][1]
    assert (newest["device"], newest["address"]) == ("Till 7", "127.0.0.1")


def token_id(client):
    return next(token["id"] for token in client.get("/tokens").json["items"] if token["current"])


def test_it_takes_a_token_back(program, cast):
    lost, kept = program(cast.customer), program(cast.customer)
    answer = kept.delete(f"/tokens/{token_id(lost)}")
    assert (answer.status_code, answer.data) == (204, b"")
    refused(lost.get("/tokens"), 401, "not_authenticated")
    assert EventLog.query.one().name == "access.ended"
    assert [told[:2] for told in trail()] == [(cast.customer.name, "person.access_ended")]


def test_a_token_can_take_itself_back(program, cast):
    client = program(cast.customer)
    assert client.delete(f"/tokens/{token_id(client)}").status_code == 204
    assert client.get("/tokens").status_code == 401


def test_it_finds_no_foreign_token(program, cast, nothing_left):
    theirs, client = token_id(program(cast.vendor)), program(cast.customer)
    with nothing_left():
        refused(client.delete(f"/tokens/{theirs}"), 404, "not_found")


def test_it_finds_no_token_twice(program, cast):
    lost, kept = program(cast.customer), program(cast.customer)
    path = f"/tokens/{token_id(lost)}"
    assert kept.delete(path).status_code == 204
    refused(kept.delete(path), 404, "not_found")


@pytest.mark.parametrize("unknown", [10**9, 2**63, -1, "x"])
def test_it_finds_no_other_token(program, cast, unknown):
    refused(program(cast.customer).delete(f"/tokens/{unknown}"), 404, "not_found")


def test_it_takes_back_from_a_browser_only_with_its_csrf_token(program, as_person, cast):
    mine = token_id(program(cast.customer))
    refused(as_person(cast.customer).delete(f"/api/tokens/{mine}"), 400, "csrf")
