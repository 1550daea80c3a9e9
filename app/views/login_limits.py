"""How many failed log-ins are let through: by address, and by the e-mail that is tried. For pages and the API alike.

Only failures count, so a busy counter behind one address is never locked out by its own staff logging in.
"""

from collections.abc import Mapping

import orjson
from flask import Response, g, request
from flask_limiter.util import get_remote_address
from flask_login import current_user

from app.extensions import limiter

PER_ADDRESS = "10 per minute; 100 per hour"
PER_EMAIL = "5 per minute"


def note_failure() -> None:
    """Count this request as a failed log-in, whatever it answers: for pages that show the form again."""
    g.log_in_failed = True


def _failed(response: Response) -> bool:
    return response.status_code == 401 or "log_in_failed" in g


def _is_no_log_in() -> bool:
    """Whether somebody known orders from a menu: whoever guesses elsewhere must not lock them out."""
    return request.endpoint == "customer.menu_order" and current_user.is_authenticated


def _email_tried() -> str:
    typed = _typed()
    email = typed.get("email") if isinstance(typed, Mapping) else None
    # Never empty: the limiter would skip the limit, and log an error.
    return str(email or "").strip().lower()[:254] or "nobody"


def _typed() -> object:
    """What was sent, read as the view will read it: two readers that differ would count two different e-mails."""
    if not request.is_json:
        return request.form
    try:
        return orjson.loads(request.get_data(cache=True))
    except orjson.JSONDecodeError:
        return None


by_address = limiter.shared_limit(
    PER_ADDRESS, "log-in by address", key_func=get_remote_address, deduct_when=_failed, exempt_when=_is_no_log_in
)
by_email = limiter.shared_limit(
    PER_EMAIL, "log-in by e-mail", key_func=_email_tried, deduct_when=_failed, exempt_when=_is_no_log_in
)
