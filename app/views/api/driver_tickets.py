"""A driver's tickets: what they are asked, what they ride, what they rode today, and what waits for anybody."""

from datetime import timedelta

from flask import Response
from sqlalchemy import select

from app.contract.identity import Role
from app.contract.times import now
from app.domain import dispatch, drivers, ticket_json
from app.domain.ticket_states import BUSY
from app.extensions import db
from app.models import Person, Ticket, TicketOffer
from app.models.event_log import head
from app.views import loading
from app.views.told_again import told_again

from . import documents, requests, ticket_documents
from .answers import Document, answer
from .blueprint import bp
from .fields import BIGGEST_ID
from .pages import Paging, page, place

# How long what has ended stays in the list.
_SHOWN = timedelta(hours=24)
TICKET = f"/driver/tickets/<int(max={BIGGEST_ID}):ticket_id>"


@bp.get("/driver/tickets", tags=["driver"])
@bp.asks(requests.Paging)
@bp.answers(
    200, ticket_documents.DriverTickets, "Your duty and your tickets", refuses=(401, 403), headers=documents.POSITION
)
def driver_tickets(paging: Paging) -> Response:
    """List your tickets

    `items`, on the first page: what you are being asked (with `offer`) and what you have under way; then, newest first
    and page by page, what ended in the last 24 hours. `waiting`: what you may accept without being asked, the nearest
    first; empty while you are off duty, have a delivery, or are being asked.
    """
    # Before the rows: what they do not show yet has a higher position and will be replayed.
    position = str(head(db.session))
    driver = loading.person(Role.DRIVER)
    row, offer = drivers.of(driver), drivers.open_offer(db.session(), driver.id)
    ended = page(_ended(driver, paging), paging["limit"], lambda ticket: ticket.id, lambda one: _told(one, driver))
    open_ones = [] if "after" in paging else [_told(one, driver, offer) for one in _open(driver, offer)]
    waiting = [] if row is None else dispatch.waiting(db.session(), row, now())
    document = {
        "duty": drivers.told(row),
        "items": open_ones + ended["items"],
        "waiting": [_told(one, driver) for one in waiting],
        "next": ended["next"],
    }
    return answer(document, headers={"Passline-Position": position})


@bp.get(TICKET, tags=["driver"])
@bp.answers(200, ticket_documents.Ticket, "The ticket", refuses=(401, 403, 404), headers=documents.POSITION)
def driver_ticket(ticket_id: int) -> Response:
    """Read a ticket

    One that is or was yours, that you were ever asked for, or, on duty, that waits for anybody.
    """
    position = str(head(db.session))
    driver = loading.person(Role.DRIVER)
    return answer(document(loading.ticket(ticket_id), driver), headers={"Passline-Position": position})


def document(ticket: Ticket, driver: Person) -> Document:
    """The ticket as `driver` may know it now."""
    return _told(ticket, driver, drivers.open_offer(db.session(), driver.id))


def _told(ticket: Ticket, driver: Person, offer: TicketOffer | None = None) -> Document:
    asked = offer if offer is not None and offer.ticket_id == ticket.id else None
    told = ticket_json.whole(ticket, Role.DRIVER, viewer_id=driver.id, offer=asked)
    if asked is not None:
        told["offer"]["reason"] = told_again(asked.reason)
    return told


def _open(driver: Person, offer: TicketOffer | None) -> list[Ticket]:
    """What is asked, then what is under way."""
    # One after the other: for both at once SQLite reads the whole table.
    asked = [] if offer is None else [db.session.get_one(Ticket, offer.ticket_id)]
    rides = (Ticket.driver_id == driver.id) & Ticket.ended_at.is_(None) & Ticket.status.in_(BUSY)
    query = select(Ticket).where(rides).order_by(Ticket.id.desc())
    return [*asked, *db.session.scalars(query.options(Ticket.with_orders()))]


def _ended(driver: Person, paging: Paging) -> list[Ticket]:
    """What they rode, as many as a page has and one more. By their offers, of which there is an index."""
    rode = select(TicketOffer.ticket_id).where(TicketOffer.driver_id == driver.id, TicketOffer.status == "accepted")
    shown = Ticket.ended_at > now() - _SHOWN, Ticket.id < place(paging, BIGGEST_ID)
    query = select(Ticket).where(Ticket.id.in_(rode), *shown).order_by(Ticket.id.desc())
    return list(db.session.scalars(query.limit(paging["limit"] + 1).options(Ticket.with_orders())))
