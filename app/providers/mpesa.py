"""M-Pesa by Safaricom's Daraja API: the prompt on a phone (STK push), the question how it went, and reading callbacks.

What it answers is typed, and says apart what must not be confused: a clear no (nothing was asked of the phone) and no
answer (it may have been). Secrets and tokens stay in here; nothing here logs. The names of fields and the codes are
Daraja's (developer.safaricom.co.ke, "M-Pesa Express").
"""

import re
import threading
import time
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import orjson
from flask import current_app

from app.config import Config

_making = threading.Lock()
_NAIROBI = ZoneInfo("Africa/Nairobi")
# Seconds. The prompt is asked for while a guest waits; nobody waits for the rest.
_TO_CONNECT, _TO_ANSWER, _FOR_TOKEN = 3.0, 10.0, 4.0
# A token is renewed this long before it ends.
_MARGIN = 60
_LONGEST = 65_536
_TOKEN_REFUSED = ("404.001.03", "400.003.01", "401.002.01", "401.003.01")
# Errors under an HTTP 5xx that say for certain that nothing was sent to the phone.
_CLEAR_AT_500 = ("500.001.1001", "500.002.1001", "500.003.02", "500.003.03")
# To a question: the guest has not answered yet.
_STILL_ASKED = ("500.001.1001",)
# Shillings; M-Pesa itself moves a quarter of a million at once.
_MOST = 10**7
_RECEIPT = re.compile(r"[A-Za-z0-9]{1,40}")
# Newer callbacks hide a part of the number.
_PHONE = re.compile(r"[0-9*xX]{9,15}")


@dataclass(frozen=True, slots=True)
class Prompted:
    """The phone shows the prompt (or will); how it went is told by a callback."""

    checkout: str
    merchant: str
    raw: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A clear no: nothing was asked of the phone, and it may be tried again at once."""

    code: str
    text: str
    raw: str = ""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nobody knows: it may have been asked or not, paid or not. `why` is for the log."""

    why: str
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """What M-Pesa says about a prompt: code `0` is paid. Money in hundredths of a shilling, the phone as it was told.

    `receipt`, `received_minor` and `phone` come with a callback alone.
    """

    code: str
    text: str
    checkout: str
    merchant: str | None
    receipt: str | None = None
    received_minor: int | None = None
    phone: str | None = None
    raw: str = ""


@dataclass(frozen=True, slots=True)
class StillAsked:
    """The prompt still waits for the guest."""

    raw: str


def current() -> "Daraja | None":
    """M-Pesa as this application's settings have it; None where they name none."""
    config: Config = current_app.config["PASSLINE"]
    if config.mpesa_url is None:
        return None
    # One for all threads, also when they ask for the first time together.
    with _making:
        known = current_app.extensions.get("mpesa")
        if not isinstance(known, Daraja) or known.config is not config:
            if isinstance(known, Daraja):
                known.close()
            known = current_app.extensions["mpesa"] = Daraja(config)
    return known


def read_callback(body: str) -> Word | None:
    """What a callback says; None where it is not one."""
    try:
        # PostgreSQL keeps no NUL in text, however it is spelt; the rest of what was said may be money.
        said = orjson.loads(body.replace("\\u0000", "\\ufffd"))["Body"]["stkCallback"]
        code, checkout = said["ResultCode"], said["CheckoutRequestID"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    if not isinstance(code, int | str) or isinstance(code, bool) or not isinstance(checkout, str) or not checkout:
        return None
    items = _items(said)
    receipt, phone = items.get("MpesaReceiptNumber"), str(items.get("PhoneNumber", "")).lstrip("+")
    return Word(
        code=str(code)[:40],
        text=str(said.get("ResultDesc") or "")[:300],
        checkout=checkout[:100],
        merchant=_text(said.get("MerchantRequestID")),
        receipt=receipt.upper() if isinstance(receipt, str) and _RECEIPT.fullmatch(receipt) else None,
        received_minor=_hundredths(items.get("Amount")),
        phone=f"+{phone}" if _PHONE.fullmatch(phone) else None,
    )


class Daraja:
    """A shop's account with M-Pesa. One for each application; its connections and its token are shared by threads."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._client = httpx.Client(
            base_url=config.mpesa_url or "",
            timeout=httpx.Timeout(_TO_ANSWER, connect=_TO_CONNECT, pool=_TO_CONNECT),
            limits=httpx.Limits(max_connections=20),
        )
        self._token = ""
        self._token_ends = 0.0

    def close(self) -> None:
        """Close its connections; it is not used afterwards."""
        self._client.close()

    def push(self, *, phone: str, shillings: int, reference: str, token: str) -> Prompted | Refused | NoAnswer:
        """Ask `phone` (E.164) for `shillings`; `reference` is what the guest reads, `token` what we are called back by.

        No answer within the time, or none that is clear, is NoAnswer and never taken for a no.
        """
        number = phone.removeprefix("+")
        body = {
            **self._signed(),
            "TransactionType": "CustomerPayBillOnline",
            "Amount": shillings,
            "PartyA": number,
            "PartyB": self.config.mpesa_shortcode,
            "PhoneNumber": number,
            "CallBackURL": self._callback_url(token),
            "AccountReference": reference[:12],
            "TransactionDesc": reference[:13],
        }
        try:
            answer = self._post("/mpesa/stkpush/v1/processrequest", body)
        except _NoToken as error:
            return Refused("no_token", str(error))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            # The connection never was: nothing can have been asked.
            return Refused("unreachable", type(error).__name__)
        except httpx.HTTPError as error:
            return NoAnswer(type(error).__name__)
        return _pushed(answer)

    def query(self, checkout: str) -> Word | StillAsked | NoAnswer:
        """How the prompt `checkout` went, as far as M-Pesa knows."""
        body = {**self._signed(), "CheckoutRequestID": checkout}
        try:
            answer = self._post("/mpesa/stkpushquery/v1/query", body)
        except (_NoToken, httpx.HTTPError) as error:
            return NoAnswer(f"{type(error).__name__}: {error}")
        return _queried(answer, checkout)

    def _signed(self) -> dict[str, str]:
        at = f"{datetime.now(_NAIROBI):%Y%m%d%H%M%S}"
        words = f"{self.config.mpesa_shortcode}{self.config.mpesa_passkey}{at}"
        password = b64encode(words.encode()).decode()
        return {"BusinessShortCode": self.config.mpesa_shortcode, "Password": password, "Timestamp": at}

    def _callback_url(self, token: str) -> str:
        return f"{self.config.public_url}/webhooks/mpesa/{self.config.webhook_secret('mpesa')}/{token}"

    def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """Send it; once more with a fresh token where the one we had was refused, before anything was done with it."""
        answer = self._client.post(path, json=body, headers=self._authorised())
        if answer.status_code == 401 or _json(answer).get("errorCode") in _TOKEN_REFUSED:
            self._token_ends = 0.0
            answer = self._client.post(path, json=body, headers=self._authorised())
        return answer

    def _authorised(self) -> dict[str, str]:
        if time.monotonic() >= self._token_ends:
            self._renew_token()
        return {"Authorization": f"Bearer {self._token}"}

    def _renew_token(self) -> None:
        keys = (self.config.mpesa_consumer_key, self.config.mpesa_consumer_secret)
        try:
            answer = self._client.get(
                "/oauth/v1/generate",
                params={"grant_type": "client_credentials"},
                auth=keys,
                timeout=httpx.Timeout(_FOR_TOKEN, connect=_TO_CONNECT),
            )
        except httpx.HTTPError as error:
            raise _NoToken(f"no access token: {type(error).__name__}") from error
        said = _json(answer)
        token, lasts = said.get("access_token"), str(said.get("expires_in", ""))
        if answer.status_code != 200 or not isinstance(token, str) or not lasts.isdigit():
            raise _NoToken(f"no access token: HTTP {answer.status_code}")
        self._token, self._token_ends = token, time.monotonic() + max(0, int(lasts) - _MARGIN)


class _NoToken(Exception):
    """M-Pesa does not say who we are, so nothing can be asked of it."""


def _pushed(answer: httpx.Response) -> Prompted | Refused | NoAnswer:
    said, raw, status = _json(answer), answer.text[:_LONGEST], answer.status_code
    code = str(said.get("errorCode") or said.get("ResponseCode") or "")
    checkout = _text(said.get("CheckoutRequestID"))
    if status == 200 and code == "0" and checkout:
        return Prompted(checkout, _text(said.get("MerchantRequestID")) or "", raw)
    text = str(said.get("errorMessage") or said.get("ResponseDescription") or f"HTTP {status}")[:300]
    # 408: the request may have been read before somebody's patience ended.
    is_refused = 400 <= status < 500 and status != 408
    if is_refused or code in _CLEAR_AT_500 or (status == 200 and code not in ("", "0")):
        return Refused(code[:40] or f"http_{status}", text, raw)
    return NoAnswer(f"HTTP {status} {code}".strip(), raw)


def _queried(answer: httpx.Response, checkout: str) -> Word | StillAsked | NoAnswer:
    said, raw = _json(answer), answer.text[:_LONGEST]
    if said.get("errorCode") in _STILL_ASKED:
        return StillAsked(raw)
    code, about = said.get("ResultCode"), said.get("CheckoutRequestID")
    if answer.status_code != 200 or str(said.get("ResponseCode")) != "0" or code in (None, ""):
        return NoAnswer(f"HTTP {answer.status_code} {said.get('errorCode', '')}".strip(), raw)
    if about != checkout:
        return NoAnswer("it answers about another prompt, or does not say", raw)
    text = str(said.get("ResultDesc") or "")[:300]
    return Word(str(code)[:40], text, checkout, _text(said.get("MerchantRequestID")), raw=raw)


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _items(said: dict[str, Any]) -> dict[str, Any]:
    """The list of names and values that comes with money; one without a value (a balance) is left out."""
    metadata = said.get("CallbackMetadata")
    items = metadata.get("Item") if isinstance(metadata, dict) else None
    return {
        str(item.get("Name")): item["Value"]
        for item in (items if isinstance(items, list) else ())
        if isinstance(item, dict) and "Value" in item
    }


def _hundredths(value: object) -> int | None:
    """Shillings, spelt as a number or a text, in hundredths; None where it is no amount of money."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount < _MOST:
        return None
    return int((amount * 100).to_integral_value())


def _text(value: object) -> str | None:
    return value[:100] if isinstance(value, str) and value else None
