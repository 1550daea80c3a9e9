"""What the simulator posts to the address that came with a push, by its switches: the truth, late, twice, or lies.

Several callbacks about one prompt go out one after the other, each when the one before was answered; none is repeated.
"""

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from app.providers.http import client

from .wallets import NAIROBI, RESULTS, Posted, Prompt, Wallets, new_receipt

PATIENCE = 15.0  # seconds
_GAP = 0.2  # seconds between two callbacks about one prompt
_LIES = ("checkout_id", "amount", "phone", "secret", "token")
KINDS = ("truth", "success", "failure", *_LIES)


def decided(wallets: Wallets, prompt: Prompt) -> None:
    """The prompt was decided: let its callbacks go out, as the switches say."""
    if kinds := _kinds(wallets, prompt):
        late = wallets.switches.number("late_s", prompt.phone)
        wallets.clock.after(late, lambda: send(wallets, prompt, kinds))
    if wallets.switches.word("callbacks", prompt.phone) == "out_of_order":
        _out_of_order(wallets, prompt)


def release(wallets: Wallets) -> int:
    """Send what waits for a later attempt that did not come; how many."""
    with wallets.lock:
        waiting = [prompt for held in wallets.held.values() for prompt in held]
        wallets.held.clear()
    for prompt in waiting:
        send(wallets, prompt, ["truth"])
    return len(waiting)


def send(wallets: Wallets, prompt: Prompt, kinds: Sequence[str]) -> None:
    """Post these callbacks about `prompt` now, in this order."""
    for number, kind in enumerate(kinds):
        if number:
            time.sleep(_GAP)
        answer = _post(address(prompt, kind), body(prompt, kind))
        with wallets.lock:
            prompt.posted.append(Posted(kind, datetime.now(UTC), answer))


def body(prompt: Prompt, kind: str) -> dict[str, Any]:
    """What a callback of this kind says: one that lies has a receipt that stands in no ledger."""
    result = {"success": 0, "failure": 1032, "truth": prompt.result}.get(kind, 0)
    told: dict[str, Any] = {
        "MerchantRequestID": prompt.merchant_request_id,
        "CheckoutRequestID": prompt.checkout_request_id,
        "ResultCode": result,
        "ResultDesc": RESULTS[result or 0],
    }
    if kind == "checkout_id":
        told["CheckoutRequestID"] = f"ws_CO_{secrets.randbelow(10**18):018}"
    if result == 0:
        told["CallbackMetadata"] = {"Item": _items(prompt, kind)}
    return {"Body": {"stkCallback": told}}


def address(prompt: Prompt, kind: str) -> str:
    """Where it goes: the last part of the path is the payment's, the one before it the provider's secret."""
    parts = urlsplit(prompt.callback_url)
    segments = parts.path.split("/")
    if kind == "secret" and len(segments) > 2:
        segments[-2] = secrets.token_hex(16)
    if kind == "token":
        segments[-1] = secrets.token_hex(16)
    return urlunsplit(parts._replace(path="/".join(segments)))


def _items(prompt: Prompt, kind: str) -> list[dict[str, Any]]:
    at = prompt.receipt.at if prompt.receipt else datetime.now(UTC)
    is_true = prompt.receipt is not None and kind not in _LIES
    phone = int(prompt.phone)
    return [
        {"Name": "Amount", "Value": float(prompt.amount + (100 if kind == "amount" else 0))},
        {
            "Name": "MpesaReceiptNumber",
            "Value": prompt.receipt.receipt if is_true and prompt.receipt else new_receipt(at),
        },
        # It comes without a value.
        {"Name": "Balance"},
        {"Name": "TransactionDate", "Value": int(f"{at.astimezone(NAIROBI):%Y%m%d%H%M%S}")},
        {"Name": "PhoneNumber", "Value": phone + 1 if kind == "phone" else phone},
    ]


def _kinds(wallets: Wallets, prompt: Prompt) -> list[str]:
    forged = wallets.switches.word("forged", prompt.phone)
    mode = wallets.switches.word("callbacks", prompt.phone)
    told = {
        "once": ["truth"],
        "twice": ["truth", "truth"],
        # Where no money was taken there is nothing to contradict.
        "success_then_failure": ["truth", "failure"] if prompt.result == 0 else ["truth"],
        "failure_then_success": ["failure", "truth"] if prompt.result == 0 else ["truth"],
    }.get(mode, [])
    return [*([forged] if forged != "none" else []), *told]


def _out_of_order(wallets: Wallets, prompt: Prompt) -> None:
    """Hold it back until a later attempt for the same account was told of."""
    with wallets.lock:
        earlier = wallets.held.pop(prompt.account, [])
        if not earlier:
            wallets.held[prompt.account].append(prompt)
            return

    def tell() -> None:
        for each in (prompt, *earlier):
            send(wallets, each, ["truth"])

    wallets.clock.after(wallets.switches.number("late_s", prompt.phone), tell)


def _post(url: str, told: dict[str, Any]) -> str:
    try:
        return str(client().post(url, json=told, timeout=PATIENCE).status_code)
    except httpx.HTTPError as error:
        return type(error).__name__
