"""How the person who runs Passline proves it to a gateway: a few words, signed with SECRET_KEY, good for a minute.

For questions that the gateway answers to nobody else (what it sent to how many sockets). It opens nothing else: it is
no credential of a person, and no socket is accepted with it.
"""

from itsdangerous import BadSignature, URLSafeTimedSerializer

from .times import now

HEADER = "Passline-Operator"
# Seconds; also how far the clocks of two machines may be apart.
_LASTS = 60
_WORDS = "the person who runs it"


def _signer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="passline.operator")


def proof(secret_key: str) -> str:
    """The value of the header, to be sent at once."""
    signed = _signer(secret_key).dumps(_WORDS)
    return signed if isinstance(signed, str) else signed.decode()


def holds(value: str | None, secret_key: str) -> bool:
    """Whether `value` was signed with this key within a minute of now, by the clock of either machine."""
    if value is None:
        return False
    try:
        # Not by max_age, which refuses whoever's clock is a second ahead.
        words, at = _signer(secret_key).loads(value, return_timestamp=True)
    except BadSignature:
        return False
    return bool(words == _WORDS) and abs((now() - at).total_seconds()) <= _LASTS
