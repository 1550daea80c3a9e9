"""A log-in between its two steps: a word in the signed cookie that a password was right, for ten minutes.

It is no session: it names no row, so no page, no API and no gateway gives anything for it. It holds while the password
stays the one that was right.
"""

from dataclasses import dataclass

from flask import session
from sqlalchemy import select

from app.contract.times import now
from app.domain import sessions
from app.domain.sessions import Half
from app.extensions import db
from app.models import Person

_KEY = "half"
_LASTS = 600


@dataclass(frozen=True, slots=True)
class Kept:
    """What the cookie says, and whose it is."""

    half: Half
    person: Person
    next: str


def keep(half: Half, wanted: str) -> None:
    """Remember the first step, and where the visitor was going."""
    session[_KEY] = [half.email, half.mark, half.enrols, int(now().timestamp()), wanted]


def kept() -> Kept | None:
    """The first step that this browser has done, while it counts."""
    match session.get(_KEY):
        case [str(email), str(mark), bool(enrols), int(at), str(wanted)] if now().timestamp() - at < _LASTS:
            person = db.session.scalars(select(Person).where(Person.email == email)).one_or_none()
            if person is not None and person.is_active and sessions.mark_of(person) == mark:
                return Kept(Half(email, mark, enrols), person, wanted)
    return None


def email() -> str:
    """Whose second step it is, for counting guesses."""
    match session.get(_KEY):
        case [str(email), *_]:
            return email
    return "nobody"
