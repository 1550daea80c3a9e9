"""The stand-in for Africa's Talking: its endpoint for text messages, an inbox to read them, and its delivery reports.

    POST /version1/messaging            form: username, to, message, from?; header apiKey
    GET  /sms                           the messages as phones show them, and the switches
    GET, POST /control/sms              the switches as JSON, as /control of the M-Pesa simulator
    GET  /control/sms/messages          {items}, the latest first, with their text: for tests alone

Reports are posted to our own webhook, at the address that the settings say (PUBLIC_URL); each once.
"""

import hmac
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from flask import Blueprint, Flask, Response, abort, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.config import Config

from .clockwork import Clockwork
from .http import client
from .switches import Choice, Number, Switches, Table

bp = Blueprint("sms_simulator", __name__)
_NAME = "sms_simulator"
_HANG = 60.0  # seconds, longer than anybody waits
_GAP = 0.2
_MOST = 60
_SAFARICOM = "63902"
BEHAVIOUR: Table = {
    "send": Choice(
        "A message",
        {
            "take": "is taken",
            "refuse": "is refused: no credit left",
            "blacklist": "is refused: the phone is on the black list",
            "error": "gets error 500",
            "hang": "is taken, and that is never answered",
        },
    ),
    "delay_ms": Number("Answers take (ms)", 0, 60_000),
    "receipts": Choice(
        "Reports",
        {
            "delivered": "say: delivered",
            "failed": "say: failed",
            "twice": "come twice",
            "out_of_order": "come out of order: delivered, then sent",
            "never": "never come",
        },
    ),
    "late_s": Number("Reports are late (s)", 0, 3600),
}
_REFUSALS = {"refuse": (405, "InsufficientBalance"), "blacklist": (406, "UserInBlacklist")}
_REPORTS = {
    "delivered": ("Sent", "Success"),
    "failed": ("Sent", "Failed"),
    "twice": ("Sent", "Success", "Success"),
    "out_of_order": ("Success", "Sent"),
    "never": (),
}


@dataclass(slots=True)
class Taken:
    """A message that was taken."""

    id: str
    phone: str
    text: str
    sender: str
    at: datetime
    reports: list[str] = field(default_factory=list)


class Texts:
    """The messages, oldest first, and how the simulator behaves."""

    def __init__(self, config: Config, clock: Clockwork) -> None:
        self.config = config
        self.clock = clock
        self.switches = Switches(BEHAVIOUR)
        self.lock = threading.Lock()
        self.taken: list[Taken] = []

    def forget(self) -> None:
        """Begin anew."""
        with self.lock:
            self.taken.clear()
        self.switches.reset()

    def take(self, phone: str, text: str, sender: str) -> Taken:
        """Keep a message; its reports come when the switches say."""
        taken = Taken(f"ATXid_{secrets.token_hex(16)}", phone, text, sender, datetime.now(UTC))
        with self.lock:
            self.taken.append(taken)
        if reports := _REPORTS[self.switches.word("receipts", phone)]:
            self.clock.after(self.switches.number("late_s", phone), lambda: self._report(taken, reports))
        return taken

    def to(self, phone: str = "") -> list[Taken]:
        """The messages to a phone (to all), the latest first."""
        with self.lock:
            return [taken for taken in reversed(self.taken) if phone in ("", taken.phone)]

    def seen_phones(self) -> list[str]:
        """Every phone that got one, the latest first."""
        return list(dict.fromkeys(taken.phone for taken in self.to()))

    def _report(self, taken: Taken, statuses: tuple[str, ...]) -> None:
        url = f"{self.config.public_url}/webhooks/sms/{self.config.webhook_secret('sms')}"
        for number, status in enumerate(statuses):
            if number:
                time.sleep(_GAP)
            told = {"id": taken.id, "status": status, "phoneNumber": f"+{taken.phone}", "networkCode": _SAFARICOM}
            if status == "Failed":
                told["failureReason"] = "DeliveryFailure"
            try:
                answer = str(client().post(url, data=told, timeout=15).status_code)
            except httpx.HTTPError as error:
                answer = type(error).__name__
            with self.lock:
                taken.reports.append(f"{status}: {answer}")


def install(app: Flask, config: Config, clock: Clockwork) -> None:
    """Put the endpoint and pages onto `app`, with no message taken yet."""
    app.extensions[_NAME] = Texts(config, clock)
    app.register_blueprint(bp)


def texts() -> Texts:
    """The state of the simulator that is asked."""
    found: Texts = current_app.extensions[_NAME]
    return found


@bp.post("/version1/messaging")
def messaging() -> ResponseReturnValue:
    state = texts()
    sent, config = request.form, state.config
    right_key = hmac.compare_digest(request.headers.get("apiKey", ""), config.sms_api_key)
    if not right_key or sent.get("username") != config.sms_username:
        return Response("The supplied authentication is invalid", 401, content_type="text/plain")
    if not sent.get("to") or not sent.get("message"):
        return Response("Request is missing required form field", 400, content_type="text/plain")
    phone = sent["to"].removeprefix("+")
    how = state.switches.word("send", phone)
    time.sleep(state.switches.number("delay_ms", phone) / 1000)
    if how == "error":
        return Response("Internal Server Error", 500, content_type="text/plain")
    if how in _REFUSALS:
        return _answer(sent["to"], *_REFUSALS[how], "None")
    taken = state.take(phone, sent["message"], sent.get("from", ""))
    if how == "hang":
        time.sleep(_HANG)
    return _answer(sent["to"], 101, "Success", taken.id)


def _answer(number: str, code: int, status: str, message_id: str) -> ResponseReturnValue:
    is_taken = code == 101
    cost = "KES 0.8000" if is_taken else "0"
    recipient = {"statusCode": code, "number": number, "status": status, "cost": cost, "messageId": message_id}
    message = f"Sent to {int(is_taken)}/1 Total Cost: {cost if is_taken else 'KES 0'}"
    return jsonify(SMSMessageData={"Message": message, "Recipients": [recipient]}), 201


@bp.get("/control/sms")
def control() -> Response:
    switches = texts().switches
    return jsonify(
        switches=switches.positions(), phones={phone: switches.positions(phone) for phone in switches.phones()}
    )


@bp.post("/control/sms")
def set_switches() -> Response:
    positions: dict[str, Any] = dict(request.get_json())
    phone = str(positions.pop("phone", ""))
    try:
        texts().switches.set(positions, phone)
    except ValueError as error:
        abort(422, str(error))
    return control()


@bp.post("/control/sms/reset")
def reset() -> Response:
    texts().forget()
    return control()


@bp.get("/control/sms/messages")
def messages() -> Response:
    items = [
        {"id": each.id, "phone": each.phone, "text": each.text, "from": each.sender, "reports": each.reports}
        for each in texts().to(request.args.get("phone", ""))
    ]
    return jsonify(items=items)


@bp.get("/sms")
def sms() -> str:
    state = texts()
    return render_template(
        "simulator/sms.html",
        messages=state.to()[:_MOST],
        table=BEHAVIOUR,
        positions=state.switches.positions(request.args.get("of", "")),
        of_phone=request.args.get("of", ""),
        own=list(state.switches.phones()),
    )


@bp.get("/sms/inbox")
def inbox() -> str:
    return render_template("simulator/_inbox.html", messages=texts().to()[:_MOST])


@bp.post("/sms/switches")
def sms_switches() -> ResponseReturnValue:
    of_phone = request.form.get("of", "")
    if refusal := texts().switches.read_form(request.form, of_phone):
        abort(422, refusal)
    return redirect(url_for(".sms", of=of_phone or None), 303)
