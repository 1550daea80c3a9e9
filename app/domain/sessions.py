"""Logging in: sessions and bearer tokens begin here, and last while they are used. How they end is in access.py.

A log-in has two steps where the person has a second factor: before the second there is no row, only the word of the
cookie that a password was right (views/half_logins.py), which opens nothing. A session runs out when it was not used
for a while (`idle`) and at its absolute end, whichever comes first: `expires_at` is the sooner of the two and moves on
with use, at most once in 5 minutes, so that every place which asks whether it lasts asks one column.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session as Transaction
from sqlalchemy.orm.attributes import set_committed_value

from app.contract.identity import Role
from app.contract.times import now
from app.contract.tokens import SESSION_LIFETIME_DAYS, digest, new_bearer_token, new_session_id
from app.errors import SecondFactorMissing, SecondFactorRequired, WrongCredentials
from app.extensions import atomic, db
from app.models import ApiToken, Person, Session
from app.models.assembly import Assemblies
from app.models.prepared import Prepared

from . import audit, passwords, people, second_factors

TOKEN_LIFETIME = timedelta(days=30)
# How often it is noted that somebody is still there.
SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say of log-ins: how long one may lie unused, and whether admins need a second factor."""

    idle: timedelta = timedelta(days=14)
    admin_idle: timedelta = timedelta(hours=12)
    admins_need_second_factor: bool = False

    def idle_of(self, person: Person) -> timedelta:
        """How long a session of `person` lasts without use."""
        return self.admin_idle if person.role == Role.ADMIN else self.idle

    def let_in(self, person: Person, *, proved: bool) -> bool:
        """Whether `person` may be let in with a second factor (`proved`) or without."""
        return proved or not (self.admins_need_second_factor and person.role == Role.ADMIN)


NO_RULES = Rules()


@dataclass(frozen=True, slots=True)
class Half:
    """A log-in of which the first step is done: whose, with which password (`mark_of`), and what the second step is."""

    email: str
    mark: str
    enrols: bool


def enter(email: str, password: str, *, rules: Rules = NO_RULES) -> Session | Half:
    """A new session of the person with this e-mail and password; WrongCredentials says not which was wrong.

    Half, and no session, where a second step is to come: `finish` for who has a second factor, `enrol` for who has
    none and must have one.
    """
    person = known(email, password)
    with atomic() as session:
        _hold(session, person)
        if second_factors.of(person):
            return Half(person.email, mark_of(person), enrols=False)
        if not rules.let_in(person, proved=False):
            return Half(person.email, mark_of(person), enrols=True)
        return _begin(session, person, False, rules)


def sign_in(email: str, password: str, *, rules: Rules = NO_RULES) -> Session:
    """The same where there is no room for a second step: SecondFactorRequired where one would come."""
    entered = enter(email, password, rules=rules)
    if isinstance(entered, Half):
        raise SecondFactorRequired
    return entered


def begin_for_guest(person: Person, *, rules: Rules = NO_RULES) -> Session:
    """A session of a guest, who has nothing to prove who they are with: for the browser that has just ordered."""
    if not person.is_guest:
        raise ValueError("whoever has an account logs in")
    with atomic() as session:
        return _begin(session, person, False, rules)


def finish(person: Person, mark: str, code: str, *, rules: Rules = NO_RULES) -> Session:
    """The second step: a new session of `person`, whose password was right when it was `mark` (see `mark_of`).

    WrongCode; WrongCredentials when the password has changed since, or the person was deactivated.
    """
    with atomic() as session:
        _hold_marked(session, person, mark)
        return _begin(session, person, _proved(session, person, code, rules), rules)


def enrol(person: Person, mark: str, secret: str, code: str, *, rules: Rules = NO_RULES) -> tuple[Session, list[str]]:
    """The second step of whoever must have a second factor and sets it up: the session, and the recovery codes.

    Refuses as `finish` and `second_factors.confirm` do.
    """
    with atomic() as session:
        _hold_marked(session, person, mark)
        codes = second_factors.confirm(person, secret, code)
        row = _begin(session, person, True, rules)
    return row, codes


def mark_of(person: Person) -> str:
    """What a half log-in keeps of the password that was right; tells nothing about it."""
    return digest(f"half log-in {person.password_hash}")[:32]


def issue_token(email: str, password: str, *, otp: str | None = None, rules: Rules = NO_RULES) -> tuple[str, ApiToken]:
    """A new bearer token (told this once, stored hashed) of the person with this e-mail and password.

    Who has a second factor sends its code as `otp`: else SecondFactorRequired, or WrongCode. SecondFactorMissing as in
    `sign_in`.
    """
    person = known(email, password)
    token = new_bearer_token()
    at, whence = now(), audit.whence()
    with atomic() as session:
        _hold(session, person)
        proved = _proved(session, person, otp, rules)
        row = ApiToken(
            person=person,
            token_hash=digest(token),
            created_at=at,
            last_seen_at=at,
            expires_at=at + TOKEN_LIFETIME,
            second_factor=proved,
            user_agent=whence.user_agent,
            address=whence.address,
        )
        session.add(row)
        _tell(session, person, "person.token_issued")
    return token, row


def by_id(session_id: str) -> Session | None:
    """The session that a cookie names, while it lasts and whoever it gives access to is active."""
    session = db.session()
    found = _session_by_id.rows(session.connection(), {"key": session_id})
    if not found:
        return None
    row: Session
    row, holder = _session.make(session, found[0])
    if row.acts_as_id is None:
        set_committed_value(row, "person", holder)
        set_committed_value(row, "acted", None)
        holder.acted_by = None
        return row if row.lasts(now()) and holder.is_active else None
    return _acting(session, row, holder)


def by_token(token: str) -> ApiToken | None:
    """The row of a bearer token, while it lasts and its person is active."""
    session = db.session()
    found = _token_by_hash.rows(session.connection(), {"key": digest(token)})
    if not found:
        return None
    row: ApiToken
    row, person = _token.make(session, found[0])
    set_committed_value(row, "person", person)
    person.acted_by = None
    return row if row.lasts(now()) and person.is_active else None


def is_unseen(row: Session | ApiToken) -> bool:
    """Whether it is time to note that `row` is used."""
    return now() - row.last_seen_at >= SEEN_EVERY


def see(row: Session | ApiToken, *, rules: Rules = NO_RULES) -> None:
    """Note that `row` is used: a session then lasts on, but never beyond its absolute end."""
    at, table = now(), type(row)
    values: dict[str, Any] = {"last_seen_at": at}
    if isinstance(row, Session):
        values["expires_at"] = min(row.ends_at, at + rules.idle_of(row.person))
    with atomic() as session:
        session.execute(
            update(table)
            .where(table.id == row.id, table.ended_at.is_(None), table.last_seen_at <= at - SEEN_EVERY)
            .values(**values)
            .execution_options(synchronize_session=False)
        )


# Built once, for every request asks one of them.
_session = Assemblies(Session, Person)
_SESSIONS, _PEOPLE = Session.__table__, Person.__table__
_session_by_id = Prepared(
    select(*_session.columns).where(
        _SESSIONS.c.id == bindparam("key"),
        _PEOPLE.c.id == func.coalesce(_SESSIONS.c.acts_as_id, _SESSIONS.c.person_id),
    )
)
_token = Assemblies(ApiToken, Person)
_token_by_hash = Prepared(
    select(*_token.columns).where(
        ApiToken.__table__.c.token_hash == bindparam("key"), _PEOPLE.c.id == ApiToken.__table__.c.person_id
    )
)


def _acting(session: Transaction, row: Session, acted: Person) -> Session | None:
    """The same for an admin who acts as `acted`: one more question, whether that admin still may."""
    admin = session.get_one(Person, row.person_id, populate_existing=True)
    set_committed_value(row, "person", admin)
    set_committed_value(row, "acted", acted)
    acted.acted_by, admin.acted_by = admin, None
    may = admin.is_active and admin.role == Role.ADMIN and acted.is_active and acted.role != Role.ADMIN
    return row if row.lasts(now()) and may else None


def known(email: str, password: str) -> Person:
    """The person with this e-mail and password; WrongCredentials when there is none, or they were deactivated."""
    person = db.session.scalars(select(Person).where(Person.email == email.strip().lower())).one_or_none()
    if not passwords.matches(person.password_hash if person else None, password):
        raise WrongCredentials
    if person is None or not person.is_active:
        raise WrongCredentials
    return person


def _hold(transaction: Transaction, person: Person) -> None:
    """Keep the password what it was when it was compared (which takes a while); WrongCredentials when it is another."""
    _hold_marked(transaction, person, mark_of(person))


def _hold_marked(transaction: Transaction, person: Person, mark: str) -> None:
    transaction.refresh(person, with_for_update={"of": Person, "read": True})
    if mark_of(person) != mark or not person.is_active:
        raise WrongCredentials


def _proved(session: Transaction, person: Person, code: str | None, rules: Rules) -> bool:
    """Whether a second factor was given; refuses where it had to be."""
    proved = second_factors.check(session, person, code)
    if not (proved or rules.let_in(person, proved=False)):
        raise SecondFactorMissing
    return proved


def _begin(session: Transaction, person: Person, proved: bool, rules: Rules) -> Session:
    at, whence = now(), audit.whence()
    ends_at = at + timedelta(days=SESSION_LIFETIME_DAYS)
    row = Session(
        id=new_session_id(),
        person=person,
        created_at=at,
        last_seen_at=at,
        expires_at=min(ends_at, at + rules.idle_of(person)),
        ends_at=ends_at,
        second_factor=proved,
        user_agent=whence.user_agent,
        address=whence.address,
    )
    session.add(row)
    _tell(session, person, "person.logged_in")
    return row


def _tell(session: Transaction, person: Person, action: str) -> None:
    """Log-ins of admins are news; those of everybody else fill no trail."""
    if person.role == Role.ADMIN:
        audit.record(session, action, by=person, subject=people.subject(person))
