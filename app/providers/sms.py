"""Text messages by Africa's Talking: one message to one phone, and what came of it.

`Sent`: it was taken, and reports may follow under its id. `Refused`: it clearly was not, and asking again the same way
is of no use. `NoAnswer` is raised for everything else, from a lost connection to a wrong key: whether it was taken is
not known, or somebody has to mend something first, and whoever asked tries again later.
"""

from dataclasses import dataclass
from typing import Any

import httpx

from app.config import Config

from .http import client

_PATIENCE = 10.0  # seconds
# 100 Processed, 101 Sent, 102 Queued; from 500 on it is their own trouble, but for 502 (RejectedByGateway).
_TAKEN = (100, 101, 102)
_REFUSED = (*range(400, 500), 502)


class NoAnswer(Exception):
    """The provider of text messages gave no answer that says whether the message was taken."""


@dataclass(frozen=True, slots=True)
class Sent:
    """It was taken: the provider's own id and word for it. `said`: its whole answer."""

    provider_id: str
    status: str
    said: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not, and why, in the provider's words. `said`: its whole answer."""

    text: str
    said: str


def send(config: Config, phone: str, text: str) -> Sent | Refused:
    """Send `text` to `phone` (E.164). Takes up to ten seconds and more: never inside a transaction."""
    if config.sms_url is None:
        return Refused("No provider of text messages is set (SMS_URL).", "")
    form = {"username": config.sms_username, "to": phone, "message": text}
    if config.sms_sender:
        form["from"] = config.sms_sender
    headers = {"apiKey": config.sms_api_key, "Accept": "application/json"}
    try:
        answer = client().post(f"{config.sms_url}/version1/messaging", data=form, headers=headers, timeout=_PATIENCE)
    except httpx.HTTPError as error:
        raise NoAnswer(f"The provider did not answer ({type(error).__name__}).") from error
    if answer.status_code == 400:
        return Refused(_short(answer.text), answer.text)
    if answer.status_code not in (200, 201):
        raise NoAnswer(f"The provider answered {answer.status_code}: {_short(answer.text)}")
    return _read(answer)


def _read(answer: httpx.Response) -> Sent | Refused:
    """What the answer says of our one recipient. Where all are refused there may be none, and `Message` says why."""
    try:
        data: dict[str, Any] = answer.json()["SMSMessageData"]
        recipients, message = data["Recipients"], str(data.get("Message", ""))
        if not recipients:
            return Refused(_short(message), answer.text)
        [recipient] = recipients
        code, status, id = int(recipient["statusCode"]), str(recipient["status"]), str(recipient["messageId"])
    except (ValueError, KeyError, TypeError) as error:
        raise NoAnswer(f"The provider's answer cannot be read: {_short(answer.text)}") from error
    if code in _TAKEN:
        return Sent(id, status, answer.text)
    if code in _REFUSED:
        return Refused(status, answer.text)
    raise NoAnswer(f"The provider says {code} {status}.")


def _short(text: str) -> str:
    return " ".join(text.split())[:150] or "nothing"
