"""People: made, and changed in ways that end what they were logged in with."""

import re

from sqlalchemy import select

from app.contract.identity import Role
from app.errors import Invalid
from app.extensions import atomic
from app.models import Person, Restaurant

from . import access, offers
from .passwords import hashed

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# E.164: where in the world it is must not be guessed later.
_PHONE = re.compile(r"\+[1-9]\d{6,14}")


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
) -> Person:
    """A new person, with a password or the hash of one (for many people with one password)."""
    email = email.strip().lower()
    errors: dict[str, list[str]] = {}
    if not _EMAIL.fullmatch(email) or len(email) > 254:
        errors["email"] = ["This is no e-mail address."]
    if not 1 <= len(name.strip()) <= 120:
        errors["name"] = ["From 1 to 120 characters."]
    if role not in list(Role):
        errors["role"] = [f"One of {', '.join(Role)}."]
    if (role == Role.VENDOR) != (restaurant is not None):
        errors["restaurant"] = ["Vendor staff belong to a restaurant, and nobody else does."]
    if phone is not None and not _PHONE.fullmatch(phone):
        errors["phone"] = ["With the country's code and no spaces, like +254700000000."]
    if errors:
        raise Invalid("This person cannot be made.", errors=errors)
    stored = password_hash or hashed(password or "")
    with atomic() as session:
        if session.scalars(select(Person.id).where(Person.email == email)).first() is not None:
            raise Invalid("This e-mail address is taken.", errors={"email": ["It is taken."]})
        person = Person(
            email=email,
            name=name.strip(),
            role=role,
            phone=phone,
            password_hash=stored,
            restaurant=restaurant,
            is_demo=is_demo,
        )
        session.add(person)
        session.flush()
    return person


def change_password(person: Person, password: str) -> None:
    """A new password; ends every session and token of the person."""
    stored = hashed(password)
    with atomic():
        person.password_hash = stored
        access.end_all(person, reason="password_changed")


def change_role(person: Person, role: str, restaurant: Restaurant | None = None) -> None:
    """Another role, or another restaurant; ends every session and token of the person.

    Conflict when a driver is given a delivery in this very moment.
    """
    if role not in list(Role) or (role == Role.VENDOR) != (restaurant is not None):
        raise Invalid("Vendor staff belong to a restaurant, and nobody else does.", errors={"role": ["Not like this."]})
    with atomic():
        if person.role == Role.DRIVER != role:
            offers.dismiss(person)
        person.role = role
        person.restaurant = restaurant
        person.restaurant_id = restaurant.id if restaurant else None
        access.end_all(person, reason="role_changed")


def deactivate(person: Person) -> None:
    """The person may no longer log in, and what they are logged in with ends. Conflict as in `change_role`."""
    with atomic():
        if person.role == Role.DRIVER:
            offers.dismiss(person)
        person.is_active = False
        access.end_all(person, reason="deactivated")
