"""What a stranger can hold: a session cookie, a bearer token, a tracking token, a pid; and how each is checked.

The session cookie is Flask's own signed cookie; it carries a row's id (`sid`) and no right of its own, so both
processes look the row up. The others are random; only their SHA-256 is stored (they have full entropy, so a slow hash
would buy nothing).
"""

import base64
import hashlib
import secrets
from functools import lru_cache

from itsdangerous import BadSignature, Signer, URLSafeTimedSerializer

SESSION_COOKIE = "passline_session"
SESSION_ID = "sid"
SESSION_LIFETIME_DAYS = 30

# Bearer tokens show what they are in a leak scanner; a tracking token stays short, for an SMS.
_BEARER_PREFIX = "pl_"


def new_session_id() -> str:
    """A fresh session row's id: 128 random bits."""
    return secrets.token_urlsafe(16)


def new_bearer_token() -> str:
    """A fresh bearer token: 256 random bits behind a prefix."""
    return _BEARER_PREFIX + secrets.token_urlsafe(32)


def new_tracking_token() -> str:
    """A fresh tracking token: 128 random bits, 22 characters."""
    return secrets.token_urlsafe(16)


def new_link_token() -> str:
    """A fresh token of an invitation or of a reset of a password: 256 random bits, 43 characters."""
    return secrets.token_urlsafe(32)


def new_recovery_code() -> str:
    """A fresh code that stands in for a second factor: 80 random bits, 16 letters and digits."""
    return base64.b32encode(secrets.token_bytes(10)).decode()


def new_pid() -> str:
    """A fresh pid, by which a client that comes back to the gateway names its old connection: 144 random bits."""
    return secrets.token_urlsafe(18)


def digest(token: str) -> str:
    """What is stored of a bearer token, a tracking token or a pid: its SHA-256 as hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def session_id_in(cookie: str, secret_key: str) -> str | None:
    """The session row's id in Flask's signed session cookie, or None when it is forged, too old or carries none.

    Reads what flask.sessions.SecureCookieSessionInterface writes (salt, key derivation and digest are Flask's
    defaults; a test signs with Flask and reads here).
    """
    try:
        content = _reader(secret_key).loads(cookie, max_age=SESSION_LIFETIME_DAYS * 86400)
    except BadSignature:
        return None
    sid = content.get(SESSION_ID) if isinstance(content, dict) else None
    return sid if isinstance(sid, str) else None


@lru_cache(maxsize=4)
def _reader(secret_key: str) -> URLSafeTimedSerializer:
    """Made once: that costs more than to read a cookie with it. The key is derived here, not for each cookie anew."""
    signer = Signer(secret_key, salt="cookie-session", key_derivation="hmac", digest_method=hashlib.sha1)
    return URLSafeTimedSerializer(
        signer.derive_key(), signer_kwargs={"key_derivation": "none", "digest_method": hashlib.sha1}
    )
