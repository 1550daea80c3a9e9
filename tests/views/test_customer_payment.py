"""Paying on the page of an order: what it says at each turn, without JavaScript."""

import html
import re
from datetime import timedelta

import pytest
import time_machine

from app.contract.times import now
from app.domain import orders, payment_deadlines, refunds
from app.extensions import atomic, db
from app.models import Payment, Refund
from tests.daraja import BROKEN, BUSY, callback
from tests.factories import PHONE, attempt, order_in, place, told

pytestmark = [pytest.mark.parametrize("backend", ["sqlite"]), pytest.mark.usefixtures("csrf_off")]


@pytest.fixture
def order(cast, daraja):
    with atomic():
        cast.customer.phone = PHONE
    return order_in(cast, "awaiting_payment")


@pytest.fixture
def guest(as_person, cast):
    return as_person(cast.customer)


def shown(guest, order):
    """The words of its page, and which part about money it shows."""
    page = guest.get(f"/orders/{order.number}").text
    part = re.search(r'data-pay="(\w+)"', page)
    words = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)))
    return words, part and part[1], page


def send(guest, order, phone=PHONE):
    return guest.post(f"/orders/{order.number}/payment", data={"phone": phone})


def test_it_asks_for_the_number_and_knows_it(guest, order):
    words, part, page = shown(guest, order)
    assert (part, "Send the prompt" in words) == ("ask", True)
    assert f'value="{PHONE}"' in page
    assert "data-fragment-every" not in page


def test_the_prompt_is_sent_and_the_phone_shown_masked(guest, order):
    answer = send(guest, order)
    assert (answer.status_code, answer.location) == (303, f"/orders/{order.number}#payment")
    words, part, page = shown(guest, order)
    assert part == "sent"
    assert "Look at your phone and enter your PIN" in words
    assert "+254•••••678" in words
    assert PHONE not in page
    assert 'data-fragment-every="3"' in page


def test_after_ninety_seconds_it_speaks_neutrally(guest, order):
    send(guest, order)
    with time_machine.travel(now() + timedelta(seconds=91)):
        words, part, _ = shown(guest, order)
    assert part == "silent"
    assert "If you entered your PIN on +254•••••678, do not pay again; this page will tell you." in words
    assert "failed" not in words


def test_money_ends_the_waiting(guest, order):
    send(guest, order)
    payment = db.session.scalars(db.select(Payment)).one()
    told(payment, callback(payment))
    words, part, _ = shown(guest, order)
    assert (part, "Sent to the kitchen" in words, "M-Pesa, paid" in words) == (None, True, True)


@pytest.mark.parametrize("code", [1032, 1, 2001, 31337])
def test_a_no_says_why_and_offers_another_try(guest, order, code):
    payment = attempt(order)
    told(payment, callback(payment, code))
    words, part, _ = shown(guest, order)
    assert (part, "Try again" in words, "No money was taken" in words) == ("ask", True, True)
    assert {1032: "cancelled on the phone", 1: "not enough", 2001: "PIN was wrong", 31337: "Code 31337"}[code] in words


def test_a_provider_that_says_no_at_once_is_no_error_page(guest, order, daraja):
    daraja.pushes = [BUSY]
    assert send(guest, order).status_code == 303
    assert "busy with another M-Pesa payment" in shown(guest, order)[0]


def test_a_provider_that_does_not_answer_is_no_no(guest, order, daraja):
    daraja.pushes = [BROKEN]
    send(guest, order)
    assert shown(guest, order)[1] == "silent"
    send(guest, order)
    assert "A payment for this is under way; do not pay twice." in shown(guest, order)[0]


def test_after_half_an_hour_a_person_looks_and_another_prompt_may_be_sent(guest, order):
    payment = attempt(order)
    with time_machine.travel(now() + timedelta(minutes=31)):
        payment_deadlines.act_on_due()
        words, part, _ = shown(guest, order)
    db.session.refresh(payment)
    assert (payment.status, part, "Send another prompt" in words) == ("needs_review", "doubt", True)


def test_money_that_does_not_fit_is_looked_at(guest, order):
    payment = attempt(order)
    told(payment, callback(payment, amount=1))
    words, part, _ = shown(guest, order)
    assert (part, "Do not pay again" in words, "prompt" in words.partition("A person is looking")[2]) == (
        "review",
        True,
        False,
    )


def test_money_that_comes_too_late_is_told_to_come_back(guest, order, cast):
    payment = attempt(order)
    orders.call_off(order, by=cast.customer)
    told(payment, callback(payment))
    assert "Your money comes back" in shown(guest, order)[0]
    refund = db.session.scalars(db.select(Refund)).one()
    refunds.mark_sent(refund, reference="RF12345678", by=cast.admin)
    words, *_ = shown(guest, order)
    assert ("Your money was sent back" in words, "RF12345678" in words) == (True, True)


@pytest.mark.parametrize("phone", ["", "12", "+351910000001", "x" * 40])
def test_a_number_that_cannot_be_asked_is_refused_in_words(guest, order, phone):
    send(guest, order, phone)
    assert "0712 345 678" in shown(guest, order)[0]
    assert db.session.scalars(db.select(Payment)).all() == []


def test_where_prompts_are_not_set_up_it_says_how_to_pay(guest, cast):
    order = order_in(cast, "awaiting_payment")
    words, part, _ = shown(guest, order)
    assert (part, "show M-Pesa's message with the order's number" in words) == ("manual", True)


def test_who_pays_cash_is_asked_nothing(guest, cast, daraja):
    assert shown(guest, place(cast).order)[1] is None


def test_a_link_tells_nothing_of_the_money(as_person, cast, daraja):
    placed = place(cast, payment="mpesa")
    attempt(placed.order)
    page = as_person(None).get(f"/t/{placed.tracking_token}").text
    assert "data-pay" not in page
    assert "254" not in page


def test_the_checkout_offers_m_pesa_where_it_is_set_up(app, guest, cast, daraja):
    assert 'value="mpesa"' in guest.get("/r/first").text
    configured = app.config["PASSLINE"]
    app.config["PASSLINE"] = type(configured)(**{**vars(configured), "mpesa_url": None})
    assert 'value="mpesa"' not in guest.get("/r/first").text
    app.config["PASSLINE"] = configured
