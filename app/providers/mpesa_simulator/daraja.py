"""Daraja's endpoints as Safaricom documents them ("M-Pesa Express"): OAuth, STK push and its query.

Field names, types and messages are the real ones': a query's codes are strings, a callback's are numbers, `expires_in`
is a string. What differs: callbacks may go to this machine over plain HTTP, and to no other but PUBLIC_URL's.
"""

import base64
import hmac
import re
import secrets
import time
from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import Response, jsonify, request

from . import bp, callbacks, wallets
from .wallets import RESULTS, Prompt, Wallets

_HANG = 60.0  # seconds, longer than anybody waits
_PHONE = re.compile(r"254[17]\d{8}")
_TIMESTAMP = re.compile(r"20\d{12}")
_TYPES = ("CustomerPayBillOnline", "CustomerBuyGoodsOnline")
_DEAREST = 250_000  # shillings in one transaction

View = Callable[..., Response]


class Refused(Exception):
    """An error of Daraja's: HTTP status, code, message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@bp.app_errorhandler(Refused)
def _refused(error: Refused) -> tuple[Response, int]:
    request_id = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}-{secrets.randbelow(10**9)}"
    return jsonify(requestId=request_id, errorCode=error.code, errorMessage=error.message), error.status


@bp.get("/oauth/v1/generate")
def token() -> Response:
    if request.args.get("grant_type") != "client_credentials":
        raise Refused(400, "400.008.02", "Invalid grant type passed")
    config, given = wallets().config, request.authorization
    known = f"{config.mpesa_consumer_key}:{config.mpesa_consumer_secret}"
    if given is None or given.type != "basic" or not _same(f"{given.username}:{given.password}", known):
        raise Refused(400, "400.008.01", "Invalid Authentication passed")
    return jsonify(access_token=wallets().token(), expires_in="3599")


def _with_token(view: View) -> View:
    @wraps(view)
    def checked() -> Response:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or not wallets().knows(given.strip()):
            raise Refused(404, "404.001.03", "Invalid Access Token")
        return view()

    return checked


@bp.post("/mpesa/stkpush/v1/processrequest")
@_with_token
def push() -> Response:
    state = wallets()
    asked = _asked(state)
    phone = asked["phone"]
    how = state.switches.word("push", phone)
    time.sleep(state.switches.number("push_delay_ms", phone) / 1000)
    if how == "error":
        raise Refused(500, "500.003.1001", "Internal Server Error")
    if how == "swallow":
        return _never()
    prompt = state.ask(**asked)
    if prompt is None:
        raise Refused(
            500,
            "500.001.1001",
            "Unable to lock subscriber, a transaction is already in process for the current subscriber",
        )
    _let_decide(state, prompt)
    if how == "hang":
        return _never()
    accepted = "Success. Request accepted for processing"
    return jsonify(
        MerchantRequestID=prompt.merchant_request_id,
        CheckoutRequestID=prompt.checkout_request_id,
        ResponseCode="0",
        ResponseDescription=accepted,
        CustomerMessage=accepted,
    )


@bp.post("/mpesa/stkpushquery/v1/query")
@_with_token
def query() -> Response:
    state = wallets()
    _check_password(state)
    prompt = state.prompts.get(str(_sent().get("CheckoutRequestID") or ""))
    if prompt is None:
        raise Refused(400, "400.002.02", "Bad Request - Invalid CheckoutRequestID")
    how = state.switches.word("query", prompt.phone)
    if how == "error":
        raise Refused(500, "500.003.1001", "Internal Server Error")
    if prompt.result is None or how == "processing":
        raise Refused(500, "500.001.1001", "The transaction is being processed")
    return jsonify(
        ResponseCode="0",
        # The real one writes it with three s.
        ResponseDescription="The service request has been accepted successsfully",
        MerchantRequestID=prompt.merchant_request_id,
        CheckoutRequestID=prompt.checkout_request_id,
        ResultCode=str(prompt.result),
        ResultDesc=RESULTS[prompt.result],
    )


def decide(state: Wallets, prompt: Prompt, result: int) -> bool:
    """End a prompt and let its callbacks go out; False where it was ended before."""
    done = state.decide(prompt, result)
    if done:
        callbacks.decided(state, prompt)
    return done


def _let_decide(state: Wallets, prompt: Prompt) -> None:
    """What happens to a prompt without its owner: the switches' PIN, and the end of its time."""
    by_itself = {"approve": 0, "cancel": 1032, "wrong": 2001}.get(state.switches.word("pin", prompt.phone))
    if by_itself is not None:
        after = state.switches.number("pin_delay_ms", prompt.phone) / 1000
        state.clock.after(after, lambda: decide(state, prompt, by_itself))
    state.clock.after(state.switches.number("prompt_s", prompt.phone), lambda: decide(state, prompt, 1037))


def _asked(state: Wallets) -> dict[str, Any]:
    """The fields of a push, checked in Daraja's order and refused in its words."""
    _check_password(state)
    sent = _sent()
    amount, phone, url = str(sent.get("Amount", "")), str(sent.get("PhoneNumber", "")), str(sent.get("CallBackURL", ""))
    _insist(sent.get("TransactionType") in _TYPES, "Invalid TransactionType")
    _insist(amount.isascii() and amount.isdigit() and 1 <= int(amount) <= _DEAREST, "Invalid Amount")
    _insist(_PHONE.fullmatch(phone), "Invalid PhoneNumber")
    _insist(str(sent.get("PartyA", "")) == phone, "Invalid PartyA")
    _insist(str(sent.get("PartyB", "")) == state.config.mpesa_shortcode, "Invalid PartyB")
    _insist(_may_be_called(state, url), "Invalid CallBackURL")
    account, description = str(sent.get("AccountReference", "")), str(sent.get("TransactionDesc", ""))
    _insist(1 <= len(account) <= 12, "Invalid AccountReference")
    _insist(1 <= len(description) <= 182, "Invalid TransactionDesc")
    return {
        "phone": phone,
        "amount": int(amount),
        "account": account,
        "description": description,
        "callback_url": url,
    }


def _check_password(state: Wallets) -> None:
    sent, config = _sent(), state.config
    code, at = str(sent.get("BusinessShortCode", "")), str(sent.get("Timestamp", ""))
    _insist(_same(code, config.mpesa_shortcode), "Invalid BusinessShortCode")
    _insist(_TIMESTAMP.fullmatch(at), "Invalid Timestamp")
    right = base64.b64encode(f"{code}{config.mpesa_passkey}{at}".encode()).decode()
    if not _same(str(sent.get("Password", "")), right):
        raise Refused(500, "500.001.1001", "Wrong credentials")


def _sent() -> dict[str, Any]:
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict):
        raise Refused(400, "400.002.05", "Invalid Request Payload")
    return sent


def _insist(holds: object, complaint: str) -> None:
    if not holds:
        raise Refused(400, "400.002.02", f"Bad Request - {complaint}")


def _may_be_called(state: Wallets, url: str) -> bool:
    """Only this machine, and whoever the settings say we are."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https"):
        return False
    if host == "localhost" or host == urlsplit(state.config.public_url or "").hostname:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _never() -> Response:
    """No answer, for longer than anybody waits for one."""
    time.sleep(_HANG)
    raise Refused(504, "504.001.01", "Gateway Timeout")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
