"""Every case of what M-Pesa says, with the right balance at the end: each receipt is in exactly one place."""

from datetime import timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.contract.times import now
from app.domain import (
    order_deadlines,
    orders,
    payment_deadlines,
    payment_messages,
    payment_outcomes,
    payment_push,
    payments,
)
from app.domain.actor import SYSTEM
from app.extensions import atomic, db
from app.models import ProviderMessage, WifiPackage
from app.providers import mpesa
from tests.balance import balance, completed
from tests.daraja import callback, result
from tests.factories import attempt, order_in, told

OTHER_PHONE = "+254700000001"


@pytest.fixture
def backend() -> str:
    """The races are in test_payment_races.py; what a case comes to is the same on either database."""
    return "sqlite"


@pytest.fixture
def order(cast, daraja):
    return order_in(cast, "awaiting_payment")


@pytest.fixture
def payment(order):
    return attempt(order)


def test_a_callback_settles_the_order(order, payment):
    assert told(payment, callback(payment)) == "settled"
    db.session.refresh(order)
    assert (payment.status, payment.receipt, order.status, order.payment_status) == (
        "paid",
        "SKT7RT61SV",
        "placed",
        "paid",
    )
    assert (payment.settled_at is not None, payment.look_at, completed().total()) == (True, None, 1)
    assert balance() == {"SKT7RT61SV": "settled"}


def test_a_duplicate_changes_nothing(order, payment):
    told(payment, callback(payment))
    version = payment.version
    assert [told(payment, callback(payment)) for _ in range(3)] == ["repeated"] * 3
    assert (payment.version, completed().total()) == (version, 1)
    assert balance() == {"SKT7RT61SV": "settled"}


def test_a_no_is_final_and_the_guest_has_five_minutes(order, payment):
    assert told(payment, callback(payment, 1032)) == "rejected"
    db.session.refresh(order)
    assert (payment.status, payment.result_code, order.status) == ("rejected", "1032", "awaiting_payment")
    assert timedelta(minutes=4) < order.due_at - now() <= timedelta(minutes=5)
    assert balance() == {}


def test_a_repeated_no_is_one_no(payment):
    assert [told(payment, callback(payment, 1032)) for _ in range(2)] == ["rejected", "repeated"]


def test_a_no_is_asked_about_also_where_a_person_was_to_look(payment):
    """A yes after it may be lost, as after a forged callback in the run of 500 that found it."""
    told(payment, callback(payment, CheckoutRequestID="ws_other"))
    assert (payment.status, payment.look_at) == ("needs_review", None)
    told(payment, callback(payment, 1032))
    assert (payment.status, payment.look_at is not None) == ("rejected", True)


def test_money_after_a_no_is_for_a_person(order, payment):
    told(payment, callback(payment, 1032))
    assert told(payment, callback(payment)) == "contradicts"
    db.session.refresh(order)
    assert (payment.status, payment.review_reason, order.status) == (
        "needs_review",
        "It was refused first, then paid.",
        "awaiting_payment",
    )
    assert balance() == {"SKT7RT61SV": "review"}


def test_a_no_after_the_money_is_for_a_person_and_leaves_the_order(order, payment):
    told(payment, callback(payment))
    assert told(payment, callback(payment, 1037)) == "contradicts"
    db.session.refresh(order)
    assert (payment.status, payment.receipt, order.status, order.payment_status) == (
        "needs_review",
        "SKT7RT61SV",
        "placed",
        "paid",
    )
    assert balance() == {"SKT7RT61SV": "review"}


@pytest.mark.parametrize(
    ("changes", "outcome", "says"),
    [
        ({"amount": 1}, "wrong_amount", "KES 1.00 came, KES "),
        ({"phone": OTHER_PHONE}, "wrong_phone", "another phone"),
    ],
)
def test_money_that_does_not_fit_is_for_a_person(order, payment, changes, outcome, says):
    assert told(payment, callback(payment, **changes)) == outcome
    db.session.refresh(order)
    assert (payment.status, order.status) == ("needs_review", "awaiting_payment")
    assert says in payment.review_reason.replace("\N{NO-BREAK SPACE}", " ")
    assert balance() == {"SKT7RT61SV": "review"}


def test_a_phone_that_is_partly_hidden_fits(payment):
    body = callback(payment)
    body["Body"]["stkCallback"]["CallbackMetadata"]["Item"][-1]["Value"] = "254712***678"
    assert told(payment, body) == "settled"


@pytest.mark.parametrize("ids", [{"CheckoutRequestID": "ws_other"}, {"MerchantRequestID": "m-other"}])
def test_other_ids_are_forged_and_bring_no_money(order, payment, ids):
    assert told(payment, callback(payment, **ids)) == "forged"
    assert (payment.status, payment.receipt) == ("needs_review", None)
    assert balance() == {}
    assert told(payment, callback(payment)) == "settled", "the real one still counts"


def test_forged_after_the_money_changes_nothing(payment):
    told(payment, callback(payment))
    version = payment.version
    assert told(payment, callback(payment, 1032, CheckoutRequestID="ws_other")) == "forged"
    assert payment.version == version


@pytest.mark.parametrize("how", ["cancelled", "expired"])
def test_late_money_for_an_order_that_is_gone_goes_back(order, payment, how):
    if how == "cancelled":
        orders.call_off(order, by=order.customer)
    else:
        with time_machine.travel(now() + timedelta(minutes=31)):
            order_deadlines.act_on_due()
    assert told(payment, callback(payment)) == "order_gone"
    db.session.refresh(order)
    assert (order.status, order.payment_status, payment.status) == ("cancelled", "refunding", "paid")
    assert balance() == {"SKT7RT61SV": "refund order_gone"}


def test_the_second_money_for_an_order_goes_back(order, payment, daraja):
    with time_machine.travel(now() + timedelta(minutes=31)):
        payment_deadlines.act_on_due()
        second = attempt(order)
        assert told(second, callback(second, receipt="SECOND0001")) == "settled"
    assert told(payment, callback(payment, receipt="FIRST00001")) == "paid_twice"
    db.session.refresh(order)
    assert (order.status, order.payment_status) == ("placed", "paid")
    assert balance() == {"FIRST00001": "refund paid_twice", "SECOND0001": "settled"}


def test_a_second_receipt_for_one_prompt_is_a_payment_of_its_own(payment):
    told(payment, callback(payment))
    assert told(payment, callback(payment, receipt="SECOND0001")) == "contradicts"
    assert balance() == {"SKT7RT61SV": "settled", "SECOND0001": "review"}


def test_a_receipt_counts_for_one_order(cast, payment):
    told(payment, callback(payment))
    other = attempt(order_in(cast, "awaiting_payment"))
    assert told(other, callback(other)) == "contradicts"
    assert (other.status, other.receipt) == ("needs_review", None)
    assert balance() == {"SKT7RT61SV": "settled"}


def test_money_without_a_receipt_is_for_a_person(payment):
    assert told(payment, callback(payment, receipt=None)) == "no_receipt"
    assert payment.status == "needs_review"
    assert told(payment, callback(payment)) == "settled"


def test_money_for_wifi_is_settled_without_an_order(cast, daraja):
    with atomic() as session:
        package = WifiPackage(restaurant_id=cast.restaurant.id, name="One hour", minutes=60, price_minor=5000)
        session.add(package)
    payment = payments.start_wifi(package, phone="+254712345678", by=None)
    payment_push.send(payment)
    assert [told(payment, callback(payment)) for _ in range(2)] == ["settled", "repeated"]
    assert (payment.status, completed().total()) == ("paid", 1)


# -- Queries ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "outcome", "status"),
    [
        (result(1032), "rejected", "rejected"),
        (result(0), "says_paid", "prompted"),
        (result(4999), "pending", "prompted"),
        (result(31337), "pending", "prompted"),
        ((500, {"errorCode": "500.003.02"}), "unanswered", "prompted"),
        ((200, "not JSON"), "unanswered", "prompted"),
    ],
)
def test_a_query_decides_only_by_a_final_no(payment, daraja, answer, outcome, status):
    daraja.queries = [answer]
    assert payment_messages.ask(payment.id) == outcome
    db.session.refresh(payment)
    assert payment.status == status
    kept = db.session.scalars(select(ProviderMessage).where(ProviderMessage.kind == "query")).one()
    assert (kept.outcome, kept.payment_id) == (outcome, payment.id)


def test_a_query_never_overwrites_a_callbacks_money(payment, daraja):
    told(payment, callback(payment))
    daraja.queries = [result(1032)]
    assert payment_messages.ask(payment.id) is None, "nothing is to be asked any more"
    word = mpesa.Word("1032", "no", payment.checkout_request_id, None)
    assert payment_outcomes.take(db.session(), payment, word, by_callback=False, at=now()) == "contradicts"
    assert payment.status == "paid"


def test_a_querys_no_and_then_the_money_is_for_a_person(payment, daraja):
    daraja.queries = [result(1037)]
    payment_messages.ask(payment.id)
    assert told(payment, callback(payment)) == "contradicts"
    assert balance() == {"SKT7RT61SV": "review"}


def test_a_query_that_says_paid_and_a_callback_that_says_no_is_for_a_person(payment, daraja):
    daraja.queries = [result(0)]
    payment_messages.ask(payment.id)
    assert told(payment, callback(payment, 1032)) == "contradicts"
    assert payment.status == "needs_review"


# -- An admin's word ----------------------------------------------------------------------------------------------


def test_an_admins_reference_and_the_late_callback_are_one_money(cast, order, payment):
    orders.settle(order, by=cast.admin, note="Seen in the statement: skt7rt61sv")
    assert told(payment, callback(payment)) == "repeated"
    assert payment.status == "rejected"
    assert balance() == {"SKT7RT61SV": "settled"}


def test_other_money_after_an_admins_word_goes_back(cast, order, payment):
    orders.settle(order, by=cast.admin, note="OTHER12345")
    assert told(payment, callback(payment)) == "paid_twice"
    assert balance() == {"OTHER12345": "settled", "SKT7RT61SV": "refund paid_twice"}


# -- Any order of messages ----------------------------------------------------------------------------------------

MESSAGES = ("paid", "paid", "no", "wrong_amount", "wrong_phone", "second", "forged", "no_receipt", "query_no")
ACTS = ("query_paid", "cancel", "silence", "again", "settle_by_admin")


@settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(acts=st.lists(st.sampled_from(MESSAGES + ACTS), min_size=1, max_size=9), which=st.lists(st.booleans()))
def test_any_order_of_messages_ends_with_each_receipt_in_one_place(cast, daraja, acts, which):
    order = order_in(cast, "awaiting_payment")
    attempts, sent = [attempt(order)], set()
    for number, act in enumerate(acts):
        payment = attempts[0 if number < len(which) and which[number] else -1]
        _act(act, cast, daraja, order, payment, attempts, sent)
        where = balance()
        assert sent <= where.keys(), "money was lost"
    db.session.refresh(order)
    if order.status == "placed":
        assert order.payment_status == "paid"


def _act(act, cast, daraja, order, payment, attempts, sent):
    own, second = f"OWN{payment.id:07}", f"SEC{payment.id:07}"
    match act:
        case "paid" | "wrong_amount" | "wrong_phone":
            changes = {"wrong_amount": {"amount": 1}, "wrong_phone": {"phone": OTHER_PHONE}}.get(act, {})
            told(payment, callback(payment, receipt=own, **changes))
            sent.add(own)
        case "second":
            told(payment, callback(payment, receipt=second))
            sent.add(second)
        case "no":
            told(payment, callback(payment, 1032))
        case "forged":
            told(payment, callback(payment, receipt="FORGED0001", CheckoutRequestID="ws_forged"))
        case "no_receipt":
            told(payment, callback(payment, receipt=None))
        case "query_no" | "query_paid":
            daraja.queries = [result(0 if act == "query_paid" else 1032)]
            payment_messages.ask(payment.id)
        case "cancel" if order.status == "awaiting_payment":
            orders.cancel(order, by=SYSTEM, kind="abandoned")
        case "silence":
            with time_machine.travel(now() + timedelta(minutes=31)):
                payment_deadlines.act_on_due()
        case "again" if order.status == "awaiting_payment" and not payments._in_the_way(db.session(), order, now()):
            attempts.append(attempt(order))
        case "settle_by_admin" if order.status == "awaiting_payment":
            orders.settle(order, by=cast.admin, note="paid at the counter")
    db.session.refresh(order)
