"""A ticket as JSON: whole for its driver and for admins (S3), and what an order's document says of it to anybody.

A phone number is whole only for the driver who is under way with it. The name, the door and the note of a guest are
for whoever is being asked or has it; who looks at what waits, was asked once, or is done with it, is told the street
and an initial. No document holds the hand-over code; the code that the guest says at the door stands in the guest's
own document alone.
"""

import re
from typing import Any

from app.contract.identity import Role
from app.contract.times import iso, iso_or_none
from app.models import Ticket, TicketChange, TicketOffer

from . import policies
from .ticket_states import BUSY, LABELS, UNDER_WAY


def whole(
    ticket: Ticket, audience: str, *, viewer_id: int | None = None, offer: TicketOffer | None = None
) -> dict[str, Any]:
    """The ticket for `audience` (admin or driver); `viewer_id`: the driver. `offer` is the one that is open."""
    order, restaurant = ticket.order, ticket.order.restaurant
    is_theirs = ticket.driver_id is not None and ticket.driver_id == viewer_id
    rides = is_theirs and ticket.status in UNDER_WAY
    may_move = is_theirs or offer is not None or audience == Role.ADMIN
    knows_guest = offer is not None or audience == Role.ADMIN or (is_theirs and ticket.status in BUSY)
    return {
        "id": ticket.id,
        "ticket_id": ticket.number,
        "status": ticket.status,
        "status_label": LABELS[ticket.status],
        "version": ticket.version,
        "order": {
            "number": order.number,
            "status": order.status,
            "items_count": order.items_count,
            "note": order.note if knows_guest else "",
            "to_collect_minor": order.total_minor if order.payment_status != "paid" else 0,
        },
        "restaurant": {
            "id": restaurant.id,
            "name": restaurant.name,
            "address": restaurant.address,
            "phone": restaurant.phone,
            "latitude": restaurant.latitude,
            "longitude": restaurant.longitude,
        },
        "location": ticket.address if knows_guest else street(ticket.address),
        "latitude": ticket.latitude if knows_guest else None,
        "longitude": ticket.longitude if knows_guest else None,
        "customer": {
            "name": order.customer.name if knows_guest else initial(order.customer.name),
            "phone": order.customer.phone if rides or audience == Role.ADMIN else masked(order.customer.phone),
        },
        "driver": driver(ticket),
        "distance_m": ticket.distance_m,
        "pay_minor": ticket.pay_minor,
        "currency": ticket.currency,
        "drop_proof": restaurant.drop_proof,
        "ready_at": iso_or_none(ticket.ready_at),
        "promised_by": iso_or_none(order.promised_by),
        "offer": None if offer is None else offer_document(offer, audience),
        "allowed": [edge.to for edge in policies.allowed_of(ticket, audience)] if may_move else [],
        "changed_at": iso(ticket.changed_at),
    }


def offer_document(offer: TicketOffer, audience: str) -> dict[str, Any]:
    """An offer, with why it was this driver."""
    document = {
        "id": offer.id,
        "status": offer.status,
        "offered_at": iso(offer.offered_at),
        "lapses_at": iso(offer.lapses_at),
        "answered_at": iso_or_none(offer.answered_at),
        "reason": offer.reason,
        "distance_m": offer.distance_m,
    }
    if audience == Role.ADMIN:
        document |= {"driver": {"id": offer.driver_id, "name": offer.driver.name}, "offered_by": offer.offered_by_name}
    return document


def of_order(ticket: Ticket) -> dict[str, Any]:
    """What the order's own document says of its delivery."""
    return {
        "id": ticket.id,
        "ticket_id": ticket.number,
        "status": ticket.status,
        "status_label": LABELS[ticket.status],
        "driver": driver(ticket) if ticket.status in UNDER_WAY or ticket.status == "delivered" else None,
    }


def for_customer(ticket: Ticket) -> dict[str, Any]:
    """The same for the guest, with the code that is said at the door, if the restaurant asks for one."""
    asks = ticket.order.restaurant.drop_proof == "code"
    return {
        **of_order(ticket),
        "order_number": ticket.order.number,
        "drop_code": ticket.drop_code if asks and ticket.status in UNDER_WAY else None,
    }


def change(row: TicketChange) -> dict[str, Any]:
    """One change of state, for admins."""
    return {
        "from": row.from_status,
        "to": row.to_status,
        "version": row.version,
        "actor": {"id": row.actor_id, "name": row.actor_name},
        "role": row.role,
        "reason_code": row.reason_code,
        "note": row.note,
        "at": iso(row.at),
        "occurred_at": iso_or_none(row.occurred_at),
    }


def driver(ticket: Ticket) -> dict[str, Any] | None:
    """Who rides it."""
    return None if ticket.driver_id is None else {"id": ticket.driver_id, "name": ticket.driver_name}


def changed_by(ticket: Ticket) -> dict[str, Any]:
    """Who made the last change of state: `{id, name, role}`."""
    return {"id": ticket.changed_by_id, "name": ticket.changed_by_name, "role": ticket.changed_by_role}


def masked(phone: str | None) -> str | None:
    """A phone number of which only the beginning and the last two digits are told: `+254••••••06`."""
    return f"{phone[:4]}{'•' * max(3, len(phone) - 6)}{phone[-2:]}" if phone else phone


def street(address: str) -> str:
    """An address without its numbers, which tell where but not whose door: `Ngong Road •••, Nairobi`."""
    return re.sub(r"\d", "•", address)


def initial(name: str) -> str:
    """The first letter of a name: `W•••`."""
    return f"{name[:1]}•••"
