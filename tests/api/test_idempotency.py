"""Idempotency-Key: the first answer again, another body refused, one attempt at a time."""

import hashlib
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import create_engine, text

from app.contract.times import now
from app.domain import orders
from app.models import IdempotencyKey, Order
from tests.factories import order_in, place

from .conftest import refused


@pytest.fixture
def customer(program, cast):
    return program(cast.customer)


def test_the_same_again_is_the_first_answer_without_its_link(customer, wanted, nothing_left):
    first = customer.post("/orders", wanted, key="a")
    with nothing_left():
        again = customer.post("/orders", wanted, key="a")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == {name: value for name, value in first.json.items() if name != "tracking_url"}


def test_another_body_is_refused(customer, wanted, nothing_left):
    customer.post("/orders", wanted, key="a")
    with nothing_left():
        refused(customer.post("/orders", wanted | {"note": "other"}, key="a"), 422, "idempotency_key_reused")


def test_another_address_is_refused(program, cast, nothing_left):
    one, two, vendor = place(cast).order, place(cast).order, program(cast.vendor)
    vendor.post(f"/orders/{one.number}/transitions", {"to": "accepted"}, key="a")
    with nothing_left():
        again = vendor.post(f"/orders/{two.number}/transitions", {"to": "accepted"}, key="a")
        refused(again, 422, "idempotency_key_reused")


def test_another_key_is_another_order(customer, wanted):
    first, second = (customer.post("/orders", wanted, key=key) for key in "ab")
    assert first.json["number"] != second.json["number"]


def test_keys_are_of_one_person_alone(program, cast, customer, wanted):
    customer.post("/orders", wanted, key="a")
    assert program(cast.other_customer).post("/orders", wanted, key="a").status_code == 201


def test_what_was_refused_may_be_tried_again(customer, cast, wanted, nothing_left):
    with nothing_left():
        assert customer.post("/orders", wanted | {"fulfilment": "delivery"}, key="a").status_code == 422
    assert customer.post("/orders", wanted, key="a").status_code == 201


def test_a_walked_edge_is_answered_again_though_the_order_went_on(program, cast):
    order, vendor = place(cast).order, program(cast.vendor)
    path = f"/orders/{order.number}/transitions"
    first = vendor.post(path, {"to": "accepted"}, key="a").json
    vendor.post(path, {"to": "preparing"})
    again = vendor.post(path, {"to": "accepted"}, key="a")
    assert (again.status_code, again.json) == (200, first)
    assert first["changed"] is True
    assert Order.query.one().status == "preparing"


@pytest.mark.parametrize("path", ["cancellation-requests", "stop-acknowledgement"])
def test_every_call_that_writes_understands_it(program, cast, path):
    order = order_in(cast, "preparing")
    person = cast.customer
    if path == "stop-acknowledgement":
        person = cast.vendor
        orders.cancel(order, by=cast.vendor, reason_code="sold_out")
    client = program(person)
    first = client.post(f"/orders/{order.number}/{path}", {}, key="a")
    again = client.post(f"/orders/{order.number}/{path}", {}, key="a")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.json) == (200, first.json)


@pytest.mark.parametrize("key", ["", "x" * 101, "tab\there"])
def test_a_key_is_short_and_printable(customer, wanted, nothing_left, key):
    with nothing_left():
        refused(customer.post("/orders", wanted, key=key), 422, "invalid")


def test_a_key_is_forgotten_after_a_day(program, cast, customer, wanted):
    first = customer.post("/orders", wanted, key="a").json["number"]
    with time_machine.travel(now() + timedelta(hours=25)):
        again = program(cast.customer).post("/orders", wanted, key="a")
    assert again.status_code == 201
    assert again.json["number"] != first
    assert IdempotencyKey.query.count() == 1


def test_a_key_of_yesterday_counts_anew_for_a_day(program, cast, customer, wanted):
    customer.post("/orders", wanted, key="a")
    with time_machine.travel(now() + timedelta(hours=25)):
        second = program(cast.customer).post("/orders", wanted, key="a")
        third = program(cast.customer).post("/orders", wanted, key="a")
    assert (third.status_code, third.json["number"]) == (200, second.json["number"])


def test_one_that_is_still_in_flight_is_refused(app, backend, customer, cast, wanted, nothing_left):
    if backend == "sqlite":
        pytest.skip("on SQLite the second attempt waits for the first one's write lock")
    lock = int.from_bytes(hashlib.sha256(f"{cast.customer.id}:a".encode()).digest()[:8], signed=True)
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with engine.connect() as elsewhere, nothing_left():
        elsewhere.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": lock})
        refused(customer.post("/orders", wanted, key="a"), 409, "idempotency_in_flight")
    engine.dispose()
