"""How many orders come from people without an account: from one address, and with one phone.

Only what was placed counts. Guests of one restaurant share its address, and may all order at their tables. Whoever has
ordered once is logged in as a guest, and is counted all the same: by the phone that they gave then.
"""

from flask import Response, g, request
from flask_login import current_user

from app.extensions import limiter

from . import limit_keys
from .payment_limits import phone_asked

PER_ADDRESS = "20 per minute; 120 per hour"
PER_PHONE = "3 per 10 minutes; 12 per day"


def note_order() -> None:
    """Count this request: a guest's order was placed by it."""
    g.guest_ordered = True


def _ordered(response: Response) -> bool:
    return "guest_ordered" in g


def _is_no_guest() -> bool:
    if current_user.is_authenticated:
        return not current_user.is_guest
    return request.form.get("who") == "account"


def _phone() -> str:
    """The phone that a guest has given, or gives now."""
    return str(current_user.phone) if current_user.is_authenticated and current_user.phone else phone_asked()


by_address = limiter.shared_limit(
    PER_ADDRESS, "guests by address", key_func=limit_keys.address, deduct_when=_ordered, exempt_when=_is_no_guest
)
by_phone = limiter.shared_limit(
    PER_PHONE, "guests by phone", key_func=_phone, deduct_when=_ordered, exempt_when=_is_no_guest
)
