"""What is said to Daraja, word for word, and what its answers are taken for."""

import base64
import json

import pytest
import time_machine

from app.providers import mpesa
from tests.conftest import mpesa_settings, settings
from tests.daraja import (
    ACCEPT,
    BAD_PHONE,
    BAD_TOKEN,
    BROKEN,
    BUSY,
    HANG_UP,
    PUSH,
    QUERY,
    STILL_ASKED,
    TOKEN,
    callback,
    result,
)

ASKED = {"phone": "+254712345678", "shillings": 22, "reference": "7K3MWQ2", "token": "ab" * 16}


@pytest.fixture
def server(daraja_server):
    daraja_server.reset()
    return daraja_server


@pytest.fixture
def client(server):
    client = mpesa.Daraja(settings("sqlite://", **mpesa_settings(server)))
    yield client
    client.close()


def test_a_push_says_what_daraja_wants(client, server):
    with time_machine.travel("2026-11-29T21:30:05Z", tick=False):
        answer = client.push(**ASKED)
    assert isinstance(answer, mpesa.Prompted)
    [said] = server.asked[PUSH]
    assert said == {
        "BusinessShortCode": "174379",
        "Password": base64.b64encode(b"174379the passkey20261130003005").decode(),
        "Timestamp": "20261130003005",
        "TransactionType": "CustomerPayBillOnline",
        "Amount": 22,
        "PartyA": "254712345678",
        "PartyB": "174379",
        "PhoneNumber": "254712345678",
        "CallBackURL": f"https://passline.test/webhooks/mpesa/{client.config.webhook_secret('mpesa')}/{'ab' * 16}",
        "AccountReference": "7K3MWQ2",
        "TransactionDesc": "7K3MWQ2",
    }


def test_a_token_is_asked_for_once_and_with_the_keys(client, server):
    client.push(**ASKED)
    client.query("ws_CO_1")
    assert len(server.asked[TOKEN]) == 1
    basic = "Basic " + base64.b64encode(b"the key:the secret").decode()
    assert [headers["Authorization"] for headers in server.headers] == [basic, "Bearer a token", "Bearer a token"]


@pytest.mark.parametrize("refused", [BAD_TOKEN, (401, "")])
def test_a_token_that_is_refused_is_renewed_once(client, server, refused):
    server.pushes = [refused, ACCEPT]
    assert isinstance(client.push(**ASKED), mpesa.Prompted)
    assert len(server.asked[TOKEN]) == 2
    server.pushes = [refused]
    assert isinstance(client.push(**ASKED), mpesa.Refused)


def test_a_token_is_renewed_before_it_ends(client, server):
    server.tokens = [(200, {"access_token": "short", "expires_in": "30"})]
    client.push(**ASKED)
    client.push(**ASKED)
    assert len(server.asked[TOKEN]) == 2


@pytest.mark.parametrize(
    ("answer", "code"), [(BUSY, "500.001.1001"), (BAD_PHONE, "400.002.02"), ((403, ""), "http_403")]
)
def test_a_clear_no(client, server, answer, code):
    server.pushes = [answer]
    said = client.push(**ASKED)
    assert isinstance(said, mpesa.Refused)
    assert said.code == code


@pytest.mark.parametrize("answer", [(500, ""), (400, {"errorCode": "400"}), (200, {"access_token": 7})])
def test_without_a_token_nothing_is_asked(client, server, answer):
    server.tokens = [answer]
    said = client.push(**ASKED)
    assert isinstance(said, mpesa.Refused)
    assert (said.code, server.asked[PUSH]) == ("no_token", [])
    assert isinstance(client.query("ws_CO_1"), mpesa.NoAnswer)


@pytest.mark.parametrize("answer", [BROKEN, HANG_UP, (200, ""), (200, []), (408, ""), (302, "")])
def test_what_is_not_clear_is_no_answer(client, server, answer):
    server.pushes = [answer]
    assert isinstance(client.push(**ASKED), mpesa.NoAnswer)


def test_a_provider_that_hangs_is_no_answer(client, server):
    client._client.timeout = 0.2
    server.hang = 0.6
    assert client.push(**ASKED) == mpesa.NoAnswer("ReadTimeout")


def test_a_provider_that_is_not_there_was_asked_nothing(client, server):
    client.push(**ASKED)
    client._client.base_url = "http://127.0.0.1:9"
    said = client.push(**ASKED)
    assert isinstance(said, mpesa.Refused)
    assert said.code == "unreachable"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (result(1032), mpesa.Word),
        (STILL_ASKED, mpesa.StillAsked),
        (BROKEN, mpesa.NoAnswer),
        (HANG_UP, mpesa.NoAnswer),
        ((200, {"ResponseCode": "0"}), mpesa.NoAnswer),
    ],
)
def test_a_query(client, server, answer, kind):
    server.queries = [answer]
    assert isinstance(client.query("ws_CO_1"), kind)
    assert server.asked[QUERY][0]["CheckoutRequestID"] == "ws_CO_1"


class _Payment:
    id, amount_minor, phone = 1, 2200, "+254712345678"
    checkout_request_id, merchant_request_id = "ws_CO_1", "m-1"


def test_it_reads_a_callback():
    word = mpesa.read_callback(json.dumps(callback(_Payment)))
    assert word == mpesa.Word(
        "0",
        "The service request is processed successfully.",
        "ws_CO_1",
        "m-1",
        "SKT7RT61SV",
        2200,
        "+254712345678",
    )


def test_it_reads_a_callback_with_what_no_database_keeps():
    said = callback(_Payment, ResultDesc="paid\0", MerchantRequestID="\0")
    word = mpesa.read_callback(json.dumps(said))
    assert word is not None
    assert (word.text, word.merchant, word.receipt) == ("paid\ufffd", "\ufffd", "SKT7RT61SV")


@pytest.mark.parametrize("amount", ["22.00", 22, 22.0])
def test_it_reads_amounts_however_they_are_spelt(amount):
    assert mpesa._hundredths(amount) == 2200


@pytest.mark.parametrize("amount", [None, True, "much", float("nan"), -1, 10**12, [], "1e999"])
def test_it_knows_what_is_no_amount(amount):
    assert mpesa._hundredths(amount) is None


def test_no_secret_is_in_what_is_logged_of_it(client):
    assert "the secret" not in repr(client.config)
    assert "the passkey" not in repr(client.config)
