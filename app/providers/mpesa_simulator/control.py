"""The control of the simulator as JSON, for tests: switches, PINs, callbacks by hand, balances, and the ledger.

GET  /control                       {switches, phones}           POST {phone?, <switch>: position, ...}
POST /control/reset                 everything as in the beginning
GET  /control/ledger                {items, total}: what was really taken, whole shillings
GET  /control/prompts[?phone=]      {items}, the latest first, each with the callbacks that went out
POST /control/prompts/<id>/decision {pin} or {cancel: true}
POST /control/prompts/<id>/callbacks {kinds}: post these now (callbacks.KINDS)
POST /control/held                  post what waits for a later attempt
POST /control/balances              {phone, balance}
"""

from datetime import datetime
from typing import Any

from flask import Response, abort, jsonify, request

from . import bp, callbacks, wallets
from .daraja import decide
from .wallets import PIN, Prompt


@bp.get("/control")
def control() -> Response:
    switches = wallets().switches
    return jsonify(
        switches=switches.positions(), phones={phone: switches.positions(phone) for phone in switches.phones()}
    )


@bp.post("/control")
def set_switches() -> Response:
    positions = _sent()
    phone = str(positions.pop("phone", ""))
    try:
        wallets().switches.set(positions, phone)
    except ValueError as error:
        abort(422, str(error))
    return control()


@bp.post("/control/reset")
def reset() -> Response:
    wallets().clock.forget()
    wallets().forget()
    return control()


@bp.get("/control/ledger")
def ledger() -> Response:
    state = wallets()
    with state.lock:
        taken = list(state.ledger)
    items = [
        {
            "receipt": each.receipt,
            "amount": each.amount,
            "phone": each.phone,
            "checkout_request_id": each.checkout_request_id,
            "account": each.account,
            "at": _iso(each.at),
        }
        for each in taken
    ]
    return jsonify(items=items, total=sum(each.amount for each in taken))


@bp.get("/control/prompts")
def prompts() -> Response:
    return jsonify(items=[_told(prompt) for prompt in wallets().prompts_of(request.args.get("phone", ""))])


@bp.post("/control/prompts/<checkout_id>/decision")
def decision(checkout_id: str) -> Response:
    sent = _sent()
    result = 1032 if sent.get("cancel") else 0 if str(sent.get("pin")) == PIN else 2001
    prompt = _prompt(checkout_id)
    return jsonify(decided=decide(wallets(), prompt, result), **_told(prompt))


@bp.post("/control/prompts/<checkout_id>/callbacks")
def send_callbacks(checkout_id: str) -> Response:
    prompt = _prompt(checkout_id)
    kinds = _sent().get("kinds", ["truth"])
    if not isinstance(kinds, list) or not set(kinds) <= set(callbacks.KINDS):
        abort(422, f"kinds: some of {', '.join(callbacks.KINDS)}")
    callbacks.send(wallets(), prompt, kinds)
    return jsonify(_told(prompt))


@bp.post("/control/held")
def send_held() -> Response:
    return jsonify(sent=callbacks.release(wallets()))


@bp.post("/control/balances")
def set_balance() -> Response:
    sent = _sent()
    wallets().set_balance(str(sent["phone"]), int(sent["balance"]))
    return jsonify(sent)


def _prompt(checkout_id: str) -> Prompt:
    return wallets().prompts.get(checkout_id) or abort(404)


def _told(prompt: Prompt) -> dict[str, Any]:
    return {
        "checkout_request_id": prompt.checkout_request_id,
        "merchant_request_id": prompt.merchant_request_id,
        "phone": prompt.phone,
        "amount": prompt.amount,
        "account": prompt.account,
        "callback_url": prompt.callback_url,
        "at": _iso(prompt.at),
        "result": prompt.result,
        "receipt": prompt.receipt.receipt if prompt.receipt else None,
        "callbacks": [{"kind": each.kind, "at": _iso(each.at), "answer": each.answer} for each in prompt.posted],
    }


def _sent() -> dict[str, Any]:
    sent = request.get_json()
    return sent if isinstance(sent, dict) else abort(422, "a JSON object")


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
