"""Payments by the API: begun once however often it is asked for, followed, and read by nobody else."""

import threading
import time

import pytest
from sqlalchemy import select

from app.extensions import atomic, db
from app.models import Payment, WifiPackage
from tests.daraja import ACCEPT, BROKEN, BUSY, PUSH, callback, result
from tests.factories import PHONE, asked_about, attempt, order_in, told

from .conftest import refused


@pytest.fixture
def backend() -> str:
    return "sqlite"


@pytest.fixture
def order(cast, daraja):
    return order_in(cast, "awaiting_payment")


@pytest.fixture
def customer(program, cast):
    return program(cast.customer)


def body(order, **changes):
    return {"order_number": order.number, "phone": "0712 345 678", "provider": "mpesa", **changes}


def test_it_answers_in_the_contracts_words(customer, order):
    answer = customer.post("/payments", body(order))
    payment = db.session.scalars(select(Payment)).one()
    assert answer.status_code == 201
    assert answer.json == {
        "success": True,
        "transaction_id": payment.transaction_id,
        "payment_id": payment.id,
        "data": {"CheckoutRequestID": payment.checkout_request_id, "payment_id": payment.id},
    }
    assert answer.headers["Location"] == f"/api/payments/{payment.id}"


def test_it_adds_little_to_the_providers_time(customer, order, daraja):
    daraja.hang, daraja.pushes = 0.2, [BUSY]
    took = []
    for _ in range(5):
        begun = time.thread_time()
        customer.post("/payments", body(order))
        took.append(time.thread_time() - begun)
    assert min(took) < 0.1, "a third of the contract's 300 ms, in time of our own: tests share their machine"


def test_the_same_key_is_one_prompt(customer, order, daraja):
    first = customer.post("/payments", body(order), key="a")
    again = customer.post("/payments", body(order), key="a")
    assert (first.status_code, again.status_code, again.json) == (201, 200, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    refused(customer.post("/payments", body(order, phone="0712 345 679"), key="a"), 422, "idempotency_key_reused")
    assert len(daraja.asked[PUSH]) == 1


def test_a_key_whose_prompt_is_being_sent_is_in_flight(app, customer, program, cast, order, daraja):
    daraja.hang = 0.5
    answers = []

    def send():
        with app.app_context():
            answers.append(program(cast.customer).post("/payments", body(order), key="a").status_code)

    customer.get("/tokens")
    sender = threading.Thread(target=send)
    sender.start()
    while not daraja.asked[PUSH]:
        time.sleep(0.01)
    refused(customer.post("/payments", body(order), key="a"), 409, "idempotency_in_flight")
    refused(customer.post("/payments", body(order)), 409, "payment_in_progress")
    sender.join()
    assert answers == [201]
    assert len(daraja.asked[PUSH]) == 1


def test_a_provider_that_says_no_is_told_and_may_be_asked_again(customer, order, daraja):
    daraja.pushes = [BUSY, ACCEPT]
    problem = refused(customer.post("/payments", body(order), key="a"), 502, "payment_refused")
    assert (problem["payment_status"], "Try again" in problem["detail"]) == ("rejected", True)
    refused(customer.post("/payments", body(order), key="a"), 502, "payment_refused")
    assert len(daraja.asked[PUSH]) == 1
    assert customer.post("/payments", body(order)).status_code == 201


def test_a_provider_that_does_not_answer_cannot_charge_twice(customer, order, daraja):
    daraja.pushes = [BROKEN, ACCEPT]
    problem = refused(customer.post("/payments", body(order), key="a"), 504, "payment_unanswered")
    refused(customer.post("/payments", body(order), key="a"), 504, "payment_unanswered")
    assert (
        refused(customer.post("/payments", body(order)), 409, "payment_in_progress")["payment_id"]
        == (problem["payment_id"])
    )
    payment = db.session.get(Payment, problem["payment_id"])
    daraja.queries = [result(0)]
    told(payment, callback(payment))
    asked_about(payment)
    assert customer.post("/payments", body(order), key="a").status_code == 200
    assert len(daraja.asked[PUSH]) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone": "12"}, "phone"),
        ({"phone": "+351910000001"}, "phone"),
        ({"wifi_package_id": 1}, "order_number"),
        ({"provider": "shells"}, "provider"),
        ({"amount": 1}, "amount"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_begun(customer, order, daraja, changes, field):
    assert field in refused(customer.post("/payments", body(order, **changes)), 422, "invalid")["errors"]
    assert not daraja.asked[PUSH]


def test_where_m_pesa_is_not_set_up_it_says_so(cast, customer):
    order = order_in(cast, "awaiting_payment")
    refused(customer.post("/payments", body(order, phone=PHONE)), 409, "mpesa_not_offered")


def test_another_persons_order_is_not_there(program, cast, order):
    refused(program(cast.outsider).post("/payments", body(order)), 404, "not_found")
    refused(program(None).post("/payments", body(order)), 401, "not_authenticated")


def test_a_guest_without_an_account_buys_wifi_and_follows_it(program, cast, daraja):
    with atomic() as session:
        package = WifiPackage(restaurant_id=cast.restaurant.id, name="One hour", minutes=60, price_minor=5000)
        session.add(package)
    guest = program(None)
    answer = guest.post("/payments", {"wifi_package_id": package.id, "phone": PHONE})
    assert answer.status_code == 201
    path = f"/payments/{answer.json['payment_id']}"
    read = guest.get(path, transaction_id=answer.json["transaction_id"])
    assert (read.json["status"], read.json["phone"], read.json["amount"]) == ("prompted", "+254•••••678", 5000)
    refused(guest.get(path), 401, "not_authenticated")
    refused(guest.get(path, transaction_id="0" * 32), 404, "not_found")
    refused(program(cast.outsider).get(path), 404, "not_found")
    refused(guest.post("/payments", {"wifi_package_id": 10**9, "phone": PHONE}), 404, "not_found")


def test_a_payment_is_polled_until_it_is_settled(customer, program, cast, order):
    payment = attempt(order)
    told(payment, callback(payment))
    for reader in (customer, program(cast.admin)):
        read = reader.get(f"/payments/{payment.id}").json
        assert (read["status"], read["receipt"], read["order_number"]) == ("paid", "SKT7RT61SV", order.number)
        assert PHONE not in str(read)


def test_a_no_is_told_in_plain_words(customer, order):
    payment = attempt(order)
    told(payment, callback(payment, 1032))
    assert customer.get(f"/payments/{payment.id}").json["reason"] == "The prompt was cancelled on the phone."


def test_one_phone_is_not_rung_without_end(customer, cast, daraja):
    daraja.pushes = [BUSY]
    order = order_in(cast, "awaiting_payment")
    statuses = [customer.post("/payments", body(order)).status_code for _ in range(7)]
    assert statuses == [502] * 6 + [429]
    assert customer.post("/payments", body(order, phone="0712 345 679")).status_code == 502
    assert len(daraja.asked[PUSH]) == 7


def test_however_a_number_is_spelt_it_is_one_phone(customer, cast, daraja):
    daraja.pushes = [BUSY]
    order = order_in(cast, "awaiting_payment")
    spelt = ("0712345678", "+254712345678", "0712345678x12", "0712345678 ext. 99", "٠712345678", "07123٤5678")
    statuses = [
        customer.post("/payments", body(order, phone=phone)).status_code for phone in (*spelt, "0712345678;ext=7")
    ]
    assert {push["PhoneNumber"] for push in daraja.asked[PUSH]} == {"254712345678"}
    assert statuses == [502] * 6 + [429]
