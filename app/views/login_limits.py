"""How often one may guess, and how often one may have mail sent: by address, by e-mail, by person. For pages and API.

Of log-ins only failures count, so a busy counter behind one address is never locked out by its own staff logging in.
The short window is for people who mistype, the long one for programs that have time.
"""

from collections.abc import Mapping

import orjson
from flask import Response, g, request
from flask_login import current_user

from app.extensions import limiter

from . import half_logins, limit_keys

PER_ADDRESS = "10 per minute; 100 per hour"
PER_EMAIL = "5 per minute; 50 per hour"
PER_CODE = "5 per minute; 20 per hour"
MAILS_PER_ADDRESS = "10 per hour"
MAILS_PER_EMAIL = "3 per hour"


def note_failure() -> None:
    """Count this request as a failed log-in, whatever it answers: for pages that show the form again."""
    g.log_in_failed = True


def note_wrong_code() -> None:
    """Count this request as a wrong code of a second factor too."""
    g.code_was_wrong = True


def _failed(response: Response) -> bool:
    return response.status_code == 401 or "log_in_failed" in g


def _code_was_wrong(response: Response) -> bool:
    return "code_was_wrong" in g or (response.status_code == 401 and b'"wrong_code"' in response.get_data())


def _is_no_log_in() -> bool:
    """Whether somebody known orders from a menu: whoever guesses elsewhere must not lock them out."""
    return request.endpoint == "customer.menu_order" and current_user.is_authenticated


def _email_tried() -> str:
    typed = _typed()
    email = typed.get("email") if isinstance(typed, Mapping) else None
    # Never empty: the limiter would skip the limit, and log an error.
    return str(email or "").strip().lower()[:254] or "nobody"


def _whose_code() -> str:
    """Whose code is tried: of the log-in that is half done, of whoever is logged in, or of the token's e-mail."""
    if current_user.is_authenticated and request.endpoint != "api.issue_token":
        return str(current_user.email)
    return half_logins.email() if request.endpoint == "accounts.second_step_post" else _email_tried()


def _person() -> str:
    return str(current_user.id) if current_user.is_authenticated else "nobody"


def _typed() -> object:
    """What was sent, read as the view will read it: two readers that differ would count two different e-mails."""
    if not request.is_json:
        return request.form
    try:
        return orjson.loads(request.get_data(cache=True))
    except orjson.JSONDecodeError:
        return None


by_address = limiter.shared_limit(
    PER_ADDRESS, "log-in by address", key_func=limit_keys.address, deduct_when=_failed, exempt_when=_is_no_log_in
)
by_email = limiter.shared_limit(
    PER_EMAIL, "log-in by e-mail", key_func=_email_tried, deduct_when=_failed, exempt_when=_is_no_log_in
)
by_code = limiter.shared_limit(PER_CODE, "second factor by e-mail", key_func=_whose_code, deduct_when=_code_was_wrong)
by_person = limiter.shared_limit(PER_EMAIL, "old password by person", key_func=_person, deduct_when=_failed)
mails_by_address = limiter.shared_limit(MAILS_PER_ADDRESS, "mails by address", key_func=limit_keys.address)
mails_by_email = limiter.shared_limit(MAILS_PER_EMAIL, "mails by e-mail", key_func=_email_tried)
