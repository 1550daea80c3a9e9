"""People: made, and changed in ways that end what they were logged in with. The trail tells who changed whom."""

import re
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.contract.identity import Role
from app.errors import Conflict, Invalid, WrongCredentials
from app.extensions import atomic
from app.language import gettext as _
from app.models import ApiToken, Person, Restaurant
from app.models import Session as BrowserSession

from . import access, audit, links, offers, passwords
from .actor import SYSTEM, Actor

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# E.164: where in the world it is must not be guessed later.
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
OneAccess = BrowserSession | ApiToken
_OF_LINKS = {links.INVITATION: "person.invitation_accepted", links.PASSWORD_RESET: "person.password_reset"}


def create(
    *,
    email: str,
    name: str,
    role: str,
    password: str | None = None,
    password_hash: str | None = None,
    restaurant: Restaurant | None = None,
    phone: str | None = None,
    is_demo: bool = False,
    is_guest: bool = False,
    language: str | None = None,
    by: Actor | None = None,
) -> Person:
    """A new person, with a password or the hash of one (for many people with one password).

    The trail tells it where it is said by whom: people of the demo, and guests who come by themselves, are no news.
    """
    email = email.strip().lower()
    errors = _errors(name, role, restaurant, phone)
    if not _EMAIL.fullmatch(email) or len(email) > 254:
        errors["email"] = [_("This is no e-mail address.")]
    if errors:
        raise Invalid(_("This person cannot be made."), errors=errors)
    stored = password_hash or passwords.hashed(password or "")
    with atomic() as session:
        if session.scalars(select(Person.id).where(Person.email == email)).first() is not None:
            raise Invalid(_("This e-mail address is taken."), errors={"email": [_("It is taken.")]})
        person = Person(
            email=email,
            name=name.strip(),
            role=role,
            phone=phone,
            password_hash=stored,
            restaurant=restaurant,
            is_demo=is_demo,
            is_guest=is_guest,
            language=language,
        )
        session.add(person)
        session.flush()
        if by is not None:
            audit.record(session, "person.created", by=by, subject=subject(person), after=_told(person))
    return person


def change(
    person: Person, *, by: Actor, name: str, phone: str | None, role: str, restaurant: Restaurant | None = None
) -> None:
    """Another name, phone, role or restaurant; another role or restaurant ends every session and token of the person.

    Invalid names each field; Conflict for one's own role, for that of the last admin, and as in `change_role`.
    """
    if errors := _errors(name, role, restaurant, phone):
        raise Invalid(_("This person cannot be changed like this."), errors=errors)
    with atomic() as session:
        before = _told(person)
        person.name, person.phone = name.strip(), phone
        if (role, restaurant.id if restaurant else None) != (person.role, person.restaurant_id):
            _move(session, person, role, restaurant, by)
        audit.record(session, "person.changed", by=by, subject=subject(person), before=before, after=_told(person))


def change_own(person: Person, *, name: str, phone: str | None) -> None:
    """The name and phone that a person gives of themselves."""
    change(person, by=person, name=name, phone=phone, role=person.role, restaurant=person.restaurant)


def speak(person: Person, language: str) -> None:
    """The language in which a person wants to read; one of app/language.py. It is theirs alone: no trail is kept."""
    with atomic() as session:
        session.execute(
            update(Person)
            .where(Person.id == person.id)
            .values(language=language)
            .execution_options(synchronize_session=False)
        )
        session.expire(person, ["language"])


def change_password(person: Person, password: str, *, by: Actor | None = None) -> None:
    """A new password; ends every session and token of the person, and every link that would set another."""
    stored = passwords.hashed(password)
    with atomic() as session:
        set_password(session, person, stored)
        audit.record(session, "person.password_changed", by=by or person, subject=subject(person))


def change_own_password(person: Person, old: str, new: str) -> None:
    """The same, asked of the person: WrongCredentials when `old` is not the password."""
    if not passwords.matches(person.password_hash, old):
        raise WrongCredentials(_("The old password is not right."))
    change_password(person, new)


def set_password_by_link(token: str, purpose: str, password: str) -> Person:
    """Use a link up to set its person's password. LinkUnknown; Invalid when the password is too short or too long."""
    link = links.opened(token, purpose)
    # Before the transaction: it takes a while.
    stored = passwords.hashed(password)
    with atomic() as session:
        # First the person: whoever sets the password by another link waits here, and then finds theirs used up.
        session.refresh(link.person, with_for_update={"of": Person})
        person = links.use(session, link)
        set_password(session, person, stored)
        audit.record(session, _OF_LINKS[purpose], by=person, subject=subject(person))
    return person


def set_password(session: Session, person: Person, stored: str) -> None:
    """Put the hash of a new password in place, and end what was opened with the old one. Conflict for a guest."""
    keep_no_account(person)
    person.password_hash = stored
    links.end_all(session, person)
    access.end_all(person, reason="password_changed")


def change_role(person: Person, role: str, restaurant: Restaurant | None = None, *, by: Actor = SYSTEM) -> None:
    """Another role, or another restaurant; ends every session and token of the person.

    Conflict when a driver is given a delivery in this very moment, for one's own role, and for that of the last admin.
    """
    if role not in list(Role) or (role == Role.VENDOR) != (restaurant is not None):
        raise Invalid(
            _("Vendor staff belong to a restaurant, and nobody else does."), errors={"role": [_("Not like this.")]}
        )
    with atomic() as session:
        before = _told(person)
        _move(session, person, role, restaurant, by)
        audit.record(session, "person.changed", by=by, subject=subject(person), before=before, after=_told(person))


def deactivate(person: Person, *, by: Actor = SYSTEM) -> None:
    """The person may no longer log in, and what they are logged in with ends. Conflict as in `change_role`."""
    with atomic() as session:
        _keep_an_admin(session, person, by)
        before = _told(person)
        if person.role == Role.DRIVER:
            offers.dismiss(person)
        person.is_active = False
        links.end_all(session, person)
        access.end_all(person, reason="deactivated")
        after = _told(person)
        audit.record(session, "person.deactivated", by=by, subject=subject(person), before=before, after=after)


def reactivate(person: Person, *, by: Actor) -> None:
    """The person may log in again, with the password that they had. Conflict when they may already."""
    if person.is_active:
        raise Conflict(_("This account is active."))
    with atomic() as session:
        before = _told(person)
        person.is_active = True
        after = _told(person)
        audit.record(session, "person.reactivated", by=by, subject=subject(person), before=before, after=after)


def log_out(person: Person, *, by: Actor) -> None:
    """End everything that `person` is logged in with."""
    with atomic() as session:
        access.end_all(person, reason="logged_out_everywhere")
        audit.record(session, "person.logged_out", by=by, subject=subject(person))


def end_access(row: OneAccess, *, by: Actor) -> None:
    """End one session or token of somebody."""
    with atomic() as session:
        if access.end(row, reason="token_revoked" if row.kind == "token" else "logged_out"):
            told = {"kind": row.kind, "device": row.user_agent, "address": row.address}
            audit.record(session, "person.access_ended", by=by, subject=subject(row.person), before=told)


def keep_no_account(person: Person) -> None:
    """Conflict where `person` is a guest: a phone that nobody has proved to be theirs must not become an account."""
    if person.is_guest:
        raise Conflict(_("A guest has no account: only a name and a phone, for the orders of one browser."))


def subject(person: Person) -> tuple[str, Any, str]:
    """How the trail names a person."""
    return ("person", person.id, person.name)


def _move(session: Session, person: Person, role: str, restaurant: Restaurant | None, by: Actor) -> None:
    keep_no_account(person)
    if role != person.role:
        _keep_an_admin(session, person, by)
        if person.role == Role.DRIVER:
            offers.dismiss(person)
    person.role = role
    person.restaurant = restaurant
    person.restaurant_id = restaurant.id if restaurant else None
    access.end_all(person, reason="role_changed")


def _keep_an_admin(session: Session, person: Person, by: Actor) -> None:
    """Conflict where nobody would be left who can let people in: admins cannot unmake themselves, or the last one."""
    if person.role != Role.ADMIN:
        return
    if by.id == person.id:
        raise Conflict(_("Another admin must do this: nobody takes their own rights away by mistake."))
    # All of them are held: two admins who unmake each other at once come one after the other.
    active = select(Person.id).where(Person.role == Role.ADMIN, Person.is_active).order_by(Person.id)
    if not set(session.scalars(active.with_for_update())) - {person.id}:
        raise Conflict(_("This is the last admin. Make another one first."))


def _errors(name: str, role: str, restaurant: Restaurant | None, phone: str | None) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not 1 <= len(name.strip()) <= 120:
        errors["name"] = [_("From %(shortest)s to %(longest)s characters.", shortest=1, longest=120)]
    if role not in list(Role):
        errors["role"] = [_("One of %(codes)s.", codes=", ".join(Role))]
    if (role == Role.VENDOR) != (restaurant is not None):
        errors["restaurant"] = [_("Vendor staff belong to a restaurant, and nobody else does.")]
    if phone is not None and not _PHONE.fullmatch(phone):
        errors["phone"] = [_("With the country's code and no spaces, like +254700000000.")]
    return errors


def _told(person: Person) -> dict[str, Any]:
    """What the trail keeps of a person."""
    return {
        "email": person.email,
        "name": person.name,
        "phone": person.phone,
        "role": person.role,
        "restaurant": person.restaurant.name if person.restaurant else None,
        "active": person.is_active,
    }
