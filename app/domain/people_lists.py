"""The list of people that admins ask for: narrowed, newest first, a page at a time behind a cursor.

A page never reads more than `WINDOW` people, however many there are and whatever it is narrowed to. What has an index
drives; what else is asked is looked for within the window alone, and where that leaves a page short, it says so and
goes on from there. Guests, who come with every order, are left out unless they are asked for.

    asked for                    read along
    nothing                      ix_people_with_account_id
    a role                       ix_people_with_account_role_id
    a restaurant                 ix_people_restaurant_id
    guests                       the ids of all people
    a whole e-mail address       that one alone, before all others of the first page
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from app.language import N_
from app.models import Person

from . import passwords

WINDOW = 20_000
STATES = {
    "": N_("Everybody"),
    "active": N_("Active"),
    "invited": N_("Invited"),
    "off": N_("Deactivated"),
    "guests": N_("Guests"),
}
_BIGGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to; None and "" are no wish. `phone` is `text` as phones are kept."""

    text: str = ""
    phone: str = ""
    role: str = ""
    restaurant_id: int | None = None
    # One of STATES.
    state: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A page, the id below which the next one begins, and whether it looked through a whole window."""

    people: Sequence[Person]
    next: int | None = None
    is_short: bool = False


def page(session: Session, wanted: Wanted, before: int | None, limit: int) -> Found:
    """The newest `limit` people with ids below `before` (None: of all) that are wanted."""
    window = (
        select(Person)
        .where(Person.id < (_BIGGEST if before is None else before), *_driving(wanted))
        .order_by(Person.id.desc())
    )
    looked_for = wanted.text or wanted.state
    if looked_for:
        person = aliased(Person, window.limit(WINDOW).subquery())
        query = select(person.id).where(*_conditions(wanted, person)).order_by(person.id.desc())
    else:
        query = window.with_only_columns(Person.id)
    ids = list(session.scalars(query.limit(limit + 1)))
    if len(ids) > limit:
        ids = ids[:limit]
        return Found(_people(session, _called(session, wanted, before), ids), ids[-1])
    last = session.scalar(window.with_only_columns(Person.id).offset(WINDOW - 1).limit(1)) if looked_for else None
    return Found(_people(session, _called(session, wanted, before), ids), last, is_short=last is not None)


def _driving(wanted: Wanted) -> list[ColumnElement[bool]]:
    driving = [Person.restaurant_id == wanted.restaurant_id] if wanted.restaurant_id is not None else []
    if wanted.state == "guests":
        return driving
    driving.append(Person.is_guest.is_(False))
    return [*driving, Person.role == wanted.role] if wanted.role else driving


def _conditions(wanted: Wanted, person: Any) -> list[ColumnElement[bool]]:
    """All that is wanted, of the people of a window."""
    conditions = [person.is_guest.is_(wanted.state == "guests")]
    match wanted.state:
        case "active":
            conditions += [person.is_active, person.password_hash != passwords.NOT_CHOSEN]
        case "invited":
            conditions += [person.is_active, person.password_hash == passwords.NOT_CHOSEN]
        case "off":
            conditions.append(~person.is_active)
    if wanted.role:
        conditions.append(person.role == wanted.role)
    return [*conditions, _named(wanted, person)] if wanted.text else conditions


def _named(wanted: Wanted, person: Any) -> ColumnElement[bool]:
    """The start of any word of a name, of an address, or of a phone number."""
    text = wanted.text
    starts = [person.name.istartswith(text, autoescape=True), person.name.icontains(f" {text}", autoescape=True)]
    starts.append(person.email.startswith(text.lower(), autoescape=True))
    if wanted.phone:
        starts.append(person.phone.startswith(wanted.phone, autoescape=True))
    return or_(*starts)


def _called(session: Session, wanted: Wanted, before: int | None) -> list[int]:
    """Whoever has the text as their whole address, beyond the window as well: on the first page alone."""
    if before is not None or "@" not in wanted.text:
        return []
    query = select(Person.id).where(Person.email == wanted.text.lower(), *_conditions(wanted, Person))
    if wanted.restaurant_id is not None:
        query = query.where(Person.restaurant_id == wanted.restaurant_id)
    return list(session.scalars(query))


def _people(session: Session, first: Sequence[int], ids: Sequence[int]) -> list[Person]:
    """These people, those of `first` before the others."""
    ordered = list(dict.fromkeys([*first, *ids]))
    rows = session.scalars(select(Person).options(joinedload(Person.restaurant)).where(Person.id.in_(ordered)))
    by_id = {person.id: person for person in rows}
    return [by_id[id] for id in ordered if id in by_id]
