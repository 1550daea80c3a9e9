"""What the people of a restaurant may do in it: the table of roles and duties, and changing somebody's role.

The role is a column of the person (`staff_role`) and says nothing of anybody but vendor staff: an admin may do all of
it, and what customers and drivers may do stands elsewhere. `check` is the only place that asks.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contract.identity import Role
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import atomic
from app.language import N_
from app.language import gettext as _
from app.models import Order, Person

from . import access, audit, links
from .actor import Actor
from .edges import Edge
from .order_states import ENDS

ROLES = {"manager": N_("Manager"), "cook": N_("Cook"), "counter": N_("Counter")}

SEE_BOARD = "see_board"
COOK_ORDERS = "cook_orders"  # take steps, tick off, say what is sold out and how busy it is
HAND_OVER = "hand_over"
SEE_ORDERS = "see_orders"  # the list of all orders, with names and phones
PRINT = "print"
RUN = "run"  # settings, statistics, staff
DUTIES = {
    "cook": frozenset({SEE_BOARD, COOK_ORDERS, HAND_OVER}),
    "counter": frozenset({SEE_BOARD, HAND_OVER, SEE_ORDERS, PRINT}),
    "manager": frozenset({SEE_BOARD, COOK_ORDERS, HAND_OVER, SEE_ORDERS, PRINT, RUN}),
}
# What staff are whose duty nobody has said.
LEAST = "cook"
_WORDS = {"cook": N_("cooks"), "counter": N_("the counter"), "manager": N_("managers")}
_HANDS_OVER = frozenset({"collected", "picked_up"})


def may(by: Actor, duty: str) -> bool:
    """Whether `by` may do this, as far as the role in the restaurant says."""
    return by.role != Role.VENDOR or duty in DUTIES[getattr(by, "staff_role", "manager")]


def check(by: Actor, duty: str) -> None:
    """Forbidden, where `may` says no."""
    if not may(by, duty):
        able = _(" and ").join(_(words) for role, words in _WORDS.items() if duty in DUTIES[role])
        raise Forbidden(_("In this restaurant that is for %(able)s.", able=able))


def check_sees(by: Actor, order: Order) -> None:
    """Forbidden for whoever sees the board alone, where `order` stands on it no more."""
    check(by, SEE_ORDERS if order.status in ENDS and not _must_stop(order) else SEE_BOARD)


def _must_stop(order: Order) -> bool:
    return order.status == "cancelled" and bool(order.accepted_at) and order.stop_acknowledged_at is None


def duty_of(to: str) -> str:
    """Which duty it is to take an order to this state."""
    return HAND_OVER if to in _HANDS_OVER else COOK_ORDERS


def walkable(by: Actor, edges: Iterable[Edge]) -> list[Edge]:
    """Those of `edges` that are a duty of `by`."""
    return [edge for edge in edges if may(by, duty_of(edge.to))]


def of_restaurant(session: Session, restaurant_id: int) -> list[Person]:
    """Everybody who works there, those who may log in first."""
    query = select(Person).where(Person.restaurant_id == restaurant_id, Person.role == Role.VENDOR)
    return list(session.scalars(query.order_by(Person.is_active.desc(), Person.name, Person.id)))


def give_role(person_id: int, staff_role: str, *, by: Person) -> Person:
    """Another role for a colleague; ends what they are logged in with. One's own is for another manager to change."""
    if staff_role not in ROLES:
        raise Invalid(
            _("There is no such role."), errors={"staff_role": [_("One of %(codes)s.", codes=", ".join(ROLES))]}
        )
    with atomic() as session:
        person = _colleague(session, person_id, by)
        if person.staff_role != staff_role:
            _changed(session, person, "staff.role", by, "staff_role", staff_role)
            access.end_all(person, reason="role_changed")
    return person


def set_active(person_id: int, active: bool, *, by: Person) -> Person:
    """Let a colleague log in no more, or again; again only where a manager had ended it, else it is for an admin."""
    with atomic() as session:
        person = _colleague(session, person_id, by)
        if person.is_active != active:
            if active and not person.is_off_by_kitchen:
                raise Forbidden(_("An admin deactivated this account: only an admin lets it in again."))
            _changed(session, person, "staff.activity", by, "is_active", active)
            person.is_off_by_kitchen = not active
            if not active:
                links.end_all(session, person)
                access.end_all(person, reason="deactivated")
    return person


def _changed(session: Session, person: Person, action: str, by: Actor, name: str, value: object) -> None:
    subject = ("person", person.id, person.name)
    audit.record(session, action, by=by, subject=subject, before={name: getattr(person, name)}, after={name: value})
    setattr(person, name, value)


def _colleague(session: Session, person_id: int, by: Person) -> Person:
    """Somebody else of the same restaurant; whoever asks is looked at under the lock, so a manager is always left."""
    team = select(Person).where(Person.restaurant_id == by.restaurant_id, Person.role == Role.VENDOR)
    locked = team.order_by(Person.id).with_for_update(key_share=True).execution_options(populate_existing=True)
    people = {person.id: person for person in session.scalars(locked)}
    if by.id not in people or not by.is_active:
        raise Forbidden
    check(by, RUN)
    if person_id not in people:
        raise NotFound
    if person_id == by.id:
        raise Conflict(_("That is you: another manager has to do it."))
    return people[person_id]
