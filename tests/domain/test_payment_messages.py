"""Callbacks before they count: kept as they came; and where the answer to the push was lost, M-Pesa is asked first.

What they come to is in test_payment_outcomes.py.
"""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.contract.times import now
from app.domain import (
    order_deadlines,
    orders,
    payment_deadlines,
    payment_messages,
    payment_push,
    payment_review,
    payments,
)
from app.domain.payment_messages import VERIFICATION_PAUSES
from app.domain.payment_review import LONGEST_NOTE
from app.errors import PaymentInProgress
from app.extensions import atomic, db
from app.models import Job, ProviderMessage
from tests.balance import balance, completed
from tests.daraja import BAD_PHONE, BROKEN, QUERY, STILL_ASKED, UNKNOWN, callback, result
from tests.factories import asked_about, attempt, order_in, told, wifi_package
from tests.lost_answers import FORGED, RECEIPT, ask_to_the_end, lost, outcomes, questions, true_id


@pytest.fixture
def backend() -> str:
    """As in test_payment_outcomes.py; the races are in test_payment_races.py."""
    return "sqlite"


@pytest.fixture
def order(cast, daraja):
    return order_in(cast, "awaiting_payment")


@pytest.fixture
def payment(order, daraja):
    return lost(order, daraja)


# -- Kept as it came ------------------------------------------------------------------------------------------------


@pytest.fixture
def known(order):
    """An attempt whose push was answered."""
    return attempt(order)


def test_the_same_message_run_twice_changes_nothing(known):
    message = payment_messages.receive(known.callback_token, json.dumps(callback(known)), address="127.0.0.1")
    assert [payment_messages.process(message.id) for _ in range(2)] == ["settled", "settled"]
    assert completed().total() == 1


def test_an_unknown_token_is_kept_and_does_nothing(known):
    message = payment_messages.receive("0" * 32, json.dumps(callback(known)), address="127.0.0.1")
    assert payment_messages.process(message.id) == "unmatched"
    db.session.refresh(known)
    assert known.status == "prompted"


@pytest.mark.parametrize("body", ["", "no JSON", "[]", '{"Body": {}}', '{"Body": {"stkCallback": {"ResultCode": 0}}}'])
def test_what_is_no_callback_is_kept_and_does_nothing(known, body):
    message = payment_messages.receive(known.callback_token, body, address="127.0.0.1")
    assert payment_messages.process(message.id) == "malformed"
    assert db.session.get(ProviderMessage, message.id).body == body


def test_a_callback_leaves_a_job_for_the_queue_of_payments(known):
    message = payment_messages.receive(known.callback_token, "{}", address="127.0.0.1")
    job = db.session.scalars(select(Job)).one()
    assert (job.queue, job.kind, job.key, json.loads(job.payload)) == (
        "payments",
        "process_payment",
        f"message:{message.id}",
        {"message": message.id},
    )


# -- Nobody knows whether it is true ----------------------------------------------------------------------------------


def test_a_callback_is_believed_once_m_pesa_says_the_same(order, payment, daraja):
    daraja.truths = {true_id(payment): result(0)}
    assert told(payment, callback(payment)) == "unverified"
    assert (payment.status, payment.receipt, balance()) == ("unknown", None, {})
    asked_about(payment)
    db.session.refresh(order)
    assert (payment.status, payment.checkout_request_id, order.status) == ("paid", true_id(payment), "placed")
    assert (outcomes(), balance(), completed().total()) == (["settled"], {RECEIPT: "settled"}, 1)


def test_each_question_is_kept_with_its_answer(payment, daraja):
    daraja.queries = [STILL_ASKED, BROKEN, result(0)]
    told(payment, callback(payment))
    for _ in range(3):
        asked_about(payment)
    kept = select(ProviderMessage.outcome).where(ProviderMessage.kind == "query").order_by(ProviderMessage.id)
    assert db.session.scalars(kept).all() == ["pending", "unanswered", "confirms_paid"]
    assert payment.status == "paid"


def test_a_callback_that_was_verified_is_not_asked_about_again(payment, daraja):
    daraja.queries = [result(0)]
    told(payment, callback(payment))
    for _ in range(3):
        asked_about(payment)
    assert (len(daraja.asked[QUERY]), completed().total()) == (1, 1)


def test_it_is_asked_about_with_longer_and_longer_pauses(payment):
    with time_machine.travel(now(), tick=False):
        told(payment, callback(payment))
        began = now()
        ask_to_the_end(payment)
    waits = [(job.due_at - began).total_seconds() for job in questions()]
    assert waits == [0, *VERIFICATION_PAUSES]


@pytest.mark.parametrize("truth_first", [True, False])
def test_a_forged_callback_buys_nothing_and_the_true_one_counts(order, payment, daraja, truth_first):
    """And a person hears of it: by nothing but a callback do we know which of the two was ours."""
    daraja.truths = {true_id(payment): result(0), FORGED: UNKNOWN}
    bodies = [callback(payment, receipt="FORGED0001", CheckoutRequestID=FORGED), callback(payment)]
    for body in reversed(bodies) if truth_first else bodies:
        told(payment, body)
        asked_about(payment)
    ask_to_the_end(payment)
    db.session.refresh(order)
    assert (payment.status, payment.receipt, order.status, order.payment_status) == (
        "needs_review",
        RECEIPT,
        "placed",
        "paid",
    )
    assert balance() == {RECEIPT: "review"}
    assert sorted(outcomes()) == ["forged", "settled"]


@pytest.fixture
def doubted(payment, daraja):
    """An attempt of which a forged callback alone was heard."""
    daraja.truths = {FORGED: UNKNOWN}
    told(payment, callback(payment, receipt="FORGED0001", CheckoutRequestID=FORGED))
    ask_to_the_end(payment)
    return payment


def test_a_forged_callback_alone_is_for_a_person(order, doubted):
    assert (doubted.status, doubted.receipt, doubted.checkout_request_id) == ("needs_review", None, None)
    assert doubted.review_reason == "A callback told of receipt FORGED0001; M-Pesa did not confirm it when asked."
    assert (order.status, outcomes(), balance()) == ("awaiting_payment", ["unconfirmed"], {})


def test_the_true_callback_still_counts_after_a_person_was_asked_to_look(order, doubted, daraja):
    daraja.truths[true_id(doubted)] = result(0)
    told(doubted, callback(doubted))
    asked_about(doubted)
    db.session.refresh(order)
    assert (order.status, doubted.receipt, balance()) == ("placed", RECEIPT, {RECEIPT: "review"})
    assert "FORGED0001" in doubted.review_reason, "the person may not have looked yet"


def test_a_forged_no_ends_nothing(payment, daraja):
    daraja.truths = {true_id(payment): result(0), FORGED: UNKNOWN}
    told(payment, callback(payment, 1032, CheckoutRequestID=FORGED))
    ask_to_the_end(payment)
    assert (payment.status, outcomes()) == ("unknown", ["unconfirmed"])
    told(payment, callback(payment))
    asked_about(payment)
    assert balance() == {RECEIPT: "settled"}


def test_a_no_is_final_once_m_pesa_says_the_same(order, payment, daraja):
    daraja.truths = {true_id(payment): result(1032)}
    told(payment, callback(payment, 1032))
    asked_about(payment)
    db.session.refresh(order)
    assert (payment.status, payment.checkout_request_id) == ("rejected", true_id(payment))
    assert (order.status, payment.look_at, balance()) == ("awaiting_payment", None, {})
    assert order.due_at - now() <= timedelta(minutes=5)


@pytest.mark.parametrize(
    ("code", "answer", "says"),
    [
        (0, 1032, f"A callback told of receipt {RECEIPT}; M-Pesa, when asked, said that it was not paid."),
        (1032, 0, "A callback said that it was not paid; M-Pesa, when asked, said that it was."),
    ],
)
def test_what_m_pesa_contradicts_is_for_a_person(order, payment, daraja, code, answer, says):
    daraja.queries = [result(answer)]
    told(payment, callback(payment, code))
    asked_about(payment)
    assert (payment.status, payment.review_reason, payment.checkout_request_id) == ("needs_review", says, None)
    assert (order.status, balance(), outcomes()) == ("awaiting_payment", {}, ["contradicts"])


@pytest.mark.parametrize("answers_first", [True, False])
def test_a_yes_and_then_a_no_is_for_a_person_who_reads_both(payment, daraja, answers_first):
    daraja.queries = [result(1032)]
    told(payment, callback(payment))
    if answers_first:
        asked_about(payment)
    told(payment, callback(payment, 1032))
    asked_about(payment)
    assert payment.status == "needs_review"
    assert RECEIPT in payment.review_reason


def test_a_no_that_m_pesa_confirms_does_not_hide_money_that_it_did_not(payment, daraja):
    daraja.truths = {true_id(payment): BROKEN, FORGED: result(1032)}
    told(payment, callback(payment))
    ask_to_the_end(payment)
    told(payment, callback(payment, 1032, CheckoutRequestID=FORGED))
    asked_about(payment)
    assert payment.status == "needs_review"
    assert RECEIPT in payment.review_reason


def test_a_lie_that_m_pesa_confirms_does_not_hide_money_that_it_did_not(payment, daraja):
    daraja.truths = {true_id(payment): BROKEN, FORGED: result(0)}
    told(payment, callback(payment))
    ask_to_the_end(payment)
    told(payment, callback(payment, receipt="ELSEWHERE1", CheckoutRequestID=FORGED))
    asked_about(payment)
    assert (payment.status, payment.receipt) == ("needs_review", "ELSEWHERE1")
    assert RECEIPT in payment.review_reason


@pytest.fixture
def refused_elsewhere(payment, daraja):
    """A no about a prompt of the same shop that is not this attempt's, which M-Pesa confirms."""
    daraja.truths = {FORGED: result(1032), true_id(payment): result(0)}
    body = callback(payment, 1032, CheckoutRequestID=FORGED)
    true = callback(payment)
    told(payment, body)
    asked_about(payment)
    assert payment.status == "rejected"
    return body, true


def test_a_no_that_is_said_again_does_not_hide_money_that_came_between(payment, refused_elsewhere):
    no, true = refused_elsewhere
    for body in (true, no):
        told(payment, body)
    asked_about(payment)
    assert payment.status == "needs_review"
    assert RECEIPT in payment.review_reason


def test_ids_that_a_callback_told_settle_nothing_once_they_were_doubted(order, payment, refused_elsewhere):
    told(payment, refused_elsewhere[1])
    told(payment, callback(payment, receipt="MADEUP0002", CheckoutRequestID=FORGED))
    db.session.refresh(order)
    assert (payment.status, order.status) == ("needs_review", "awaiting_payment")
    assert RECEIPT in payment.review_reason


def test_m_pesas_own_yes_is_not_taken_back_by_a_no(payment, daraja):
    daraja.truths = {true_id(payment): result(0), FORGED: result(1032)}
    told(payment, callback(payment, 1032))
    asked_about(payment)
    told(payment, callback(payment, 1032, CheckoutRequestID=FORGED))
    asked_about(payment)
    assert payment.status == "needs_review"
    assert "said that it was." in payment.review_reason


def test_a_yes_without_a_receipt_is_not_taken_back_by_a_no(payment, daraja):
    with time_machine.travel(now() + timedelta(minutes=6)):
        payment_deadlines.act_on_due()
    daraja.truths = {true_id(payment): result(0), FORGED: result(1032)}
    told(payment, callback(payment, receipt=None))
    asked_about(payment)
    told(payment, callback(payment, 1032, CheckoutRequestID=FORGED))
    assert payment.status == "needs_review"
    assert "names no receipt" in payment.review_reason


def test_the_same_prompt_first_without_a_receipt_is_no_other_money(payment, daraja):
    daraja.truths = {true_id(payment): result(1032)}
    told(payment, callback(payment, receipt=None))
    asked_about(payment)
    daraja.truths = {true_id(payment): result(0)}
    told(payment, callback(payment))
    asked_about(payment)
    assert (payment.status, balance()) == ("paid", {RECEIPT: "settled"})


@pytest.mark.parametrize("receipt", [RECEIPT, "SECOND0001"])
def test_what_is_told_after_a_person_decided_is_read(cast, payment, daraja, receipt):
    daraja.queries = [BROKEN]
    told(payment, callback(payment))
    ask_to_the_end(payment)
    payment_review.deny(payment, by=cast.admin, expected_version=payment.version, note="x" * LONGEST_NOTE)
    told(payment, callback(payment, receipt=receipt))
    ask_to_the_end(payment)
    assert payment.status == "needs_review"
    assert payment.review_reason.endswith(f"told of receipt {receipt}; M-Pesa did not confirm it when asked.")


def test_a_persons_no_lets_the_guest_try_again_whatever_waits(cast, order, payment):
    told(payment, callback(payment, 1032))
    with time_machine.travel(now() + timedelta(minutes=6)):
        payment_deadlines.act_on_due()
        db.session.refresh(payment)
        payment_review.deny(payment, by=cast.admin, expected_version=payment.version, note="Nothing came.")
        assert attempt(order).id != payment.id


def test_two_doubts_are_read_one_after_the_other(payment, daraja):
    daraja.queries = [BROKEN]
    for receipt in ("FIRST00001", "SECOND0001"):
        told(payment, callback(payment, receipt=receipt, CheckoutRequestID=f"{FORGED}{receipt}"))
    ask_to_the_end(payment)
    assert payment.review_reason == (
        "A callback told of receipt FIRST00001; M-Pesa did not confirm it when asked.\nThen: "
        "A callback told of receipt SECOND0001; M-Pesa did not confirm it when asked."
    )


def test_no_second_attempt_is_begun_while_a_callback_about_the_first_waits(order, payment):
    told(payment, callback(payment))
    with time_machine.travel(now() + timedelta(minutes=6)):
        payment_deadlines.act_on_due()
        with pytest.raises(PaymentInProgress):
            attempt(order)


def test_money_that_m_pesa_denies_after_a_person_confirmed_it_is_for_a_person(cast, payment, daraja):
    told(payment, callback(payment))
    payment_review.confirm(payment, by=cast.admin, expected_version=payment.version, note="Seen.", receipt=RECEIPT)
    daraja.queries = [result(1032)]
    asked_about(payment)
    assert (payment.status, balance()) == ("needs_review", {RECEIPT: "review"})


def test_a_no_that_both_say_of_money_that_a_person_confirmed_is_for_a_person(cast, payment, daraja):
    payment_review.confirm(payment, by=cast.admin, expected_version=payment.version, note="Seen.", receipt="SHOWN00001")
    daraja.queries = [result(1032)]
    told(payment, callback(payment, 1032))
    asked_about(payment)
    assert (payment.status, payment.receipt) == ("needs_review", "SHOWN00001")


def test_money_without_a_receipt_after_a_person_said_no_is_for_a_person(cast, payment, daraja):
    told(payment, callback(payment, receipt=None))
    payment_review.deny(payment, by=cast.admin, expected_version=payment.version, note="Nothing came.")
    daraja.queries = [result(0)]
    asked_about(payment)
    assert (payment.status, outcomes()) == ("needs_review", ["no_receipt"])


def test_a_true_prompt_with_another_merchants_id_is_for_a_person(payment, daraja):
    status, said = result(0)
    daraja.queries = [(status, {**said, "MerchantRequestID": "m-true"})]
    told(payment, callback(payment, MerchantRequestID="m-forged"))
    asked_about(payment)
    assert (payment.status, outcomes(), balance()) == ("needs_review", ["contradicts"], {})


def test_another_payments_prompt_is_not_this_ones(cast, payment, daraja):
    daraja.pushes = [(200, {"ResponseCode": "0", "CheckoutRequestID": "ws_CO_of_another", "MerchantRequestID": "m-9"})]
    other = attempt(order_in(cast, "awaiting_payment"))
    told(other, callback(other))
    daraja.truths = {"ws_CO_of_another": result(0)}
    told(payment, callback(payment, receipt="FORGED0001", CheckoutRequestID="ws_CO_of_another"))
    asked_about(payment)
    assert (payment.status, outcomes(), balance()) == ("needs_review", ["settled", "forged"], {RECEIPT: "settled"})


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [({"amount": 1}, "wrong_amount"), ({"phone": "+254700000001"}, "wrong_phone"), ({"receipt": None}, "no_receipt")],
)
def test_money_that_is_true_and_does_not_fit_is_for_a_person(payment, daraja, changes, outcome):
    daraja.queries = [result(0)]
    told(payment, callback(payment, **changes))
    asked_about(payment)
    assert (payment.status, outcomes()) == ("needs_review", [outcome])


def test_an_order_is_not_given_up_while_its_callback_waits(order, payment, daraja):
    told(payment, callback(payment))
    asked_about(payment)
    with atomic():
        order.due_at = now()
    order_deadlines.act_on_due()
    daraja.queries = [result(0)]
    asked_about(payment)
    db.session.refresh(order)
    assert (order.status, balance()) == ("placed", {RECEIPT: "settled"})


def test_the_same_callback_twice_while_it_waits_is_one_money(payment, daraja):
    daraja.queries = [result(0)]
    assert [told(payment, callback(payment)) for _ in range(2)] == ["unverified"] * 2
    asked_about(payment)
    assert (outcomes(), balance(), completed().total()) == (["settled", "repeated"], {RECEIPT: "settled"}, 1)
    assert len(daraja.asked[QUERY]) == 1, "the second is known by its id by then"


def test_a_flood_of_callbacks_is_asked_about_one_a_minute(payment, daraja):
    with time_machine.travel(now(), tick=False):
        came = [told(payment, callback(payment, receipt=f"FLOOD{n:05}")) for n in range(7)]
        waits = [(job.due_at - now()).total_seconds() for job in questions()]
    assert (came, waits) == (["unverified"] * 7, [0, 0, 0, 0, 0, 60, 120])


def test_the_true_callback_counts_after_a_flood(order, payment, daraja):
    for n in range(6):
        told(payment, callback(payment, receipt=f"FLOOD{n:05}", CheckoutRequestID=f"{FORGED}_{n}"))
    daraja.queries, daraja.truths = [UNKNOWN], {true_id(payment): result(0)}
    told(payment, callback(payment))
    asked_about(payment)
    db.session.refresh(order)
    assert (order.status, payment.receipt) == ("placed", RECEIPT)


def test_money_after_a_push_that_was_refused_is_for_a_person(order, daraja):
    daraja.pushes, daraja.queries = [BAD_PHONE], [result(0)]
    refused = attempt(order)
    told(refused, callback(refused))
    asked_about(refused)
    assert (refused.review_reason, balance()) == ("It was refused first, then paid.", {RECEIPT: "review"})


def test_money_for_wifi_buys_its_pass_once_m_pesa_says_the_same(cast, daraja):
    daraja.pushes, daraja.queries = [BROKEN], [result(0)]
    bought = payments.start_wifi(wifi_package(cast.restaurant), phone="+254712345678", by=None)
    payment_push.send(bought)
    told(bought, callback(bought))
    assert balance() == {}
    asked_about(bought)
    assert balance() == {RECEIPT: "pass"}


def test_what_says_that_it_goes_on_is_asked_about_by_nobody(payment):
    assert told(payment, callback(payment, 4999)) == "pending"
    assert not db.session.scalars(select(Job).where(Job.kind == "verify_callback")).all()


def test_a_callback_that_waits_does_not_keep_the_attempt_from_a_person(payment):
    told(payment, callback(payment))
    with time_machine.travel(now() + timedelta(minutes=6)):
        payment_deadlines.act_on_due()
    db.session.refresh(payment)
    assert payment.status == "needs_review"


def test_money_that_a_person_confirmed_meanwhile_is_one_money(cast, payment, daraja):
    told(payment, callback(payment))
    payment_review.confirm(payment, by=cast.admin, expected_version=payment.version, note="Seen.", receipt=RECEIPT)
    daraja.queries = [result(0)]
    asked_about(payment)
    assert (outcomes(), balance(), completed().total()) == (["repeated"], {RECEIPT: "settled"}, 1)


def test_other_money_than_a_person_confirmed_is_for_a_person(cast, payment, daraja):
    told(payment, callback(payment))
    payment_review.confirm(payment, by=cast.admin, expected_version=payment.version, note="Seen.", receipt="OTHER12345")
    ask_to_the_end(payment)
    assert (payment.status, payment.receipt, outcomes()) == ("needs_review", "OTHER12345", ["unconfirmed"])


def test_money_for_an_order_that_was_called_off_meanwhile_goes_back(order, payment, daraja):
    told(payment, callback(payment))
    orders.call_off(order, by=order.customer)
    daraja.queries = [result(0)]
    asked_about(payment)
    assert balance() == {RECEIPT: "refund order_gone"}
