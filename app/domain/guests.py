"""Guests: customers without an account. They give a name and a phone, and can never log in by a password.

A guest is a person of one browser: the order gives that browser a session of theirs, and whoever comes back in another
one is another guest, because a phone that is typed proves nothing. The address of each is made up, under a name that
no mail reaches (RFC 2606), out of the form's key: a form that is sent twice is one guest with one order.
"""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as Transaction

from app.contract.identity import Role
from app.contract.tokens import digest
from app.extensions import atomic
from app.models import Person, Session

from . import idempotency, passwords, people, sessions
from .sessions import NO_RULES, Rules

_HOST = "guests.invalid"


def order(
    *,
    name: str,
    phone: str,
    mark: str,
    key: str,
    asked: bytes,
    place: Callable[[Person], str],
    rules: Rules = NO_RULES,
    language: str | None = None,
) -> tuple[Session, str]:
    """Let a guest come and `place` their order: the session of their browser, and the order's number.

    `phone` in E.164; they read `language`; `mark` is a secret of the one form that was sent, `key` and `asked` as in
    `idempotency.once`. All of it or nothing: where the order is refused, nobody came.
    """
    with atomic() as session:
        guest = _known(session, mark) or _new(session, name, phone, mark, language)
        number, _ = idempotency.once(guest, key, asked, lambda: place(guest))
        return sessions.begin_for_guest(guest, rules=rules), number


def _known(session: Transaction, mark: str) -> Person | None:
    return session.scalars(select(Person).where(Person.email == _address(mark))).one_or_none()


def _new(session: Transaction, name: str, phone: str, mark: str, language: str | None) -> Person:
    try:
        with session.begin_nested():
            return people.create(
                email=_address(mark),
                name=name,
                role=Role.CUSTOMER,
                password_hash=passwords.NOT_CHOSEN,
                phone=phone,
                is_guest=True,
                language=language,
            )
    except IntegrityError:
        # The same form, sent twice at once: the other one was first.
        return session.scalars(select(Person).where(Person.email == _address(mark))).one()


def _address(mark: str) -> str:
    return f"guest-{digest(f'guest {mark}')[:32]}@{_HOST}"
