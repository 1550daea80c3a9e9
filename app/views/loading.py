"""Loading through the person: the query is the authorisation, so what is foreign and what is missing look alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from flask_login import current_user
from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm.attributes import set_committed_value

from app.contract.identity import Role
from app.errors import Forbidden, NotAuthenticated, NotFound
from app.extensions import db
from app.language import gettext as _
from app.models import Order, OrderItem, Person, Restaurant, Ticket
from app.models.assembly import Assemblies, Assembly
from app.models.prepared import Prepared

T = TypeVar("T")


def one(query: "Select[T]", values: Mapping[str, object] | None = None) -> T:
    """The one row of `query` (with `values` for its parameters); NotFound when there is none."""
    row = db.session.scalars(query, values).unique().one_or_none()
    if row is None:
        raise NotFound
    return row


def order(number: str) -> Order:
    """The order with this number, if the person who asks may see it."""
    asking = person()
    values = {"number": number, "asking_id": asking.id, "asking_restaurant": asking.restaurant_id}
    session = db.session()
    rows = _order_by_number(asking.role).rows(session.connection(), values)
    if not rows:
        raise NotFound
    found: Order
    found, restaurant, customer = _whole_order.make(session, rows[0])
    lines = [_line.make(session, row[-len(_line.columns) :]) for row in rows]
    for relation, loaded in (("restaurant", restaurant), ("customer", customer), ("items", lines)):
        set_committed_value(found, relation, loaded)
    return found


def ticket(ticket_id: int) -> Ticket:
    """The delivery ticket with this id, if the person who asks may see it."""
    return one(Ticket.visible_to(person()).where(Ticket.id == ticket_id))


# One row for each line of the order: it has few, and a statement of their own would cost more than they do.
_whole_order, _line = Assemblies(Order, Restaurant, Person), Assembly(OrderItem)


@dataclass(frozen=True)
class _Asking:
    """Whoever has this role, in a statement that is built once and asked for each of them."""

    role: str
    id: BindParameter[int] = field(default_factory=lambda: bindparam("asking_id"))
    restaurant_id: BindParameter[int] = field(default_factory=lambda: bindparam("asking_restaurant"))


@cache
def _order_by_number(role: str) -> Prepared:
    order, line = Order.__table__, OrderItem.__table__
    return Prepared(
        select(*_whole_order.columns, *_line.columns)
        .join_from(order, Restaurant.__table__, Restaurant.__table__.c.id == order.c.restaurant_id)
        .join(Person.__table__, Person.__table__.c.id == order.c.customer_id)
        .join(line, line.c.order_id == order.c.id)
        .where(Order.number == bindparam("number"), *Order.seen_by(_Asking(role)))
        .order_by(line.c.id)
    )


def person(*roles: Role) -> Person:
    """Whoever asks, logged in and of one of `roles` (any, when none is given)."""
    asking: Person = current_user._get_current_object()
    if not asking.is_authenticated:
        raise NotAuthenticated
    if roles and asking.role not in roles:
        raise Forbidden
    return asking


def themselves(*roles: Role) -> Person:
    """The same for what is a person's alone: Forbidden while an admin acts as them."""
    asking = person(*roles)
    if asking.acted_by is not None:
        raise Forbidden(_("This is for the person alone: you act as them. Stop acting first."))
    return asking
