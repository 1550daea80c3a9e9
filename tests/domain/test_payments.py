"""An attempt to pay: begun once, asked of M-Pesa, and what that came to."""

import pytest
from sqlalchemy import select

from app.domain import orders, payment_push, payments
from app.errors import Conflict, Invalid, NotFound, NotOffered, PaymentInProgress, PaymentRefused, PaymentUnanswered
from app.extensions import atomic, db
from app.models import Payment, ProviderMessage, WifiPackage
from tests.daraja import ACCEPT, BAD_PHONE, BROKEN, BUSY, HANG_UP, PUSH, callback
from tests.factories import PHONE, attempt, order_in, place, told


@pytest.fixture
def backend() -> str:
    return "sqlite"


@pytest.fixture
def order(cast, daraja):
    return order_in(cast, "awaiting_payment")


@pytest.fixture
def package(cast, daraja):
    with atomic() as session:
        row = WifiPackage(restaurant_id=cast.restaurant.id, name="One hour", minutes=60, price_minor=5000)
        session.add(row)
    return row


def test_it_asks_the_phone_for_the_orders_total(order, daraja):
    payment = attempt(order)
    [asked] = daraja.asked[PUSH]
    assert (payment.status, payment.checkout_request_id[:5], payment.queries) == ("prompted", "ws_CO", 0)
    assert (asked["Amount"], asked["PhoneNumber"], asked["AccountReference"]) == (
        payment.amount_minor // 100,
        "254712345678",
        order.number,
    )
    assert asked["CallBackURL"].endswith(f"/{payment.callback_token}")
    assert payment.look_at > payment.prompted_at


@pytest.mark.parametrize(("minor", "asked"), [(100, 100), (149, 100), (150, 200), (199, 200)])
def test_it_asks_for_whole_shillings(minor, asked):
    assert payments.whole_shillings(minor) == asked


def test_one_attempt_at_a_time(order, daraja):
    first = attempt(order)
    with pytest.raises(PaymentInProgress) as refusal:
        attempt(order)
    assert refusal.value.members == {"payment_id": first.id}
    assert len(daraja.asked[PUSH]) == 1


def test_the_database_itself_refuses_a_second_one(order, daraja):
    attempt(order)
    second = payments.blank(order.created_at, amount_minor=100, currency="KES")
    second.order_id = order.id
    with pytest.raises(PaymentInProgress), atomic() as session:
        payments._insert(session, second)


def test_after_a_no_one_may_try_again(order, daraja):
    first = attempt(order)
    told(first, callback(first, 1032))
    second = attempt(order)
    assert told(second, callback(second)) == "settled"


def test_while_a_person_looks_at_its_money_nobody_pays_again(order, daraja):
    payment = attempt(order)
    told(payment, callback(payment, amount=1))
    with pytest.raises(PaymentInProgress):
        attempt(order)


@pytest.mark.parametrize("answer", [BUSY, BAD_PHONE, (400, ""), (200, {"ResponseCode": "1"})])
def test_a_clear_no_charges_nothing_and_may_be_tried_at_once(order, daraja, answer):
    daraja.pushes = [answer, ACCEPT]
    payment = attempt(order)
    assert payment.status == "rejected"
    with pytest.raises(PaymentRefused) as refusal:
        payment_push.check(payment)
    assert refusal.value.members["payment_id"] == payment.id
    assert attempt(order).status == "prompted"


@pytest.mark.parametrize("answer", [BROKEN, HANG_UP, (200, "not JSON"), (500, {"errorCode": "500.003.1001"})])
def test_no_answer_is_no_no(order, daraja, answer):
    daraja.pushes = [answer]
    payment = attempt(order)
    assert payment.status == "unknown"
    with pytest.raises(PaymentUnanswered):
        payment_push.check(payment)
    with pytest.raises(PaymentInProgress):
        attempt(order)


def test_what_m_pesa_answered_is_kept_word_for_word(order, daraja):
    daraja.pushes = [BUSY]
    payment = attempt(order)
    [kept] = db.session.scalars(select(ProviderMessage))
    assert (kept.kind, kept.payment_id, kept.outcome) == ("push", payment.id, "refused")
    assert "Unable to lock subscriber" in kept.body
    assert "passkey" not in kept.body


def test_an_order_that_waits_for_nothing_is_not_paid(cast, daraja):
    for order in (place(cast).order, order_in(cast, "awaiting_payment")):
        if order.status == "awaiting_payment":
            orders.call_off(order, by=order.customer)
        with pytest.raises(Conflict):
            attempt(order)
    assert not daraja.asked[PUSH]


def test_only_shillings_and_kenyan_numbers(cast, order, daraja):
    with pytest.raises(Invalid):
        attempt(order, phone="+351910000001")
    with atomic():
        order.currency = "EUR"
    with pytest.raises(Conflict):
        attempt(order)


def test_where_m_pesa_is_not_set_up_nothing_is_begun(cast):
    order = order_in(cast, "awaiting_payment")
    with pytest.raises(NotOffered):
        payments.start(order, phone=PHONE, by=order.customer)
    assert not db.session.scalars(select(Payment)).all()


def test_wifi_is_bought_with_or_without_an_account(cast, daraja, package):
    for person, phone in ((None, PHONE), (cast.customer, "+254712345679")):
        payment = payments.start_wifi(package, phone=phone, by=person)
        payment_push.send(payment)
        assert (payment.status, payment.amount_minor, payment.order_id) == ("prompted", 5000, None)
    assert daraja.asked[PUSH][-1]["AccountReference"] == f"WIFI-{payment.id}"


def test_one_prompt_for_one_package_on_one_phone(cast, daraja, package):
    payments.start_wifi(package, phone=PHONE, by=None)
    with pytest.raises(PaymentInProgress):
        payments.start_wifi(package, phone=PHONE, by=cast.customer)


def test_a_package_that_is_not_sold_is_not_there(daraja, package):
    with atomic():
        package.is_sold = False
    with pytest.raises(NotFound):
        payments.start_wifi(package, phone=PHONE, by=None)


def test_no_edge_but_those_of_the_table_is_walked(order, daraja):
    payment = attempt(order)
    told(payment, callback(payment))
    with pytest.raises(ValueError, match="a payment that is paid cannot become rejected"):
        payments.walk(db.session(), payment, "rejected", at=order.created_at)
