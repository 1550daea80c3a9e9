"""What holds for the orders of a restaurant now: the table of edges, under what admins decided in the panel.

A restaurant's own decision counts before the one for all, and that before what code says (order_states.py). Rules are
kept in memory by the version that stands in the restaurant's row, which is read with every order: another process that
changes them changes that row in the same transaction, so nobody asks the database again while nothing has changed. That
no walk uses rules which were changed a moment ago is the guard of the walk itself (order_transition.py).

Deadlines are columns of the restaurant. What changes any of it is in policy_changes.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, object_session

from app.contract.identity import Role
from app.contract.times import now
from app.errors import Invalid
from app.extensions import db
from app.language import gettext as _
from app.models import EdgePolicy, Order, ReasonCode, Restaurant, Ticket

from . import ticket_states
from .actor import Actor
from .edges import Edge
from .order_states import EDGES, REASONS

T = TypeVar("T", EdgePolicy, ReasonCode)
# So many restaurants' rules are remembered; then all are read anew.
_MOST = 5000
# A driver's phone may come back from a dead zone with what was a reason then.
_TAKES_ANY_KNOWN = frozenset({Role.DRIVER, Role.CUSTOMER, "system"})
# What a delivery's step asks of its order: the edge that the order walks with it.
_WITH_THE_ORDER = {
    "picked_up": ("ready_for_pickup", "picked_up"),
    "delivered": ("picked_up", "delivered"),
    "failed": ("picked_up", "undeliverable"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason as it stands: its words, and whether it is still offered."""

    label: str
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds: every edge under its policy, and every reason by its code, in the order in which they are offered."""

    edges: Mapping[tuple[str, str], Edge]
    reasons: Mapping[str, Reason]

    @property
    def offered(self) -> dict[str, str]:
        """The words of the reasons that may be given, by their codes."""
        return {code: reason.label for code, reason in self.reasons.items() if reason.is_active}

    def takes(self, code: str, role: str) -> bool:
        """Whether somebody of this role may give this reason."""
        reason = self.reasons.get(code)
        return reason is not None and (reason.is_active or role in _TAKES_ANY_KNOWN)


BY_CODE = Rules(EDGES, {code: Reason(label) for code, label in REASONS.items()})
_known: dict[tuple[int, int], Rules] = {}


def of(restaurant: Restaurant) -> Rules:
    """The rules of `restaurant`, as of the version that its row had when it was read."""
    key = (restaurant.id, restaurant.policy_version)
    rules = _known.get(key)
    if rules is None:
        rules = read(object_session(restaurant) or db.session(), restaurant.id)
        if len(_known) >= _MOST:
            _known.clear()
        _known[key] = rules
    return rules


def read(session: Session, restaurant_id: int | None) -> Rules:
    """The rules as the database has them: of a restaurant, or (None) of all that decided nothing for themselves."""
    edges = session.scalars(_in_scope(EdgePolicy, restaurant_id)).all()
    reasons = session.scalars(_in_scope(ReasonCode, restaurant_id)).all()
    return Rules(_edges(edges), _reasons(reasons))


def allowed(order: Order, role: str, at: datetime | None = None) -> list[Edge]:
    """The edges that `role` may walk from where `order` is, in the table's order."""
    at = at or now()
    return [
        line
        for line in of(order.restaurant).edges.values()
        if line.start == order.status and role in line.roles and line.refusal(order, at) is None
    ]


def allowed_of(ticket: Ticket, role: str, at: datetime | None = None) -> list[Edge]:
    """The same for a delivery: a step that its order walks too is for those who may take the order there."""
    edges = of(ticket.order.restaurant).edges
    return [
        line
        for line in ticket_states.allowed(ticket, role, at)
        if line.to not in _WITH_THE_ORDER or role in edges[_WITH_THE_ORDER[line.to]].roles
    ]


def check_reason(order: Order, code: str | None, by: Actor) -> None:
    """Refuse a reason that is none, or is none any more, at the restaurant of `order` (Invalid)."""
    rules = of(order.restaurant)
    if code is not None and not rules.takes(code, by.role):
        raise Invalid(
            _("Unknown reason."), errors={"reason_code": [_("One of %(codes)s.", codes=", ".join(rules.offered))]}
        )


def label(code: str, restaurant: Restaurant | None = None) -> str:
    """The words of a reason, as `restaurant` says them; a code that nobody knows is its own word."""
    reasons = (BY_CODE if restaurant is None else of(restaurant)).reasons
    return reasons[code].label if code in reasons else code.replace("_", " ").capitalize()


def _in_scope(table: type[T], restaurant_id: int | None) -> Select[T]:
    """Rows for all before those of the restaurant, which count more."""
    mine = or_(table.restaurant_id.is_(None), table.restaurant_id == restaurant_id)
    return select(table).where(mine).order_by(table.restaurant_id.is_not(None), table.id)


def _edges(rows: Iterable[EdgePolicy]) -> Mapping[tuple[str, str], Edge]:
    decided = {(row.from_status, row.to_status): row for row in rows}
    return {
        key: line.under(set(row.roles.split()), set(row.reason.split())) if (row := decided.get(key)) else line
        for key, line in EDGES.items()
    }


def _reasons(rows: Iterable[ReasonCode]) -> Mapping[str, Reason]:
    places = {code: (place, Reason(words)) for place, (code, words) in enumerate(REASONS.items(), 1)}
    places |= {row.code: (row.position, Reason(row.label, row.is_active)) for row in rows}
    return {code: reason for code, (_, reason) in sorted(places.items(), key=lambda item: (item[1][0], item[0]))}
