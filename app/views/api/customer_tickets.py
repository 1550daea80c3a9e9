"""The delivery of an order as its guest follows it: asked for, who comes, how far away they are, what was promised."""

from flask import Response, url_for

from app.contract.identity import Role
from app.contract.times import iso, now
from app.domain import live_fixes, promises, ticket_json, tickets
from app.extensions import db
from app.models import Promise
from app.models.event_log import head
from app.views import loading

from . import documents, requests, ticket_documents
from .answers import Document, answer, once
from .blueprint import bp
from .fields import BIGGEST_ID

_LOCATION = {"Location": {"schema": {"type": "string"}, "description": "The ticket's own address."}}


@bp.post("/customer/tickets", tags=["customer"])
@bp.takes(requests.NewTicket, example={"order_number": "7K3MWQ2"})
@bp.answers(200, ticket_documents.GuestTicket, "The ticket that there was already", refuses=())
@bp.answers(201, ticket_documents.GuestTicket, "The ticket", refuses=(401, 403, 404), headers=_LOCATION)
def request_ticket(wanted: dict[str, str]) -> Response:
    """Ask for the delivery of an order of yours

    An order that is placed for delivery gets its ticket by itself when the kitchen accepts it; this asks earlier.
    """
    customer = loading.person(Role.CUSTOMER)
    order = loading.order(wanted["order_number"])
    headers: dict[str, str] = {}

    def act() -> Document:
        ticket, opened = tickets.request(order, by=customer)
        if opened:
            headers["Location"] = url_for("api.customer_ticket", ticket_id=ticket.id)
        return ticket_json.for_customer(ticket)

    response = once(customer, act, headers=headers)
    response.status_code = 201 if headers else 200
    return response


@bp.get(f"/customer/tickets/<int(max={BIGGEST_ID}):ticket_id>", tags=["customer"])
@bp.answers(
    200,
    ticket_documents.FollowedTicket,
    "The ticket, and where its driver is",
    refuses=(401, 403, 404),
    headers=documents.POSITION,
)
def customer_ticket(ticket_id: int) -> Response:
    """Follow a delivery

    `fix` is what the event `driver.location.updated` would say now: minutes before pickup, a place after it, null while
    nobody is under way. `promises` are the windows that were told so far, the last one counts.
    """
    position = str(head(db.session))
    loading.person(Role.CUSTOMER)
    ticket = loading.ticket(ticket_id)
    document = {
        **ticket_json.for_customer(ticket),
        "fix": live_fixes.current(db.session(), ticket, at=now()),
        "promises": [promise(row) for row in promises.history(ticket.order)],
    }
    return answer(document, headers={"Passline-Position": position})


def promise(row: Promise) -> Document:
    """A window that was told, and why."""
    return {
        "promised_from": iso(row.promised_from),
        "promised_by": iso(row.promised_by),
        "reason": row.reason,
        "at": iso(row.at),
    }
