"""The one function that walks an edge of a ticket's machine, as order_transition.py does for orders.

The guard is the update itself: state, version where one is expected, and for whoever rides it the driver. What it
matches has happened, history and log rows included, in one transaction; what it does not match has not.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.contract.identity import Role
from app.contract.times import iso, now
from app.errors import Conflict, EdgeForbidden, Invalid, LostRace
from app.extensions import atomic
from app.language import gettext as _
from app.models import Ticket, TicketChange

from . import policies, ticket_events, ticket_json
from .actor import Actor, name_of
from .edges import Edge, How
from .ticket_states import EDGES, ENDS, LABELS, SEARCHING

_TABLE: Table = Ticket.__table__
# A device that says it happened earlier than this is not believed.
_LONGEST_DEAD_ZONE = timedelta(hours=2)


def walk(
    ticket: Ticket,
    to: str,
    *,
    by: Actor,
    at: datetime,
    expected_version: int | None = None,
    reason_code: str | None = None,
    note: str | None = None,
    occurred_at: datetime | None = None,
    values: Mapping[str, Any] | None = None,
    asked: int | None = None,
) -> bool:
    """Move `ticket` along the edge to the state `to`, with its history and its events; True when it moved.

    `asked`: the driver whose offer begins or ends with it. False when it is there already: nothing was written. Refuses
    as the walk of an order does: Invalid, Forbidden, EdgeForbidden, Conflict, LostRace.
    """
    edge = edge_to(ticket, to, by, expected_version)
    if edge is None:
        return False
    policies.check_reason(ticket.order, reason_code, by)
    edge.check(by, reason_code, note)
    if refusal := edge.refusal(ticket, at):
        raise Conflict(refusal, **now_at(ticket, by))
    with atomic() as session:
        rider = ticket.driver_id
        if not _guarded_update(session, ticket, edge, by, at, expected_version, values or {}):
            session.refresh(ticket)
            if ticket.status == to and _is_with(ticket, by, to):
                return False
            raise lost(ticket, by)
        record(session, ticket, edge.start, by, at, reason_code=reason_code, note=note, occurred_at=occurred_at)
        ticket_events.changed(session, ticket, edge, at=at, asked=asked, rider=rider)
    return True


def edge_to(ticket: Ticket, to: str, by: Actor, expected_version: int | None = None) -> Edge | None:
    """The edge by which `by` takes `ticket` to the state `to`; None when it is there already.

    Refuses with Invalid (no such state), LostRace (not what was on the screen, or another driver's) and EdgeForbidden.
    """
    if to not in LABELS:
        known = ", ".join(LABELS)
        raise Invalid(_("There is no state %(to)s.", to=repr(to)), errors={"to": [_("One of %(codes)s.", codes=known)]})
    if not _is_with(ticket, by, to):
        raise lost(ticket, by)
    if ticket.status == to:
        return None
    if expected_version not in (None, ticket.version):
        raise lost(ticket, by)
    edge = EDGES.get((ticket.status, to))
    if edge is None:
        raise EdgeForbidden(
            _("A delivery that is “%(now)s” cannot become “%(to)s”.", now=_(LABELS[ticket.status]), to=_(LABELS[to])),
            **now_at(ticket, by),
        )
    return edge


def record(
    session: Session,
    ticket: Ticket,
    previous: str | None,
    by: Actor,
    at: datetime,
    *,
    reason_code: str | None = None,
    note: str | None = None,
    occurred_at: datetime | None = None,
) -> None:
    """Write the history row of the state that `ticket` has now."""
    session.add(
        TicketChange(
            ticket_id=ticket.id,
            version=ticket.version,
            from_status=previous,
            to_status=ticket.status,
            actor_id=by.id,
            actor_name=name_of(by),
            role=by.role,
            reason_code=reason_code,
            note=note,
            at=at,
            occurred_at=occurred_at,
        )
    )
    session.flush()


def believed(ticket: Ticket, how: How) -> How:
    """The device's time where it can be: not before the ticket's last change, not in the future, not ages ago."""
    at, said = now(), how.get("occurred_at")
    if said is None:
        return how
    changed = ticket.changed_at if ticket.changed_by_role != Role.DRIVER else at - _LONGEST_DEAD_ZONE
    return {**how, "occurred_at": min(at, max(said, changed, at - _LONGEST_DEAD_ZONE))}


def now_at(ticket: Ticket, viewer: Actor) -> dict[str, Any]:
    """What the ticket is now and what `viewer` may still do with it: the members of a refusal."""
    # Of what another driver is being asked just now, or has, a driver may do nothing.
    may_move = viewer.role != Role.DRIVER or ticket.driver_id == viewer.id or ticket.waits
    return {
        "current_status": ticket.status,
        "version": ticket.version,
        "changed_by": ticket_json.changed_by(ticket),
        "changed_at": iso(ticket.changed_at),
        "allowed": [edge.to for edge in policies.allowed_of(ticket, viewer.role)] if may_move else [],
    }


def lost(ticket: Ticket, viewer: Actor) -> LostRace:
    """The refusal that tells `viewer` who was faster, and what it is now."""
    return LostRace(_who_was_faster(ticket, viewer), **now_at(ticket, viewer))


def _who_was_faster(ticket: Ticket, viewer: Actor) -> str:
    since = ticket.changed_at.astimezone(ticket.order.restaurant.zone)
    said = {"what": _(LABELS[ticket.status]), "since": f"{since:%H:%M}"}
    who = ticket.driver_name if ticket.driver_id is not None and ticket.status not in SEARCHING else None
    if ticket.changed_by_id not in (None, viewer.id) and who in (None, ticket.changed_by_name):
        return _("%(name)s was faster: “%(what)s” since %(since)s.", name=ticket.changed_by_name, **said)
    if who and ticket.driver_id != viewer.id:
        return _("It changed meanwhile: “%(what)s” since %(since)s, with %(who)s.", who=who, **said)
    return _("It changed meanwhile: “%(what)s” since %(since)s.", **said)


def _is_with(ticket: Ticket, by: Actor, to: str) -> bool:
    """Whether `by` may take it to `to` as far as drivers go: their own, or what nobody has and is asked for."""
    is_asked_for = ticket.status in SEARCHING and to in ("assigned", "unassigned")
    return by.role != Role.DRIVER or is_asked_for or ticket.driver_id == by.id


def _guarded_update(
    session: Session,
    ticket: Ticket,
    edge: Edge,
    by: Actor,
    at: datetime,
    expected_version: int | None,
    values: Mapping[str, Any],
) -> bool:
    """The update whose row count names the winner; the ticket then is exactly what the database holds."""
    guards = [_TABLE.c.id == ticket.id, _TABLE.c.status == edge.start]
    if expected_version is not None:
        guards.append(_TABLE.c.version == expected_version)
    if by.role == Role.DRIVER and edge.start not in SEARCHING:
        guards.append(_TABLE.c.driver_id == by.id)
    changes = {
        "status": edge.to,
        "version": _TABLE.c.version + 1,
        "due_at": None,
        "changed_at": at,
        "changed_by_id": by.id,
        "changed_by_name": name_of(by),
        "changed_by_role": by.role,
        **({"ended_at": at} if edge.to in ENDS else {}),
        **values,
    }
    statement = update(_TABLE).where(*guards).values(changes).returning(*_TABLE.c)
    row = session.connection().execute(statement).one_or_none()
    if row is not None:
        for name, value in row._mapping.items():
            set_committed_value(ticket, name, value)
    return row is not None
