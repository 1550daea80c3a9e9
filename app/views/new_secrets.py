"""The secret of a second factor that is being set up: in the signed cookie of the one browser that sets it up.

So nobody else is ever shown it: whoever begins in another browser gets another one, and only what a first code has
confirmed is stored (domain/second_factors.py). It waits for ten minutes.
"""

from flask import session

from app.contract.times import now
from app.domain import second_factors
from app.models import Person

_KEY = "new_secret"
_LASTS = 600


def keep(person: Person, secret: str) -> str:
    """Remember that `secret` waits for its first code; the secret."""
    session[_KEY] = [person.id, secret, int(now().timestamp())]
    return secret


def kept(person: Person) -> str | None:
    """The secret that waits for `person` in this browser."""
    match session.get(_KEY):
        case [int(person_id), str(secret), int(at)] if person_id == person.id and now().timestamp() - at < _LASTS:
            return secret
    return None


def of(person: Person) -> str:
    """The same, and a new one where none waits."""
    return kept(person) or keep(person, second_factors.new_secret())


def forget() -> None:
    """It was confirmed."""
    session.pop(_KEY, None)
