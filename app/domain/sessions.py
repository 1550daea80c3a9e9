"""Logging in: sessions and bearer tokens begin here. How they end is in access.py."""

from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session as Transaction
from sqlalchemy.orm.attributes import set_committed_value

from app.contract.times import now
from app.contract.tokens import SESSION_LIFETIME_DAYS, digest, new_bearer_token, new_session_id
from app.errors import WrongCredentials
from app.extensions import atomic, db
from app.models import ApiToken, Person, Session
from app.models.assembly import Assemblies
from app.models.prepared import Prepared

from . import passwords

TOKEN_LIFETIME = timedelta(days=30)


def sign_in(email: str, password: str, *, user_agent: str = "", address: str = "") -> Session:
    """A new session of the person with this e-mail and password; WrongCredentials says not which was wrong."""
    person = _known(email, password)
    at = now()
    with atomic() as session:
        _hold(session, person)
        row = Session(
            id=new_session_id(),
            person=person,
            created_at=at,
            expires_at=at + timedelta(days=SESSION_LIFETIME_DAYS),
            user_agent=user_agent[:200],
            address=address[:45],
        )
        session.add(row)
    return row


def issue_token(email: str, password: str, *, user_agent: str = "", address: str = "") -> tuple[str, ApiToken]:
    """A new bearer token (told this once, stored hashed) of the person with this e-mail and password."""
    person = _known(email, password)
    token = new_bearer_token()
    at = now()
    with atomic() as session:
        _hold(session, person)
        row = ApiToken(
            person=person,
            token_hash=digest(token),
            created_at=at,
            expires_at=at + TOKEN_LIFETIME,
            user_agent=user_agent[:200],
            address=address[:45],
        )
        session.add(row)
    return token, row


def by_id(session_id: str) -> Session | None:
    """The session that a cookie names, while it lasts and its person is active."""
    row: Session | None = _open(_session, _session_by_id, session_id)
    return row


def by_token(token: str) -> ApiToken | None:
    """The row of a bearer token, while it lasts and its person is active."""
    row: ApiToken | None = _open(_token, _token_by_hash, digest(token))
    return row


# Built once, for every request asks one of them.
_session = Assemblies(Session, Person)
_session_by_id = Prepared(
    select(*_session.columns).where(
        Session.__table__.c.id == bindparam("key"), Person.__table__.c.id == Session.__table__.c.person_id
    )
)
_token = Assemblies(ApiToken, Person)
_token_by_hash = Prepared(
    select(*_token.columns).where(
        ApiToken.__table__.c.token_hash == bindparam("key"), Person.__table__.c.id == ApiToken.__table__.c.person_id
    )
)


def _open(kind: Assemblies, query: Prepared, key: str) -> Any:
    """The row with its person, as the database has them now, while it gives access."""
    session = db.session()
    found = query.rows(session.connection(), {"key": key})
    if not found:
        return None
    row, person = kind.make(session, found[0])
    set_committed_value(row, "person", person)
    return row if row.lasts(now()) and person.is_active else None


def _known(email: str, password: str) -> Person:
    person = db.session.scalars(select(Person).where(Person.email == email.strip().lower())).one_or_none()
    if not passwords.matches(person.password_hash if person else None, password):
        raise WrongCredentials
    if person is None or not person.is_active:
        raise WrongCredentials
    return person


def _hold(transaction: Transaction, person: Person) -> None:
    """Keep the password what it was when it was compared (which takes a while); WrongCredentials when it is another."""
    compared = person.password_hash
    transaction.refresh(person, with_for_update={"of": Person, "read": True})
    if person.password_hash != compared or not person.is_active:
        raise WrongCredentials
