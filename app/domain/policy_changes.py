"""The verbs of whoever manages transitions: what they decide about edges, reasons and deadlines, for one house or all.

Each is one transaction: the version that the admin saw is the guard, then the rows, the audit trail, and the event by
which open pages draw their buttons anew. A decision that says what holds anyway leaves no row: the restaurant then goes
along with all, and all with the code. `scope` is a restaurant, or None for all. Refuses with LostRace where somebody
else has decided meanwhile, and with Invalid.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.contract import events, rooms
from app.contract.times import iso_or_none, now
from app.errors import Invalid, LostRace
from app.extensions import atomic
from app.language import gettext as _
from app.models import EdgePolicy, Order, PolicyDefaults, ReasonCode, Restaurant
from app.models.policy import LONGEST_CODE, LONGEST_REASON
from app.models.restaurant import DEADLINE_BOUNDS, DEADLINES, new_policy_version

from . import audit, log, policies
from .actor import Actor
from .locks import POLICIES, alone
from .order_states import EDGES, LABELS
from .policy_effects import Move, deadlines_of, moves

Scope = Restaurant | None


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """A line of the list of reasons as an admin wants it; `code` is empty where it is a new one."""

    code: str
    label: str
    position: int
    is_active: bool = True


def change_edge(scope: Scope, start: str, to: str, *, roles: Set[str], reason: Set[str], by: Actor, seen: int) -> None:
    """Let `roles` walk the edge, those in `reason` only with a reason; whom code keeps on it stays on it."""
    with atomic() as session:
        version = _claim(session, scope, seen)
        before = policies.read(session, _id(scope)).edges[start, to]
        wanted = EDGES[start, to].under(roles, reason)
        inherited = _inherited(session, scope).edges[start, to]
        row = _own(session, EdgePolicy, scope, from_status=start, to_status=to)
        if (wanted.roles, wanted.reason) == (inherited.roles, inherited.reason):
            if row is not None:
                session.delete(row)
        else:
            row = row or EdgePolicy(restaurant_id=_id(scope), from_status=start, to_status=to)
            row.roles, row.reason = _words(wanted.roles), _words(wanted.reason)
            session.add(row)
        session.flush()
        name = f"{LABELS[start]} to {LABELS[to].lower()}"
        _told(session, scope, version, by, name, _said(before.roles, before.reason), _said(wanted.roles, wanted.reason))


def change_reasons(scope: Scope, lines: Sequence[ReasonLine], *, by: Actor, seen: int) -> None:
    """Have these reasons, in this order. A code that is not among `lines` stays as it is: none is ever deleted."""
    with atomic() as session:
        version = _claim(session, scope, seen)
        rules = policies.read(session, _id(scope))
        before, ordered = rules.reasons, listed(rules, lines)
        inherited = _inherited(session, scope).reasons
        if list(inherited) == list(ordered) and inherited == ordered:
            _drop(session, scope)
        else:
            for position, (code, reason) in enumerate(ordered.items(), 1):
                row = _own(session, ReasonCode, scope, code=code) or ReasonCode(restaurant_id=_id(scope), code=code)
                row.label, row.position, row.is_active = reason.label, position, reason.is_active
                session.add(row)
        session.flush()
        _told(session, scope, version, by, "Reasons", _listed(before), _listed(ordered))


def change_deadlines(
    scope: Scope, minutes: Mapping[str, int], *, open_orders: bool = False, by: Actor, seen: int
) -> None:
    """Set the deadlines; restaurants that had what was for all go along. `open_orders`: theirs move as well."""
    check_deadlines(minutes)
    at = now()
    with atomic() as session:
        version = _claim(session, scope, seen)
        before = deadlines_of(session, scope)
        moving = moves(session, scope, minutes, at) if open_orders else []
        if scope is None:
            _write_for_all(session, before, minutes)
        else:
            for name, value in minutes.items():
                setattr(scope, name, value)
            session.flush()
        for move in moving:
            _move(session, move, at)
        _told(session, scope, version, by, "Deadlines", before, {**before, **minutes})


def listed(rules: policies.Rules, lines: Sequence[ReasonLine]) -> dict[str, policies.Reason]:
    """The reasons as `lines` would have them, in their order; refuses lines that are not right (Invalid)."""
    return _ordered(_checked(lines, rules.reasons), rules.reasons)


def check_deadlines(minutes: Mapping[str, int]) -> None:
    """Refuse minutes that are out of bounds (Invalid)."""
    errors = {}
    for name, value in minutes.items():
        least, most = DEADLINE_BOUNDS[name]
        if not least <= value <= most:
            errors[name] = [_("From %(least)s to %(most)s minutes.", least=least, most=most)]
    if errors:
        raise Invalid(_("These deadlines cannot be."), errors=errors)


def version_of(session: Session, scope: Scope) -> int:
    """What an admin who looks at `scope` now has seen; 0: nobody has ever decided anything for all."""
    if scope is not None:
        return scope.policy_version
    return session.scalar(select(PolicyDefaults.version)) or 0


def _claim(session: Session, scope: Scope, seen: int) -> int:
    """The next version, in the place of the one that was seen: from here on nobody else decides."""
    if scope is not None:
        version = max(new_policy_version(), seen + 1)
        mine = (Restaurant.id == scope.id, Restaurant.policy_version == seen)
        claimed = session.execute(update(Restaurant).where(*mine).values(policy_version=version))
        session.refresh(scope)
        if not claimed.rowcount:  # type: ignore[attr-defined]
            raise _lost(scope)
        return version
    # No lock of the table: who holds a restaurant could not write it then, and we could not write that restaurant.
    alone(session, POLICIES)
    row = session.get(PolicyDefaults, 1, populate_existing=True)
    current = row.version if row else 0
    if current != seen:
        raise _lost(scope)
    version = max(new_policy_version(), current + 1)
    if row is None:
        session.add(PolicyDefaults(id=1, version=version, **DEADLINES))
    else:
        row.version = version
    session.flush()
    later = case((Restaurant.policy_version >= version, Restaurant.policy_version + 1), else_=version)
    session.execute(update(Restaurant).values(policy_version=later).execution_options(synchronize_session="fetch"))
    return version


def _lost(scope: Scope) -> LostRace:
    if scope is None:
        return LostRace(
            _(
                "Somebody else changed the rules for all restaurants meanwhile."
                " Look at how they stand now, then decide again."
            )
        )
    return LostRace(
        _(
            "Somebody else changed the rules of %(name)s meanwhile. Look at how they stand now, then decide again.",
            name=scope.name,
        )
    )


def _inherited(session: Session, scope: Scope) -> policies.Rules:
    """What holds where `scope` decides nothing."""
    return policies.BY_CODE if scope is None else policies.read(session, None)


def _own(session: Session, table: Any, scope: Scope, **which: str) -> Any:
    return session.scalars(select(table).filter_by(restaurant_id=_id(scope), **which)).one_or_none()


def _drop(session: Session, scope: Scope) -> None:
    for row in session.scalars(select(ReasonCode).filter_by(restaurant_id=_id(scope))):
        session.delete(row)


def _checked(lines: Sequence[ReasonLine], known: Mapping[str, policies.Reason]) -> list[ReasonLine]:
    """`lines` with a code each; Invalid says which of them is not right."""
    checked: list[ReasonLine] = []
    taken = set(known)
    for line in lines:
        label = " ".join(line.label.split())
        if not 1 <= len(label) <= LONGEST_REASON:
            wrong = _("From %(shortest)s to %(longest)s characters.", shortest=1, longest=LONGEST_REASON)
            raise Invalid(_("A reason needs words. %(wrong)s", wrong=wrong), errors={"label": [wrong]})
        if line.code and line.code not in known:
            raise Invalid(_("There is no such reason."), errors={"code": [_("%(code)s is not known.", code=line.code)]})
        code = line.code or _code(label, taken)
        taken.add(code)
        checked.append(ReasonLine(code, label, line.position, line.is_active))
    if not any(line.is_active for line in checked):
        raise Invalid(_("Leave at least one reason to give."), errors={"is_active": [_("All are switched off.")]})
    labels = [line.label.lower() for line in checked if line.is_active]
    if len(set(labels)) < len(labels):
        raise Invalid(_("Two reasons have the same words."), errors={"label": [_("Each needs words of its own.")]})
    return checked


def _code(label: str, taken: Set[str]) -> str:
    """A code out of the words, that no other reason has: what programs say."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[: LONGEST_CODE - 4].strip("_") or "reason"
    names = (base if number == 1 else f"{base}_{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _ordered(lines: Sequence[ReasonLine], known: Mapping[str, policies.Reason]) -> dict[str, policies.Reason]:
    """Every reason by its code, as wanted; those that no line names keep their place."""
    places = {code: (place, reason) for place, (code, reason) in enumerate(known.items(), 1)}
    places |= {line.code: (line.position, policies.Reason(line.label, line.is_active)) for line in lines}
    # Where two want the same place: one that came from below stands before the one that was there, else behind it.
    stood = {code: place for place, code in enumerate(known, 1)}

    def rank(code: str) -> tuple[int, int]:
        place = places[code][0]
        came_from = stood.get(code, place + 1)
        return place, (came_from < place) - (came_from > place)

    return {code: places[code][1] for code in sorted(places, key=rank)}


def _write_for_all(session: Session, before: Mapping[str, int], minutes: Mapping[str, int]) -> None:
    row = session.get_one(PolicyDefaults, 1)
    for name, value in minutes.items():
        setattr(row, name, value)
        follows = Restaurant.__mapper__.columns[name] == before[name]
        session.execute(
            update(Restaurant).where(follows).values({name: value}).execution_options(synchronize_session="fetch")
        )
    session.flush()


def _move(session: Session, move: Move, at: datetime) -> None:
    """The order's new deadline, unless somebody took it on meanwhile."""
    order = move.order
    moved = session.execute(
        update(Order)
        .where(Order.id == order.id, Order.version == order.version, Order.due_at == move.before)
        .values(due_at=move.after)
        .execution_options(synchronize_session=False)
    )
    if not moved.rowcount:  # type: ignore[attr-defined]
        return
    set_committed_value(order, "due_at", move.after)
    data = {
        "order_number": order.number,
        "due_at": iso_or_none(move.after),
        **log.stamp(at, order_version=order.version),
    }
    of_room = {
        "user.{id}": rooms.user(order.customer_id),
        "order.{number}": rooms.order(order.number),
        "admin.orders": rooms.ADMIN_ORDERS,
    }
    if order.confirmed_at is not None:
        of_room["vendor-orders.{id}"] = rooms.vendor_orders(order.restaurant_id)
    lines = [line.message(of_room[line.room], data) for line in events.DEADLINE_MOVED if line.room in of_room]
    log.append(session, lines, at=at, order_id=order.id)


def _told(
    session: Session,
    scope: Scope,
    version: int,
    by: Actor,
    name: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Into the trail and onto every screen that shows buttons."""
    where = "all restaurants" if scope is None else scope.name
    subject = ("policy", "all" if scope is None else scope.id, f"{name}, {where}")
    audit.record(session, "policy.changed", by=by, subject=subject, before=before, after=after)
    at = now()
    data = {"restaurant_id": _id(scope), "version": version, **log.stamp(at)}
    for_kitchens, for_admins = events.POLICY_CHANGED
    kitchens = session.scalars(select(Restaurant.id)) if scope is None else [scope.id]
    messages = [for_kitchens.message(rooms.vendor_orders(id), data) for id in kitchens]
    log.append(session, [*messages, for_admins.message(rooms.ADMIN_ORDERS, data)], at=at)


def _id(scope: Scope) -> int | None:
    return None if scope is None else scope.id


def _words(roles: Iterable[str]) -> str:
    return " ".join(sorted(roles))


def _said(roles: Iterable[str], reason: Iterable[str]) -> dict[str, str]:
    return {"roles": _words(roles), "reason": _words(reason)}


def _listed(reasons: Mapping[str, policies.Reason]) -> dict[str, str]:
    """Each reason with its place, so that the trail shows what was renamed, moved or ended."""
    return {
        code: f"{place}. {reason.label}{'' if reason.is_active else ' (off)'}"
        for place, (code, reason) in enumerate(reasons.items(), 1)
    }
