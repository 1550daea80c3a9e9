"""Deliveries as dispatchers see them: all of them, each with who was asked and why; offered, withdrawn, reassigned."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import orjson
from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import defer

from app.contract.identity import Role
from app.contract.times import iso
from app.domain import offers, promises, ticket_json
from app.domain.ticket_states import ENDS
from app.errors import Invalid
from app.extensions import db
from app.models import DropProof, Person, Ticket, TicketChange, TicketOffer, TrackPoint
from app.models.event_log import head
from app.views import loading

from . import documents, requests, ticket_documents
from .answers import Document, answer, once
from .blueprint import bp
from .customer_tickets import promise
from .fields import BIGGEST_ID
from .pages import Paging, page, place

_TICKET = f"/admin/tickets/<int(max={BIGGEST_ID}):ticket_id>"


class TicketFilter(Paging):
    """A query as `requests.TicketFilter` loads it."""

    status: NotRequired[str]


class NewOffer(TypedDict):
    """A body as `requests.NewOffer` loads it."""

    driver_id: int
    expected_version: NotRequired[int]


class Withdrawal(TypedDict):
    """A body as `requests.Withdrawal` loads it."""

    note: NotRequired[str]
    expected_version: NotRequired[int]


@bp.get("/admin/tickets", tags=["admin"])
@bp.asks(requests.TicketFilter)
@bp.answers(200, ticket_documents.AdminTickets, "Tickets", refuses=(401, 403), headers=documents.POSITION)
def admin_tickets(wanted: TicketFilter) -> Response:
    """List the deliveries, newest first"""
    position = str(head(db.session))
    loading.person(Role.ADMIN)
    query = select(Ticket).where(Ticket.id < place(wanted, BIGGEST_ID)).options(Ticket.with_orders())
    if "status" in wanted:
        # What is over has an index of its own, and so has what is not.
        is_over = wanted["status"] in ENDS
        ended_at = Ticket.ended_at.is_not(None) if is_over else Ticket.ended_at.is_(None)
        query = query.where(Ticket.status == wanted["status"], ended_at)
    rows = db.session.scalars(query.order_by(Ticket.id.desc()).limit(wanted["limit"] + 1)).all()
    asked = _open_offers(rows)
    found = page(
        rows,
        wanted["limit"],
        lambda row: row.id,
        lambda row: ticket_json.whole(row, Role.ADMIN, offer=asked.get(row.id)),
    )
    return answer(found, headers={"Passline-Position": position})


@bp.get(_TICKET, tags=["admin"])
@bp.answers(200, ticket_documents.WholeTicket, "The ticket", refuses=(401, 403, 404), headers=documents.POSITION)
def admin_ticket(ticket_id: int) -> Response:
    """Read a delivery with everything that is known of it

    Who was asked, who was weighed for it and why; every change of state; where its driver was (kept for 24 hours);
    every window that its guest was promised.
    """
    position = str(head(db.session))
    loading.person(Role.ADMIN)
    return answer(_whole(loading.ticket(ticket_id)), headers={"Passline-Position": position})


@bp.post(f"{_TICKET}/offer", tags=["admin"])
@bp.takes(requests.NewOffer, example={"driver_id": 7, "expected_version": 2})
@bp.answers(200, ticket_documents.ActedTicket, "The ticket, and what was done", refuses=(401, 403, 404))
def offer_ticket(wanted: NewOffer, ticket_id: int) -> Response:
    """Offer a delivery to a driver of your choice

    Whoever is being asked, or rides it before pickup, is let go first: this is also how it is given to somebody else.
    """
    admin = loading.person(Role.ADMIN)
    ticket = loading.ticket(ticket_id)

    def act() -> Document:
        driver = _person(wanted["driver_id"])
        offers.offer(ticket, driver, by=admin, expected_version=wanted.get("expected_version"))
        return {"message": "Ticket offered to driver.", "ticket": _document(ticket)}

    return once(admin, act)


@bp.post(f"{_TICKET}/withdraw", tags=["admin"])
@bp.takes(requests.Withdrawal, example={"note": "The bike broke down"})
@bp.answers(200, ticket_documents.ActedTicket, "The ticket, and what was done", refuses=(401, 403, 404))
def withdraw_ticket(wanted: Withdrawal, ticket_id: int) -> Response:
    """Take a delivery from whoever is being asked, or rides it before pickup

    The next driver is looked for at once.
    """
    admin = loading.person(Role.ADMIN)
    ticket = loading.ticket(ticket_id)

    def act() -> Document:
        withdrawn = offers.withdraw(ticket, by=admin, **wanted)
        message = "Ticket withdrawn from driver." if withdrawn else "Nobody has this ticket, and nobody is being asked."
        return {"message": message, "ticket": _document(ticket)}

    return once(admin, act)


def _person(person_id: int) -> Person:
    found = db.session.get(Person, person_id)
    if found is None:
        raise Invalid("That is no driver.", errors={"driver_id": ["No driver has this id."]})
    return found


def _open_offers(rows: Sequence[Ticket]) -> dict[int, TicketOffer]:
    """Who is being asked just now, by ticket."""
    query = select(TicketOffer).where(TicketOffer.ticket_id.in_([row.id for row in rows]), TicketOffer.status == "open")
    return {row.ticket_id: row for row in db.session.scalars(query)}


def _document(ticket: Ticket) -> Document:
    return ticket_json.whole(ticket, Role.ADMIN, offer=_open_offers([ticket]).get(ticket.id))


def _whole(ticket: Ticket) -> Document:
    session = db.session
    offered = select(TicketOffer).where(TicketOffer.ticket_id == ticket.id).order_by(TicketOffer.id)
    changes = select(TicketChange).where(TicketChange.ticket_id == ticket.id).order_by(TicketChange.version)
    track = select(TrackPoint).where(TrackPoint.ticket_id == ticket.id).order_by(TrackPoint.fixed_at, TrackPoint.id)
    proof = session.get(DropProof, ticket.id, options=[defer(DropProof.photo)])
    return {
        **_document(ticket),
        "offers": [_offer(row) for row in session.scalars(offered)],
        "history": [ticket_json.change(row) for row in session.scalars(changes)],
        "track": [_point(row) for row in session.scalars(track)],
        "promises": [promise(row) for row in promises.history(ticket.order)],
        "proof": None if proof is None else {"kind": proof.kind, "note": proof.note, "at": iso(proof.at)},
    }


def _offer(row: TicketOffer) -> Document:
    return {
        **ticket_json.offer_document(row, Role.ADMIN),
        "decline_reason": row.decline_reason,
        "considered": orjson.loads(row.considered),
    }


def _point(row: TrackPoint) -> Document:
    return {
        "latitude": row.latitude,
        "longitude": row.longitude,
        "accuracy": row.accuracy,
        "fixed_at": iso(row.fixed_at),
        "received_at": iso(row.received_at),
    }
