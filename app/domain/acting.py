"""An admin acts as another person: the same session gives that person's access for at most an hour.

Never as another admin, and never out of an acting into a next one: the guard is the update of the session's row, while
the other person's row is held, so that nobody becomes an admin meanwhile. What is done then is told with both names
(actor.py). What ends either person's access ends it (access.py), and so does its time.
"""

from datetime import timedelta

from sqlalchemy import select, update

from app.contract.identity import Role
from app.contract.times import now
from app.errors import Conflict, Forbidden
from app.extensions import atomic, db
from app.language import gettext as _
from app.models import Person, Session

from . import access, audit, people

LASTS = timedelta(minutes=60)


def start(row: Session, person: Person) -> None:
    """Let the admin whose session `row` is act as `person`.

    Forbidden for whoever is no admin, and towards an admin; Conflict when somebody is acted as already, and towards
    whoever is deactivated.
    """
    admin, at = row.person, now()
    if admin.role != Role.ADMIN:
        raise Forbidden
    with atomic() as session:
        session.refresh(person, with_for_update={"of": Person, "read": True})
        if person.role == Role.ADMIN:
            raise Forbidden(_("Nobody acts as an admin."))
        if not person.is_active:
            raise Conflict(_("This account is deactivated."))
        started = session.execute(
            update(Session)
            .where(
                Session.id == row.id,
                Session.person_id == admin.id,
                Session.acts_as_id.is_(None),
                Session.ended_at.is_(None),
            )
            .values(acts_as_id=person.id, acting_until=at + LASTS)
            .execution_options(synchronize_session=False)
        )
        if not started.rowcount:  # type: ignore[attr-defined]
            raise Conflict(_("You act as somebody already; stop that first."))
        session.refresh(row)
        access.tell_acting(session, at, row)
        audit.record(session, "person.acting_started", by=admin, subject=people.subject(person))


def stop(row: Session) -> bool:
    """Let the admin be themselves again; False when nobody was acted as."""
    with atomic() as session:
        return bool(access.stop_acting(session, now(), Session.id == row.id))


def stop_overdue() -> int:
    """End what has lasted its hour. Called once a second by the worker."""
    due = select(Session).where(
        Session.acts_as_id.is_not(None), Session.acting_until <= now(), Session.ended_at.is_(None)
    )
    return sum(stop(row) for row in db.session.scalars(due.limit(200)).all())
