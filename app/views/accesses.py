"""What a person is logged in with, as the pages list it: sessions of browsers and tokens of programs.

A session is named by a digest: its id is what its cookie carries, and stands on no page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select

from app.contract.times import now
from app.contract.tokens import digest
from app.errors import NotFound
from app.extensions import db
from app.models import ApiToken, Person, Session

_MOST = 100
Row = TypeVar("Row", Session, ApiToken)


@dataclass(frozen=True, slots=True)
class Access:
    """One session or token that lasts."""

    row: Session | ApiToken
    handle: str
    is_current: bool

    @property
    def is_token(self) -> bool:
        """Whether a program holds it."""
        return isinstance(self.row, ApiToken)

    @property
    def ends_at(self) -> datetime:
        """When it ends however much it is used."""
        return self.row.ends_at if isinstance(self.row, Session) else self.row.expires_at


def of(person: Person, current: Session | ApiToken | None = None) -> Sequence[Access]:
    """What `person` is logged in with, what was used last first."""
    rows: list[Session | ApiToken] = [*_lasting(Session, person), *_lasting(ApiToken, person)]
    found = [Access(row, _handle(row), row is current) for row in rows]
    return sorted(found, key=lambda access: access.row.last_seen_at, reverse=True)


def one(person: Person, handle: str) -> Session | ApiToken:
    """The session or token of `person` that the page named like this; NotFound when it has ended."""
    for access in of(person):
        if access.handle == handle:
            return access.row
    raise NotFound


def _lasting(table: type[Row], person: Person) -> Sequence[Row]:
    query = select(table).where(table.person_id == person.id, table.lasting(now()))
    return db.session.scalars(query.order_by(table.last_seen_at.desc()).limit(_MOST)).all()


def _handle(row: Session | ApiToken) -> str:
    return digest(row.credential)[:24]
