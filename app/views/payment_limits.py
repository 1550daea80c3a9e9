"""How many prompts are sent: by the address that asks, and to one phone. For pages and the API alike.

Only what was asked of a phone counts, so that a form that is filled in wrongly locks nobody out. Guests of one
restaurant share its address.
"""

import orjson
from flask import Response, g, request

from app.domain import payments, phones
from app.extensions import limiter

from . import limit_keys

PER_ADDRESS = "60 per minute; 600 per hour"
PER_PHONE = "6 per 10 minutes"


def note_prompt() -> None:
    """Count this request: it had a prompt sent, or tried to."""
    g.prompt_sent = True


def _sent(response: Response) -> bool:
    return "prompt_sent" in g


def phone_asked() -> str:
    """The phone that the request names, as it will be asked: one number can be spelt in many ways."""
    # Never empty: the limiter would skip the limit, and log an error. What is no number is asked nothing.
    return phones.known(str(_typed() or ""), phones.region_of(payments.CURRENCY)) or "none"


def _typed() -> object:
    if not request.is_json:
        return request.form.get("phone")
    try:
        said = orjson.loads(request.get_data(cache=True))
    except orjson.JSONDecodeError:
        return None
    return said.get("phone") if isinstance(said, dict) else None


by_address = limiter.shared_limit(PER_ADDRESS, "prompts by address", key_func=limit_keys.address, deduct_when=_sent)
by_phone = limiter.shared_limit(PER_PHONE, "prompts by phone", key_func=phone_asked, deduct_when=_sent)
