"""Inviting people: an admin says who they are, and they choose their password by a link that lasts 7 days."""

from sqlalchemy.orm import Session

from app.contract.identity import Role
from app.errors import Conflict
from app.extensions import atomic
from app.language import gettext as _
from app.models import OneTimeLink, Person, Restaurant

from . import audit, links, passwords, people, staff
from .actor import Actor


def invite(
    *,
    email: str,
    name: str,
    role: str,
    by: Actor,
    restaurant: Restaurant | None = None,
    staff_role: str | None = None,
    phone: str | None = None,
    mailed: bool,
) -> tuple[Person, str | None]:
    """A new person without a password, and the token of their invitation; `mailed`: one goes to their address too.

    Vendor staff of whom no duty is said have the least. The token is None for admins: their invitation is mailed, and
    where no mail goes out the operator makes them a link. Invalid as in `people.create`.
    """
    with atomic() as session:
        person = people.create(
            email=email,
            name=name,
            role=role,
            password_hash=passwords.NOT_CHOSEN,
            restaurant=restaurant,
            staff_role=staff_role or staff.LEAST,
            phone=phone,
            by=by,
        )
        token = _invite(session, person, by, mailed)
        audit.record(session, "person.invited", by=by, subject=people.subject(person))
    return person, token


def renew(person: Person, *, by: Actor, mailed: bool) -> str | None:
    """Another invitation in place of those before; its token as in `invite`.

    Conflict when `person` has a password or may not log in, and for an admin where no mail goes out.
    """
    people.keep_no_account(person)
    if person.password_hash != passwords.NOT_CHOSEN or not person.is_active:
        raise Conflict(_("This person needs no invitation."))
    if not mailed:
        links.keep_from_admins(person, by=by)
    with atomic() as session:
        token = _invite(session, person, by, mailed)
        audit.record(session, "person.invited", by=by, subject=people.subject(person))
    return token


def opened(token: str) -> OneTimeLink:
    """The invitation that `token` opens; LinkUnknown when there is none."""
    return links.opened(token, links.INVITATION)


def accept(token: str, password: str) -> Person:
    """Choose the first password. Refuses with LinkUnknown, and with Invalid for a password that is too short."""
    return people.set_password_by_link(token, links.INVITATION, password)


def _invite(session: Session, person: Person, by: Actor, mailed: bool) -> str | None:
    if person.role != Role.ADMIN or by.id is None:
        return links.make(session, links.INVITATION, person, mailed=mailed)
    if mailed:
        links.make_mailed(session, links.INVITATION, person.id)
    return None
