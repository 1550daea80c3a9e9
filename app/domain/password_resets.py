"""A password that was forgotten is set anew by a link that lasts an hour and works once.

Whoever asks is told the same, and as fast, whether somebody has that address: in both cases a link and a job are
written, and only the job, which nobody waits for, finds out that there is no one to write to. A reset does not stand
in for a second factor: the log-in after it asks for one.
"""

from sqlalchemy import select

from app.contract.identity import Role
from app.errors import Conflict
from app.extensions import atomic, db
from app.language import gettext as _
from app.models import OneTimeLink, Person

from . import audit, links, people
from .actor import Actor


def request(email: str, language: str | None = None) -> None:
    """Somebody forgot the password behind `email`: if it is anybody's who may log in, a link goes there.

    Whoever asks reads `language`; so does the mail, where the person never said theirs.
    """
    query = select(Person.id).where(Person.email == email.strip().lower(), Person.is_active, ~Person.is_guest)
    person_id = db.session.scalars(query).one_or_none()
    with atomic() as session:
        links.make_mailed(session, links.PASSWORD_RESET, person_id, language)


def send_link(person: Person, *, by: Actor) -> None:
    """An admin lets a link be mailed to `person`. Conflict when they may not log in."""
    _check(person)
    with atomic() as session:
        links.make_mailed(session, links.PASSWORD_RESET, person.id)
        audit.record(session, "person.reset_link_sent", by=by, subject=people.subject(person))


def hand_over(person: Person, *, by: Actor) -> str:
    """The token of a link that is handed over by hand, where no mail goes out.

    Conflict for admins, unless it is the operator who asks: with another admin's link one would be them.
    """
    _check(person)
    if person.role == Role.ADMIN and by.id is not None:
        raise Conflict(_("An admin's link is never shown to another admin. Ask whoever runs the machine for one."))
    with atomic() as session:
        token = links.make(session, links.PASSWORD_RESET, person, mailed=False)
        audit.record(session, "person.reset_link_made", by=by, subject=people.subject(person))
    return token


def opened(token: str) -> OneTimeLink:
    """The reset that `token` opens; LinkUnknown when there is none."""
    return links.opened(token, links.PASSWORD_RESET)


def redeem(token: str, password: str) -> Person:
    """Set the password anew; ends every session and token of the person. Refuses as `invitations.accept` does."""
    return people.set_password_by_link(token, links.PASSWORD_RESET, password)


def _check(person: Person) -> None:
    people.keep_no_account(person)
    if not person.is_active:
        raise Conflict(_("This account is deactivated."))
