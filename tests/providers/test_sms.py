"""Text messages by Africa's Talking, against the simulator: what was taken, what was refused, what nobody knows."""

from dataclasses import replace

import pytest

from app.providers import sms
from app.providers.sms import NoAnswer, Refused, Sent
from tests.conftest import settings
from tests.providers.conftest import OTHER, PHONE
from tests.simulator import within


@pytest.fixture
def config(simulator):
    return simulator.settings(settings("sqlite:///:memory:"), None)


def test_it_sends_one_message_to_one_phone(config, simulator):
    answer = sms.send(config, PHONE, "Hello")
    [taken] = simulator.messages()
    assert isinstance(answer, Sent)
    assert (answer.provider_id, answer.status) == (taken["id"], "Success")
    assert (taken["phone"], taken["text"], taken["from"]) == ("254712345678", "Hello", "")
    assert "SMSMessageData" in answer.said


def test_it_names_the_sender_that_was_registered(config, simulator):
    sms.send(replace(config, sms_sender="PASSLINE"), PHONE, "Hello")
    assert simulator.messages()[0]["from"] == "PASSLINE"


@pytest.mark.parametrize(("how", "words"), [("refuse", "InsufficientBalance"), ("blacklist", "UserInBlacklist")])
def test_a_clear_no_is_a_refusal_in_the_providers_words(config, simulator, how, words):
    simulator.set_sms(PHONE, send=how)
    answer = sms.send(config, PHONE, "Hello")
    assert isinstance(answer, Refused)
    assert answer.text == words
    assert isinstance(sms.send(config, OTHER, "Hello"), Sent)


def test_an_error_of_theirs_is_no_answer(config, simulator):
    simulator.set_sms(send="error")
    with pytest.raises(NoAnswer, match="answered 500"):
        sms.send(config, PHONE, "Hello")
    assert simulator.messages() == []


def test_who_never_answers_may_have_taken_it(config, simulator, monkeypatch):
    monkeypatch.setattr(sms, "_PATIENCE", 0.3)
    simulator.set_sms(send="hang")
    with pytest.raises(NoAnswer, match="did not answer"):
        sms.send(config, PHONE, "Hello")
    assert len(simulator.messages()) == 1


def test_who_is_slow_is_waited_for(config, simulator):
    simulator.set_sms(delay_ms=200)
    assert isinstance(sms.send(config, PHONE, "Hello"), Sent)


@pytest.mark.parametrize("wrong", [{"sms_api_key": "other"}, {"sms_username": "other"}])
def test_a_wrong_key_is_to_be_mended_and_then_tried_again(config, wrong):
    with pytest.raises(NoAnswer, match="401: The supplied authentication is invalid"):
        sms.send(replace(config, **wrong), PHONE, "Hello")


def test_where_nobody_listens_there_is_no_answer(config):
    with pytest.raises(NoAnswer, match="ConnectError"):
        sms.send(replace(config, sms_url="http://127.0.0.1:9"), PHONE, "Hello")


def test_an_answer_that_cannot_be_read_is_none(config, simulator):
    # The page of a captive portal, say: it says 200, and is no answer of the provider's.
    simulator.app.view_functions["sms_simulator.messaging"], real = (
        lambda: "<html>Log in first</html>",
        simulator.app.view_functions["sms_simulator.messaging"],
    )
    with pytest.raises(NoAnswer, match="cannot be read: <html>"):
        sms.send(config, PHONE, "Hello")
    simulator.app.view_functions["sms_simulator.messaging"] = real


def test_a_refusal_that_names_nobody_says_why(config, simulator):
    assert isinstance(answer := sms.send(config, PHONE, ""), Refused)
    assert answer.text == "Request is missing required form field"


def test_without_a_provider_nothing_is_sent(config):
    answer = sms.send(replace(config, sms_url=None), PHONE, "Hello")
    assert isinstance(answer, Refused)
    assert "SMS_URL" in answer.text


@pytest.mark.parametrize(
    ("switch", "told"),
    [
        ("delivered", ["Sent", "Success"]),
        ("failed", ["Sent", "Failed"]),
        ("twice", ["Sent", "Success", "Success"]),
        ("out_of_order", ["Success", "Sent"]),
        ("never", []),
    ],
)
def test_reports_come_as_the_switch_says(config, simulator, switch, told):
    simulator.know(replace(config, public_url="http://127.0.0.1:9"))
    simulator.set_sms(receipts=switch)
    sms.send(config, PHONE, "Hello")
    reports = within(5, lambda: len(simulator.messages()[0]["reports"]) == len(told) and simulator.messages())
    assert [report.partition(":")[0] for report in reports[0]["reports"]] == told
