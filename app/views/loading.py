"""Loading through the person: the query is the authorisation, so what is foreign and what is missing look alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from flask_login import current_user
from sqlalchemy import BindParameter, Select, bindparam
from sqlalchemy.orm import joinedload

from app.contract.identity import Role
from app.errors import Forbidden, NotAuthenticated, NotFound
from app.extensions import db
from app.models import Order, Person

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
    return one(_order_by_number(asking.role), values)


@dataclass(frozen=True)
class _Asking:
    """Whoever has this role, in a statement that is built once and asked for each of them."""

    role: str
    id: BindParameter[int] = field(default_factory=lambda: bindparam("asking_id"))
    restaurant_id: BindParameter[int] = field(default_factory=lambda: bindparam("asking_restaurant"))


@cache
def _order_by_number(role: str) -> "Select[Order]":
    # The items in the same statement: one order has few, and a statement of their own costs more than they do.
    whole = Order.visible_to(_Asking(role)).options(joinedload(Order.items))
    return whole.where(Order.number == bindparam("number"))


def person(*roles: Role) -> Person:
    """Whoever asks, logged in and of one of `roles` (any, when none is given)."""
    if not current_user.is_authenticated:
        raise NotAuthenticated
    if roles and current_user.role not in roles:
        raise Forbidden
    asking: Person = current_user._get_current_object()
    return asking
