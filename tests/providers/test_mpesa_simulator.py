"""The M-Pesa simulator: Daraja's own words and types, the money behind them, and every way to mistreat us."""

import threading
import time

import httpx
import pytest

from tests.providers.conftest import OTHER, PHONE
from tests.simulator import digits, within


def items(callback):
    return {item["Name"]: item.get("Value") for item in callback["CallbackMetadata"]["Item"]}


def results(listener):
    return [callback["ResultCode"] for callback in listener.callbacks]


# -- Daraja's words ------------------------------------------------------------------------------------------------


def test_a_token_is_given_for_key_and_secret(daraja):
    assert daraja.token().json().keys() == {"access_token", "expires_in"}
    assert daraja.token().json()["expires_in"] == "3599"


@pytest.mark.parametrize(
    ("how", "code"), [({"key": "wrong"}, "400.008.01"), ({"grant": "password"}, "400.008.02")], ids=["key", "grant"]
)
def test_no_token_is_given_for_anything_else(daraja, how, code):
    answer = daraja.token(**how)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, code)


def test_a_push_is_accepted_in_darajas_words(daraja):
    answer = daraja.push().json()
    assert answer.pop("CheckoutRequestID").startswith("ws_CO_")
    assert answer.pop("MerchantRequestID")
    accepted = "Success. Request accepted for processing"
    assert answer == {"ResponseCode": "0", "ResponseDescription": accepted, "CustomerMessage": accepted}


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"amount": 6.5}, "Invalid Amount"),
        ({"amount": "0"}, "Invalid Amount"),
        ({"amount": -1}, "Invalid Amount"),
        ({"PhoneNumber": "0712345678"}, "Invalid PhoneNumber"),
        ({"PartyA": "254700000000"}, "Invalid PartyA"),
        ({"PartyB": "1"}, "Invalid PartyB"),
        ({"TransactionType": "Pay"}, "Invalid TransactionType"),
        ({"BusinessShortCode": "600000"}, "Invalid BusinessShortCode"),
        ({"Timestamp": "today"}, "Invalid Timestamp"),
        ({"CallBackURL": "ftp://127.0.0.1/"}, "Invalid CallBackURL"),
        ({"CallBackURL": "https://example.com/webhooks"}, "Invalid CallBackURL"),
        ({"AccountReference": "thirteen char"}, "Invalid AccountReference"),
        ({"TransactionDesc": ""}, "Invalid TransactionDesc"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_push_that_is_not_right_is_refused_in_darajas_words(daraja, simulator, wrong, complaint):
    answer = daraja.push(**wrong)
    assert answer.status_code == 400
    assert answer.json() == {
        "requestId": answer.json()["requestId"],
        "errorCode": "400.002.02",
        "errorMessage": f"Bad Request - {complaint}",
    }
    assert simulator.prompts() == []


def test_a_password_that_was_made_otherwise_is_refused(daraja):
    answer = daraja.push(Password="d3Jvbmc=")
    assert (answer.status_code, answer.json()["errorMessage"]) == (500, "Wrong credentials")


@pytest.mark.parametrize("body", [[], "text"])
def test_what_is_no_object_is_refused(daraja, body):
    assert daraja.post("/mpesa/stkpush/v1/processrequest", body).json()["errorCode"] == "400.002.05"


@pytest.mark.parametrize("token", ["Bearer never-given", "Basic a2V5OnNlY3JldA==", ""])
def test_nobody_pushes_or_asks_without_a_token(daraja, token):
    daraja.headers = {"Authorization": token}
    for answer in (daraja.push(), daraja.query("ws_CO_1")):
        assert (answer.status_code, answer.json()["errorCode"]) == (404, "404.001.03")


def test_a_phone_has_one_prompt_at_a_time(daraja, simulator):
    daraja.push().raise_for_status()
    answer = daraja.push()
    assert (answer.status_code, answer.json()["errorCode"]) == (500, "500.001.1001")
    simulator.cancel(PHONE)
    assert daraja.push().status_code == 200


def test_of_pushes_at_once_one_prompts(daraja, simulator):
    answers = []
    pushes = [threading.Thread(target=lambda: answers.append(daraja.push().status_code)) for _ in range(8)]
    for push in pushes:
        push.start()
    for push in pushes:
        push.join()
    assert sorted(answers) == [200] + 7 * [500]
    assert len(simulator.prompts()) == 1


def test_a_query_says_that_it_is_being_processed_and_then_what_came_of_it(daraja, simulator, pushed):
    checkout_id = pushed()
    answer = daraja.query(checkout_id)
    assert (answer.status_code, answer.json()["errorCode"]) == (500, "500.001.1001")
    assert answer.json()["errorMessage"] == "The transaction is being processed"
    simulator.cancel(PHONE)
    said = daraja.query(checkout_id).json()
    assert said.keys() == {
        *("ResponseCode", "ResponseDescription", "MerchantRequestID", "CheckoutRequestID", "ResultCode", "ResultDesc")
    }
    assert (said["ResponseCode"], said["ResultCode"], said["CheckoutRequestID"]) == ("0", "1032", checkout_id)


def test_a_query_about_nothing_is_refused(daraja):
    assert daraja.query("ws_CO_0").json()["errorMessage"] == "Bad Request - Invalid CheckoutRequestID"


# -- The phone, and its money ----------------------------------------------------------------------------------------


def test_the_right_pin_moves_the_money_and_calls_back_once(daraja, simulator, pushed, listener):
    checkout_id = pushed(amount=650)
    assert simulator.approve(PHONE)["decided"]
    [told] = simulator.callbacks(checkout_id)
    assert (told["kind"], told["answer"]) == ("truth", "200")
    [(path, body)] = listener.heard
    callback = body["Body"]["stkCallback"]
    assert path == "/webhooks/mpesa/secret/token"
    assert (callback["CheckoutRequestID"], callback["ResultCode"]) == (checkout_id, 0)
    assert callback["ResultDesc"] == "The service request is processed successfully."
    [receipt] = simulator.ledger()
    told = items(callback)
    assert told.pop("TransactionDate") > 20_200_000_000_000
    assert told == {
        "Amount": 650.0,
        "MpesaReceiptNumber": receipt["receipt"],
        "Balance": None,
        "PhoneNumber": int(digits(PHONE)),
    }
    assert (receipt["amount"], receipt["phone"], receipt["account"]) == (650, digits(PHONE), "7K3MWQ2")
    assert len(receipt["receipt"]) == 10


@pytest.mark.parametrize(
    ("answer", "result", "words"),
    [
        ("cancel", 1032, "Request cancelled by user."),
        ("wrong_pin", 2001, "The initiator information is invalid."),
    ],
)
def test_any_other_answer_moves_none_and_says_so(simulator, pushed, listener, answer, result, words):
    checkout_id = pushed()
    getattr(simulator, answer)(PHONE)
    simulator.callbacks(checkout_id)
    [callback] = listener.callbacks
    assert (callback["ResultCode"], callback["ResultDesc"]) == (result, words)
    assert "CallbackMetadata" not in callback
    assert simulator.ledger() == []


def test_who_has_too_little_pays_nothing(simulator, pushed, listener):
    simulator.set_balance(PHONE, 649)
    checkout_id = pushed(amount=650)
    simulator.approve(PHONE)
    simulator.callbacks(checkout_id)
    assert results(listener) == [1]
    assert simulator.ledger() == []


def test_a_prompt_that_nobody_answers_ends_by_itself(simulator, pushed, listener):
    simulator.set(prompt_s=0.1)
    simulator.callbacks(pushed())
    assert results(listener) == [1037]


def test_a_prompt_is_decided_once(simulator, pushed, listener):
    checkout_id = pushed()
    simulator.approve(PHONE)
    path = f"/control/prompts/{checkout_id}/decision"
    assert not simulator.post(path, cancel=True)["decided"]
    simulator.callbacks(checkout_id)
    assert results(listener) == [0]


@pytest.mark.parametrize(("pin", "result"), [("approve", 0), ("cancel", 1032), ("wrong", 2001)])
def test_the_pin_enters_itself_where_that_is_set(simulator, pushed, listener, pin, result):
    simulator.set(pin=pin, pin_delay_ms=20)
    simulator.callbacks(pushed())
    assert results(listener) == [result]


# -- The switches ----------------------------------------------------------------------------------------------------


def test_a_switch_for_one_phone_leaves_the_others(simulator, pushed):
    simulator.set(PHONE, pin="approve")
    pushed(OTHER)
    simulator.callbacks(pushed(PHONE))
    assert [receipt["phone"] for receipt in simulator.ledger()] == [digits(PHONE)]
    assert simulator.prompt(OTHER)["result"] is None


@pytest.mark.parametrize("wrong", [{"pin": "perhaps"}, {"late_s": -1}, {"late_s": "soon"}, {"mood": "bad"}])
def test_a_switch_that_does_not_exist_is_refused(simulator, wrong):
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        simulator.set(**wrong)


def test_a_push_can_fail_before_it_prompts(daraja, simulator):
    simulator.set(push="error")
    assert daraja.push().status_code == 500
    assert simulator.prompts() == []


@pytest.mark.parametrize(("how", "prompts"), [("hang", 1), ("swallow", 0)])
def test_a_push_can_stay_without_an_answer(daraja, simulator, how, prompts):
    simulator.set(push=how)
    with pytest.raises(httpx.ReadTimeout):
        daraja.push(timeout=0.3)
    assert len(simulator.prompts()) == prompts


def test_the_answer_to_a_push_can_be_slow(daraja, simulator):
    simulator.set(push_delay_ms=200)
    began = time.monotonic()
    assert daraja.push().status_code == 200
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize(("how", "code"), [("processing", "500.001.1001"), ("error", "500.003.1001")])
def test_a_query_can_say_nothing_for_ever(daraja, simulator, pushed, how, code):
    simulator.set(query=how, pin="approve")
    checkout_id = pushed()
    simulator.callbacks(checkout_id)
    assert daraja.query(checkout_id).json()["errorCode"] == code


@pytest.mark.parametrize(
    ("mode", "told"), [("twice", [0, 0]), ("success_then_failure", [0, 1032]), ("failure_then_success", [1032, 0])]
)
def test_callbacks_can_repeat_and_contradict(simulator, pushed, listener, mode, told):
    simulator.set(callbacks=mode, pin="approve")
    simulator.callbacks(pushed(), 2)
    assert results(listener) == told
    assert len(simulator.ledger()) == 1


def test_callbacks_can_be_late(simulator, pushed, listener):
    simulator.set(late_s=0.3)
    checkout_id = pushed()
    simulator.approve(PHONE)
    assert len(simulator.ledger()) == 1
    assert listener.heard == []
    simulator.callbacks(checkout_id)


def test_callbacks_can_stay_away(simulator, pushed, listener):
    simulator.set(callbacks="never")
    pushed(PHONE)
    simulator.approve(PHONE)
    # What follows of another phone has been told; of this one nothing.
    simulator.set(OTHER, callbacks="once")
    checkout_id = pushed(OTHER)
    simulator.approve(OTHER)
    simulator.callbacks(checkout_id)
    assert [callback["CheckoutRequestID"] for callback in listener.callbacks] == [checkout_id]


def test_the_later_attempt_can_be_told_of_first(simulator, pushed, listener):
    simulator.set(callbacks="out_of_order")
    first = pushed()
    simulator.cancel(PHONE)
    second = pushed()
    simulator.approve(PHONE)
    simulator.callbacks(first)
    assert [callback["CheckoutRequestID"] for callback in listener.callbacks] == [second, first]


def test_what_waits_for_a_later_attempt_can_be_sent(simulator, pushed, listener):
    simulator.set(callbacks="out_of_order", pin="approve")
    checkout_id = pushed()
    within(5, simulator.ledger)
    assert listener.heard == []
    assert simulator.send_held() == 1
    assert len(simulator.callbacks(checkout_id)) == 1


def test_a_forged_callback_can_come_first(simulator, pushed, listener):
    simulator.set(pin="approve", forged="amount")
    told = simulator.callbacks(pushed(amount=650), 2)
    assert [each["kind"] for each in told] == ["amount", "truth"]
    forged, true = map(items, listener.callbacks)
    assert (forged["Amount"], true["Amount"]) == (750.0, 650.0)
    assert [true["MpesaReceiptNumber"]] == [receipt["receipt"] for receipt in simulator.ledger()]
    assert forged["MpesaReceiptNumber"] != true["MpesaReceiptNumber"]


@pytest.mark.parametrize("lie", ["checkout_id", "phone", "secret", "token"])
def test_a_forged_callback_lies_in_one_thing(simulator, pushed, listener, lie):
    simulator.set(pin="cancel", callbacks="never", forged=lie)
    checkout_id = pushed()
    simulator.callbacks(checkout_id)
    [(path, body)] = listener.heard
    callback = body["Body"]["stkCallback"]
    *_, secret, token = path.split("/")
    assert {
        "checkout_id": callback["CheckoutRequestID"] != checkout_id,
        "phone": items(callback)["PhoneNumber"] != int(digits(PHONE)),
        "secret": secret != "secret",
        "token": token != "token",
    } == {name: name == lie for name in ("checkout_id", "phone", "secret", "token")}
    assert callback["ResultCode"] == 0
    assert simulator.ledger() == []


def test_callbacks_can_be_sent_by_hand(simulator, pushed, listener):
    checkout_id = pushed()
    simulator.approve(PHONE)
    simulator.callbacks(checkout_id)
    simulator.send(checkout_id, "failure", "truth")
    assert results(listener) == [0, 1032, 0]


def test_where_nobody_listens_it_is_noted_and_not_tried_again(simulator, daraja, listener):
    checkout_id = daraja.push(CallBackURL="http://127.0.0.1:9/webhooks").json()["CheckoutRequestID"]
    simulator.approve(PHONE)
    assert [each["answer"] for each in simulator.callbacks(checkout_id)] == ["ConnectError"]
    assert listener.heard == []


def test_many_phones_pay_at_once_and_every_shilling_is_in_the_ledger(simulator, daraja, listener):
    simulator.set(pin="approve")
    phones = [f"+2547{number:08}" for number in range(40)]
    pushes = [threading.Thread(target=daraja.push, args=(phone, 10)) for phone in phones]
    for push in pushes:
        push.start()
    for push in pushes:
        push.join()
    within(10, lambda: len(listener.heard) == len(phones))
    paid = sorted((receipt["phone"], receipt["amount"]) for receipt in simulator.ledger())
    assert paid == [(digits(phone), 10) for phone in phones]
    assert len({receipt["receipt"] for receipt in simulator.ledger()}) == len(phones)
