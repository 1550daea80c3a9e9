"""The events of a ticket: which messages a change makes, for which rooms. The table they follow is contract/events.py.

Drivers hear S3's events, the guest S4's; every screen that shows the order hears `DeliveryUpdated`. Nobody is told who
drives before that driver has accepted.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contract import events, rooms
from app.contract.events import Message
from app.contract.identity import Role
from app.models import Driver, Ticket, TicketOffer

from . import live_fixes, log, ticket_json
from .edges import Edge
from .ticket_states import LABELS, SEARCHING, UNDER_WAY


def begun(session: Session, ticket: Ticket, *, at: datetime) -> None:
    """There is a ticket now; or a driver is looked for from now on, and nobody could be asked yet."""
    _append(session, ticket, list(_followers(ticket, log.stamp(at))), at)


def changed(
    session: Session, ticket: Ticket, edge: Edge, *, at: datetime, asked: int | None, rider: int | None
) -> None:
    """It walked `edge`. `asked`: whose offer began or ended with it; `rider`: who rode it before."""
    stamp = log.stamp(at)
    messages = [
        *_followers(ticket, stamp),
        *_drivers(session, ticket, edge, asked, rider, stamp),
        *_guest(session, ticket, edge, stamp),
    ]
    _append(session, ticket, messages, at)
    if edge.start in UNDER_WAY and ticket.status not in UNDER_WAY:
        live_fixes.silence(session, ticket, rider, at=at)
    elif ticket.status in UNDER_WAY:
        live_fixes.tell_of(session, ticket, at=at)


def order_changed(session: Session, ticket: Ticket, *, at: datetime) -> None:
    """Its order changed and the ticket's state did not: the food is ready, say."""
    if ticket.driver_id is not None and ticket.status in UNDER_WAY:
        _append(session, ticket, [_updated(ticket, ticket.driver_id, log.stamp(at))], at)


def _followers(ticket: Ticket, stamp: dict[str, Any]) -> Iterator[Message]:
    """Every screen that shows the order."""
    order = ticket.order
    stamp = stamp | {"order_version": order.version}
    data = {"order_number": order.number, "ticket": ticket_json.of_order(ticket), **stamp}
    yield events.DELIVERY_UPDATED_FOR_VENDOR.message(rooms.vendor_orders(order.restaurant_id), data)
    yield events.DELIVERY_UPDATED_FOR_CUSTOMER.message(rooms.user(order.customer_id), data)
    yield events.DELIVERY_UPDATED_FOR_ADMIN.message(rooms.ADMIN_ORDERS, data)
    glance = {"order_number": order.number, "status": ticket.status, "label": LABELS[ticket.status], **stamp}
    yield events.DELIVERY_UPDATED_FOR_FOLLOWER.message(rooms.order(order.number), glance)


def _drivers(
    session: Session, ticket: Ticket, edge: Edge, asked: int | None, rider: int | None, stamp: dict[str, Any]
) -> Iterator[Message]:
    """Whoever is asked, rides, or does no more."""
    if ticket.status == "offered" and asked is not None:
        offer = session.scalars(
            select(TicketOffer).where(TicketOffer.ticket_id == ticket.id, TicketOffer.status == "open")
        ).one()
        document = ticket_json.whole(ticket, Role.DRIVER, viewer_id=asked, offer=offer)
        yield events.TICKET_OFFERED.message(rooms.driver_tickets(asked), {"ticket": document, **stamp})
    elif ticket.driver_id is not None and ticket.status != "cancelled":
        yield _updated(ticket, ticket.driver_id, stamp)
    lost = asked if edge.start == "offered" and ticket.driver_id != asked else None
    if edge.start not in SEARCHING and (ticket.status == "cancelled" or ticket.driver_id is None):
        lost = rider
    if lost is not None:
        document = ticket_json.whole(ticket, Role.DRIVER, viewer_id=lost)
        yield events.TICKET_CANCELLED.message(rooms.driver_tickets(lost), {"ticket": document, **stamp})


def _updated(ticket: Ticket, driver_id: int, stamp: dict[str, Any]) -> Message:
    document = ticket_json.whole(ticket, Role.DRIVER, viewer_id=driver_id)
    return events.TICKET_UPDATED.message(rooms.driver_tickets(driver_id), {"ticket": document, **stamp})


def _guest(session: Session, ticket: Ticket, edge: Edge, stamp: dict[str, Any]) -> Iterator[Message]:
    """S4: somebody is looked for, somebody comes."""
    room = rooms.driver_location(ticket.order.customer_id)
    begins = edge.to == "offered" and _is_first_offer(session, ticket)
    begins_again = edge.verb == "give_back"
    if begins or begins_again:
        data = {
            "ticket_id": ticket.id,
            "status": ticket.status,
            "driver_id": None,
            "driver_name": None,
            "message": "Looking for another driver" if begins_again else LABELS["unassigned"],
        }
        yield events.DRIVER_SOUGHT.message(room, data | stamp)
    elif edge.to == "assigned":
        driver = session.get_one(Driver, ticket.driver_id)
        fix = live_fixes.for_guest(ticket, driver, at=ticket.changed_at)
        yield events.DRIVER_ASSIGNED.message(room, {"status": ticket.status, **fix, **stamp})


def _is_first_offer(session: Session, ticket: Ticket) -> bool:
    return len(session.scalars(select(TicketOffer.id).where(TicketOffer.ticket_id == ticket.id).limit(2)).all()) == 1


def _append(session: Session, ticket: Ticket, messages: list[Message], at: datetime) -> None:
    log.append(session, messages, at=at, order_id=ticket.order_id)
