"""How the person who runs Passline proves it to a gateway: a signature with SECRET_KEY under one question.

For questions that the gateway answers to nobody else (what it sent to how many sockets). It is good for this question
alone, for a minute: whoever sees one on its way can ask the same again, and nothing else. It is no credential of a
person, and no socket is accepted with it.
"""

from itsdangerous import BadSignature, URLSafeTimedSerializer

from .times import now

HEADER = "Passline-Operator"
# Seconds; also how far the clocks of two machines may be apart.
_LASTS = 60
_WORDS = "the person who runs it"


def _signer(secret_key: str, asked: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt=f"passline.operator {asked}")


def question(method: str, path: str, query: str) -> str:
    """What is asked, in the words that are signed; the query as it stands in the address."""
    return f"{method} {path}?{query}"


def proof(secret_key: str, asked: str) -> str:
    """The value of the header for this question, to be sent at once."""
    signed = _signer(secret_key, asked).dumps(_WORDS)
    return signed if isinstance(signed, str) else signed.decode()


def holds(value: str | None, secret_key: str, asked: str) -> bool:
    """Whether `value` was signed for this question within a minute of now, by the clock of either machine."""
    if value is None:
        return False
    try:
        # Not by max_age, which refuses whoever's clock is a second ahead.
        words, at = _signer(secret_key, asked).loads(value, return_timestamp=True)
    except BadSignature:
        return False
    return bool(words == _WORDS) and abs((now() - at).total_seconds()) <= _LASTS
