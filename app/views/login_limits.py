"""How many failed log-ins are let through: by address, and by the e-mail that is tried. For pages and the API alike.

Only failures count, so a busy counter behind one address is never locked out by its own staff logging in.
"""

from collections.abc import Mapping

from flask import Response, g, request
from flask_limiter.util import get_remote_address

from app.extensions import limiter

PER_ADDRESS = "10 per minute; 100 per hour"
PER_EMAIL = "5 per minute"


def note_failure() -> None:
    """Count this request as a failed log-in, whatever it answers: for pages that show the form again."""
    g.log_in_failed = True


def _failed(response: Response) -> bool:
    return response.status_code == 401 or "log_in_failed" in g


def _email_tried() -> str:
    document = request.get_json(silent=True) if request.is_json else request.form
    email = document.get("email") if isinstance(document, Mapping) else None
    # Never empty: the limiter would skip the limit, and log an error.
    return str(email or "").strip().lower()[:254] or "nobody"


by_address = limiter.shared_limit(PER_ADDRESS, "log-in by address", key_func=get_remote_address, deduct_when=_failed)
by_email = limiter.shared_limit(PER_EMAIL, "log-in by e-mail", key_func=_email_tried, deduct_when=_failed)
