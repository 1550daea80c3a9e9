"""Passwords: argon2id with the library's recommended cost, and the least that a password must be."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from app.errors import Invalid
from app.language import gettext as _

_hasher = PasswordHasher()
SHORTEST = 8
LONGEST = 200
# What is stored of whoever was invited and has not chosen one yet: the hash of nothing.
NOT_CHOSEN = "!"
# Compared when there is no such person, so that the answer takes as long (made once per process).
_NOBODY = _hasher.hash("nobody has this password")


def hashed(password: str) -> str:
    """What is stored; Invalid when `password` is shorter than 8 characters or longer than 200."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(
            _("The password is not right."),
            errors={
                "password": [_("From %(shortest)s to %(longest)s characters.", shortest=SHORTEST, longest=LONGEST)]
            },
        )
    return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind `stored`; takes as long when there is nobody, or nothing to compare with."""
    known = stored if stored != NOT_CHOSEN else None
    try:
        return _hasher.verify(known or _NOBODY, password[:LONGEST]) and known is not None
    except (VerifyMismatchError, InvalidHashError):
        return False
