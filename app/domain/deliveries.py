"""What a driver does with a ticket, step by step, from the counter to the door; dispatchers may do it for them.

Where the food changes hands (picked up, delivered, given up) it is the order that walks, and its ticket follows in the
same transaction (tickets.py). `occurred_at` is the device's clock: a phone in a dead zone tells later what was then.
"""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypedDict, Unpack

from sqlalchemy.orm import Session

from app.contract.identity import Role
from app.contract.times import now
from app.errors import Conflict, Invalid
from app.extensions import atomic
from app.language import N_
from app.language import gettext as _
from app.models import DropProof, Ticket

from . import offers, orders, picture_files, promises
from .actor import Actor
from .edges import How
from .geography import ride_minutes
from .locks import hold
from .ticket_states import EDGES, FETCHING
from .ticket_transition import believed, edge_to, now_at, walk

# What a photograph may weigh.
LARGEST_PHOTO = 150_000


class Proof(TypedDict, total=False):
    """What is shown at the door: the code that the guest said, or a photograph; a note is part of `How`."""

    drop_code: str | None
    photo: bytes | None


def arrive(ticket: Ticket, *, by: Actor, **how: Unpack[How]) -> bool:
    """The driver stands at the restaurant's counter."""
    return walk(ticket, "at_pickup", by=by, at=now(), **believed(ticket, how))


def pick_up(ticket: Ticket, *, by: Actor, handover_code: str | None = None, **how: Unpack[How]) -> bool:
    """The food is the driver's, who said the restaurant's hand-over code."""
    with _together(ticket, by) as session:
        if edge_to(ticket, "picked_up", by, how.get("expected_version")) is None:
            return False
        orders.hand_over(ticket.order, by=by, handover_code=handover_code, **_of_order(believed(ticket, how)))
        session.refresh(ticket)
        at = now()
        arrival = (ticket.picked_up_at or at) + timedelta(minutes=ride_minutes(ticket.distance_m))
        # Told so late that it should be there by now, it may well be.
        if arrival > at:
            promises.reach(session, ticket, arrival, N_("The driver left the restaurant later than planned."), at=at)
    return True


def reach(ticket: Ticket, *, by: Actor, **how: Unpack[How]) -> bool:
    """The driver stands at the guest's door."""
    return walk(ticket, "at_dropoff", by=by, at=now(), **believed(ticket, how))


def deliver(ticket: Ticket, *, by: Actor, proof: Proof | None = None, **how: Unpack[How]) -> bool:
    """The guest has it; the driver shows what the restaurant asks for (Invalid, where that is missing or wrong)."""
    with _together(ticket, by) as session:
        if edge_to(ticket, "delivered", by, how.get("expected_version")) is None:
            return False
        shown = _proof(ticket, by, proof or {}, how.get("note"))
        orders.deliver(ticket.order, by=by, **_of_order(believed(ticket, how)))
        session.refresh(ticket)
        if shown is not None:
            session.add(shown)
            session.flush()
    return True


def fail(ticket: Ticket, *, by: Actor, reason_code: str | None = None, **how: Unpack[How]) -> bool:
    """It cannot be done: before pickup somebody else is looked for, after it the food goes back."""
    with _together(ticket, by) as session:
        if ticket.status == "unassigned" and ticket.changed_by_id == by.id:
            return False  # said before: it was given back
        if ticket.status in FETCHING:
            return offers.give_back(ticket, by=by, reason_code=reason_code, **believed(ticket, how))
        if edge_to(ticket, "failed", by, how.get("expected_version")) is None:
            return False
        orders.give_up(ticket.order, by=by, reason_code=reason_code, **_of_order(believed(ticket, how)))
        session.refresh(ticket)
    return True


def bring_back(ticket: Ticket, *, by: Actor, **how: Unpack[How]) -> bool:
    """What could not be delivered is on its way back."""
    return walk(ticket, "returning", by=by, at=now(), **believed(ticket, how))


def hand_back(ticket: Ticket, *, by: Actor, **how: Unpack[How]) -> bool:
    """It is back at the restaurant."""
    return walk(ticket, "returned", by=by, at=now(), **believed(ticket, how))


def transition(ticket: Ticket, to: str, *, by: Actor, reason_code: str | None = None, **how: Unpack[How]) -> bool:
    """Walk `ticket` to the state `to` by the verb that leads there: what the admin's page calls."""
    edge = EDGES.get((ticket.status, to))
    match edge.verb if edge else None:
        case "offer":
            raise Invalid(_("Choose a driver."), errors={"driver_id": [_("Whom shall it be offered to?")]})
        case "end_offer":
            return offers.withdraw(ticket, by=by, expected_version=how.get("expected_version"), note=how.get("note"))
        case "give_back" | "fail":
            return fail(ticket, by=by, reason_code=reason_code, **how)
        case "pick_up":
            return pick_up(ticket, by=by, **how)
        case "deliver":
            return deliver(ticket, by=by, **how)
        case "cancel":
            version, note = how.get("expected_version"), how.get("note")
            return offers.cancel(ticket, by=by, at=now(), expected_version=version, note=note)
        case _:
            return walk(ticket, to, by=by, at=now(), reason_code=reason_code, **believed(ticket, how))


@contextmanager
def _together(ticket: Ticket, by: Actor) -> Iterator[Session]:
    """One transaction in which nobody else moves the order or its ticket, which are what they are now.

    What the order refuses is told of the ticket: its is the version that `by` has on the screen.
    """
    with atomic() as session:
        hold(session, ticket.order)
        hold(session, ticket)
        try:
            yield session
        except Conflict as error:
            raise type(error)(error.detail, **now_at(ticket, by)) from error


def _of_order(how: How) -> How:
    """The same for the order, whose version is another."""
    return {"note": how.get("note"), "occurred_at": how.get("occurred_at")}


def _proof(ticket: Ticket, by: Actor, proof: Proof, note: str | None) -> DropProof | None:
    """What is kept of it; dispatchers, who were not at the door, need none."""
    kind, photo = ticket.order.restaurant.drop_proof, proof.get("photo")
    if by.role != Role.DRIVER:
        return None
    code = (proof.get("drop_code") or "").strip()
    if kind == "code" and not hmac.compare_digest(code.encode(), ticket.drop_code.encode()):
        wrong = _("That is not this delivery's code.") if code else _("Ask the guest for the code on their page.")
        raise Invalid(wrong, errors={"drop_code": [wrong]})
    if kind == "photo" and photo is None:
        raise Invalid(_("Take a photograph first."), errors={"photo": [_("The restaurant asks for a photograph.")]})
    if kind == "note" and not (note or "").strip():
        raise Invalid(_("Write where you left it."), errors={"note": [_("The restaurant asks for a note.")]})
    if photo is None:
        return DropProof(ticket_id=ticket.id, kind=kind, note=note or "")
    return DropProof(ticket_id=ticket.id, kind="photo", note=note or "", photo=photo, photo_type=_type(photo))


def _type(photo: bytes) -> str:
    kind = picture_files.kind(photo)
    if kind is None or len(photo) > LARGEST_PHOTO:
        wrong = _("A JPEG, PNG or WebP of at most %(kilobytes)s kB.", kilobytes=LARGEST_PHOTO // 1000)
        raise Invalid(wrong, errors={"photo": [wrong]})
    return kind
