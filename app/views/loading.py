"""Loading through the person: the query is the authorisation, so what is foreign and what is missing look alike."""

from typing import TypeVar

from flask_login import current_user
from sqlalchemy import Select

from app.contract.identity import Role
from app.errors import Forbidden, NotAuthenticated, NotFound
from app.extensions import db
from app.models import Order, Person

T = TypeVar("T")


def one(query: "Select[T]") -> T:
    """The one row of `query`; NotFound when there is none."""
    row = db.session.scalars(query).unique().one_or_none()
    if row is None:
        raise NotFound
    return row


def order(number: str) -> Order:
    """The order with this number, if the person who asks may see it."""
    return one(Order.visible_to(person()).where(Order.number == number))


def person(*roles: Role) -> Person:
    """Whoever asks, logged in and of one of `roles` (any, when none is given)."""
    if not current_user.is_authenticated:
        raise NotAuthenticated
    if roles and current_user.role not in roles:
        raise Forbidden
    asking: Person = current_user._get_current_object()
    return asking
