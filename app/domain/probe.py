"""The probe: a person for one moment, whom the doctor logs in to see whether an event arrives.

A customer who has ordered nothing and whose rooms nobody else hears, with a password that is known to one process and
never written down. Removed at once, with all that the log-in made; what a killed doctor left goes with the next one.
"""

import secrets
from datetime import timedelta

from sqlalchemy import delete, select

from app.contract.identity import Role
from app.contract.times import now
from app.extensions import atomic, db
from app.models import ApiToken, Person, Session

from . import access, people

_DOMAIN = "@probe.invalid"
_LEFT_BEHIND = timedelta(minutes=10)


def make() -> tuple[Person, str]:
    """A fresh probe and its password."""
    left = select(Person).where(Person.email.endswith(_DOMAIN), Person.created_at < now() - _LEFT_BEHIND)
    for person in db.session.scalars(left).all():
        remove(person)
    password = secrets.token_urlsafe(32)
    name = f"doctor-{secrets.token_hex(8)}"
    return people.create(email=name + _DOMAIN, name=name, role=Role.CUSTOMER, password=password), password


def remove(person: Person) -> None:
    """End what the probe is logged in with, on every gateway, and delete it."""
    with atomic() as session:
        access.end_all(person, reason="logged_out")
        for table in (Session, ApiToken):
            session.execute(
                delete(table).where(table.person_id == person.id).execution_options(synchronize_session=False)
            )
        session.execute(delete(Person).where(Person.id == person.id).execution_options(synchronize_session=False))
        session.expunge(person)
