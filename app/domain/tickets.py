"""Delivery tickets come with an accepted delivery order, and follow it: the one place where an order moves its ticket.

`follow` runs inside the order's own transaction, after its guarded update; rows are locked order first, then ticket.
A ticket never moves an order by itself: what changes hands is walked by the order (deliveries.py).
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.contract.identity import Role
from app.contract.times import now
from app.errors import Conflict, Forbidden
from app.extensions import atomic
from app.language import gettext as _
from app.models import Order, Ticket

from . import codes, offers, ticket_events
from .actor import SYSTEM, Actor, name_of
from .geography import place, road_metres
from .locks import hold
from .order_states import ENDS as ORDER_ENDS
from .order_states import WITH_THE_KITCHEN
from .ticket_states import SEARCHING, UNDER_WAY
from .ticket_transition import believed, record, walk

_LONGEST_RIDE = timedelta(minutes=45)
# A door that is farther away is not believed: a guest's device says where it is, and by it the driver is paid.
_FARTHEST_DOOR_M = 50_000
# States of an order from which a ticket's own state follows, and the column that says when.
_FOLLOWS = {
    "picked_up": ("picked_up", "picked_up_at"),
    "delivered": ("delivered", "ended_at"),
    "undeliverable": ("failed", None),
}


def request(order: Order, *, by: Actor) -> tuple[Ticket, bool]:
    """The guest asks for the delivery of an order of their own: its ticket, and whether it was opened by this.

    Refuses with Forbidden (not their order), Conflict (nothing to deliver, not paid yet, on its way, or over).
    """
    if by.role != Role.CUSTOMER or by.id != order.customer_id:
        raise Forbidden(_("Only the order's customer can ask for this."))
    with atomic() as session:
        hold(session, order)
        if order.fulfilment != "delivery":
            raise Conflict(_("This order is not for delivery."))
        if order.status in ORDER_ENDS:
            raise Conflict(_("This order is over."))
        existing = of(session, order)
        if existing is not None:
            return existing, False
        if order.confirmed_at is None:
            raise Conflict(_("This order is not paid yet: its kitchen does not know of it."))
        if order.status == "picked_up":
            raise Conflict(_("This order is on its way already."))
        at = now()
        ticket = _open(session, order, by=by, at=at)
        if order.status in WITH_THE_KITCHEN:
            _seek(session, ticket, _ready_at(order, at), at)
        return ticket, True


def of(session: Session, order: Order) -> Ticket | None:
    """The ticket of `order` that counts, as it is now."""
    query = select(Ticket).where(Ticket.order_id == order.id, Ticket.status != "cancelled")
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def follow(
    session: Session,
    order: Order,
    *,
    by: Actor,
    at: datetime,
    reason_code: str | None,
    note: str | None,
    occurred_at: datetime | None,
) -> None:
    """The delivery order is in a new state: its ticket is opened, hastened, moved or cancelled with it."""
    ticket = of(session, order)
    if ticket is None:
        # What was accepted before there were tickets (migration 0007) gets its first one.
        if order.status == "accepted" or (order.status in WITH_THE_KITCHEN and not order.tickets):
            _seek(session, _open(session, order, by=SYSTEM, at=at), _ready_at(order, at), at)
        return
    # A driver may be about to take a step.
    hold(session, ticket)
    said = believed(ticket, {"occurred_at": occurred_at})["occurred_at"]
    occurred_at = None if said is None else min(said, at)
    match order.status:
        case "accepted" | "preparing" | "ready_for_pickup":
            _seek(session, ticket, _ready_at(order, at), at)
            ticket_events.order_changed(session, ticket, at=at)
        case "cancelled" if ticket.ended_at is None:
            offers.cancel(ticket, by=by, at=at, note=note)
        case "picked_up" if ticket.status in SEARCHING:
            # The restaurant gave it to somebody of its own.
            offers.cancel(ticket, by=by, at=at, note="It left with another courier.")
        case "picked_up" | "delivered" | "undeliverable" if ticket.status in UNDER_WAY:
            to, moment = _FOLLOWS[order.status]
            values = {moment: occurred_at or at} if moment else {}
            walk(ticket, to, by=by, at=at, reason_code=reason_code, note=note, occurred_at=occurred_at, values=values)


def _ready_at(order: Order, at: datetime) -> datetime:
    """When the kitchen is done, as far as it said; an order for later is ready for its time."""
    if order.status == "ready_for_pickup":
        return at
    if order.scheduled_for is not None:
        return order.scheduled_for - timedelta(minutes=order.restaurant.delivery_minutes)
    return (order.accepted_at or at) + timedelta(minutes=order.prep_minutes or 0)


def _open(session: Session, order: Order, *, by: Actor, at: datetime) -> Ticket:
    restaurant = order.restaurant
    door = place(order)
    road = road_metres(place(restaurant), door)
    if road is not None and road > _FARTHEST_DOOR_M:
        door = road = None
    ticket = Ticket(
        number=_fresh_number(session),
        order_id=order.id,
        status="unassigned",
        version=1,
        address=order.address,
        latitude=door.latitude if door else None,
        longitude=door.longitude if door else None,
        distance_m=road,
        currency=order.currency,
        pay_minor=restaurant.ride_pay_minor + restaurant.ride_pay_per_km_minor * (road or 0) // 1000,
        drop_code=f"{secrets.randbelow(10_000):04}",
        created_at=at,
        refusals=0,
        changed_at=at,
        changed_by_id=by.id,
        changed_by_name=name_of(by),
        changed_by_role=by.role,
    )
    ticket.order = order
    session.add(ticket)
    session.flush()
    set_committed_value(order, "tickets", [*order.tickets, ticket] if ticket not in order.tickets else order.tickets)
    record(session, ticket, None, by, at)
    ticket_events.begun(session, ticket, at=at)
    return ticket


def _seek(session: Session, ticket: Ticket, ready: datetime, at: datetime) -> None:
    """The food will be ready then: the worker begins to look for a driver a ride earlier (ticket_deadlines.py)."""
    due = max(at, ready - _LONGEST_RIDE)
    values: dict[str, datetime | None] = {"ready_at": ready}
    if ticket.status == "unassigned":
        values["due_at"] = due
        if due > at:
            # It was ready, and is not any more: nobody is looked for until then.
            values["sought_since"] = None
    session.execute(
        update(Ticket).where(Ticket.id == ticket.id).values(values).execution_options(synchronize_session=False)
    )
    for name, value in values.items():
        set_committed_value(ticket, name, value)


def _fresh_number(session: Session) -> str:
    while True:
        number = "T" + codes.fresh(6)
        if session.execute(select(Ticket.id).where(Ticket.number == number)).first() is None:
            return number
