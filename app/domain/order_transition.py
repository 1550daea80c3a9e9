"""The one function that walks an edge of the machine, and the one that writes an order's first state.

The guard of a walk is the update itself, `UPDATE … SET status = to, version = version + 1 WHERE id = … AND status =
from [AND version = expected] AND the restaurant's policy_version = the one whose rules were looked at`: what it matches
has happened, history and log rows included, in one transaction; what it does not match has not, and nothing was
written. Every check before it only makes the refusal kinder; of those by rules that an admin can change, the version
in the guard makes them hold: a walk that was looked at under rules which are not those any more is looked at again.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_dict

from app.contract.times import iso
from app.errors import Conflict, DomainError, EdgeForbidden, Invalid, LostRace
from app.extensions import atomic
from app.language import gettext as _
from app.models import Order, OrderChange, Restaurant
from app.models.prepared import Prepared

from . import order_events, order_json, policies, promises, staff, tickets, tracking
from .actor import Actor, name_of
from .edges import Edge
from .order_states import ENDS, LABELS


def walk(
    order: Order,
    to: str,
    *,
    by: Actor,
    at: datetime,
    expected_version: int | None = None,
    reason_code: str | None = None,
    note: str | None = None,
    occurred_at: datetime | None = None,
    values: Mapping[str, Any] | None = None,
) -> bool:
    """Move `order` along the edge to the state `to`, with its history and its events; True when it moved.

    Its tracking links begin to run out where it ends, and last again where it leaves an end.
    `values` are the columns that change with it. False when it is there already: nothing was written. Refuses with
    Invalid (unknown state, missing reason), Forbidden (not for this role), EdgeForbidden, Conflict (the edge's rule)
    and LostRace (another was faster, or `expected_version` is not the order's); all but Invalid and Forbidden say
    what the order is now.
    """
    edge = _edge(order, to, by, at, expected_version, reason_code, note)
    if edge is None:
        return False
    with atomic() as session:
        connection = session.connection()
        while not _guarded_update(connection, order, edge, by, at, expected_version, values or {}):
            session.refresh(order)
            session.refresh(order.restaurant)
            if order.status not in (to, edge.start):
                raise LostRace(_lost(order, by), **now_at(order, by))
            # It is where it was, so its version is not what was expected, or an admin has changed the rules.
            edge = _edge(order, to, by, at, expected_version, reason_code, note)
            if edge is None:
                return False
        _record(connection, order, edge.start, by, at, reason_code, note, occurred_at)
        if "promised_from" in (values or {}):
            promises.keep(session, order, at=at)
        if order.fulfilment == "delivery":
            tickets.follow(session, order, by=by, at=at, reason_code=reason_code, note=note, occurred_at=occurred_at)
        order_events.changed(session, order, previous=edge.start, at=at)
        if edge.to in ENDS:
            tracking.let_links_expire(order, at)
        elif edge.start in ENDS:
            tracking.revive_links(order)
    return True


def begin(session: Session, order: Order, *, by: Actor, at: datetime) -> None:
    """Write the first history row and the events of an order that was just added to `session`; version 1."""
    _record(session.connection(), order, None, by, at, None, None, None)
    promises.keep(session, order, at=at)
    order_events.created(session, order, at=at)


def refusal(
    order: Order,
    to: str,
    *,
    by: Actor,
    at: datetime,
    expected_version: int | None = None,
    reason_code: str | None = None,
    note: str | None = None,
) -> DomainError | None:
    """What `walk` would refuse this with, as things stand; None: it would move, or it is there already."""
    try:
        _edge(order, to, by, at, expected_version, reason_code, note)
    except DomainError as error:
        return error
    return None


def now_at(order: Order, viewer: Actor) -> dict[str, Any]:
    """What the order is now and what `viewer` may still do with it: the members of a refusal."""
    return {
        "current_status": order.status,
        "version": order.version,
        "changed_by": order_json.changed_by(order, viewer.role),
        "changed_at": iso(order.changed_at),
        "allowed": [edge.to for edge in staff.walkable(viewer, policies.allowed(order, viewer.role))],
    }


def _edge(
    order: Order,
    to: str,
    by: Actor,
    at: datetime,
    expected_version: int | None,
    reason_code: str | None,
    note: str | None,
) -> Edge | None:
    """The edge to `to`, checked as the rules are that we know of; None when the order is there already."""
    if to not in LABELS:
        raise Invalid(
            _("There is no state %(to)s.", to=f"{to!r}"),
            errors={"to": [_("One of %(codes)s.", codes=", ".join(LABELS))]},
        )
    if order.status == to:
        return None
    if expected_version not in (None, order.version):
        # Before what the role may do from here: the refusal is about what changed, not about who asks.
        raise LostRace(_lost(order, by), **now_at(order, by))
    edge = policies.of(order.restaurant).edges.get((order.status, to))
    if edge is None:
        raise EdgeForbidden(
            _(
                "An order that is %(state)s cannot become %(wanted)s.",
                state=_(LABELS[order.status]).lower(),
                wanted=_(LABELS[to]).lower(),
            ),
            **now_at(order, by),
        )
    policies.check_reason(order, reason_code, by)
    edge.check(by, reason_code, note)
    staff.check(by, staff.duty_of(to))
    if refusal := edge.refusal(order, at):
        raise Conflict(refusal, **now_at(order, by))
    return edge


def _guarded_update(
    connection: Connection,
    order: Order,
    edge: Edge,
    by: Actor,
    at: datetime,
    expected_version: int | None,
    values: Mapping[str, Any],
) -> bool:
    """The update whose row count names the winner; the order then is exactly what the database holds.

    It tells only what can change after an order was placed: what is frozen then was read before.
    """
    changes = {
        "status": edge.to,
        "changed_at": at,
        "changed_by_id": by.id,
        "changed_by_name": name_of(by),
        "changed_by_role": by.role,
        **values,
    }
    guard = {
        "guarded_id": order.id,
        "guarded_status": edge.start,
        "guarded_version": expected_version,
        "guarded_restaurant": order.restaurant_id,
        "guarded_policy": order.restaurant.policy_version,
    }
    statement = _update(frozenset(changes), expected_version is not None)
    new = {f"new_{name}": value for name, value in changes.items()}
    rows = statement.rows(connection, guard | new)
    for row in rows:
        instance_dict(order).update(zip(_changing, row, strict=True))
    return bool(rows)


_frozen = {
    "id", "number", "restaurant_id", "customer_id", "fulfilment", "address", "note", "currency", "total_minor",
    "items_count", "payment_method", "created_at", "scheduled_for", "handover_code", "latitude", "longitude",
}  # fmt: skip
_changing = [column.name for column in Order.__table__.c if column.name not in _frozen]


@cache
def _update(columns: frozenset[str], guards_version: bool) -> Prepared:
    """The statement that writes these columns."""
    table = Order.__table__
    policy = select(Restaurant.policy_version).where(Restaurant.id == bindparam("guarded_restaurant"))
    guards = [
        table.c.id == bindparam("guarded_id"),
        table.c.status == bindparam("guarded_status"),
        policy.scalar_subquery() == bindparam("guarded_policy"),
    ]
    if guards_version:
        guards.append(table.c.version == bindparam("guarded_version"))
    new = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns}
    statement = update(table).where(*guards).values(new | {"version": table.c.version + 1})
    return Prepared(statement.returning(*(table.c[name] for name in _changing)))


_insert_change = Prepared(
    insert(OrderChange.__table__),
    *(column.name for column in OrderChange.__table__.c if not column.primary_key),
)


def _record(
    connection: Connection,
    order: Order,
    previous: str | None,
    by: Actor,
    at: datetime,
    reason_code: str | None,
    note: str | None,
    occurred_at: datetime | None,
) -> None:
    row = {
        "order_id": order.id,
        "version": order.version,
        "from_status": previous,
        "to_status": order.status,
        "actor_id": by.id,
        "actor_name": name_of(by),
        "role": by.role,
        "reason_code": reason_code,
        "note": note,
        "at": at,
        "occurred_at": occurred_at,
    }
    _insert_change.write(connection, row)


def _lost(order: Order, viewer: Actor) -> str:
    who = order_json.changed_by(order, viewer.role)["name"]
    since = order.changed_at.astimezone(order.restaurant.zone)
    return _(
        "%(who)s was faster: the order is %(state)s since %(time)s.",
        who=who,
        state=_(LABELS[order.status]).lower(),
        time=f"{since:%H:%M}",
    )
