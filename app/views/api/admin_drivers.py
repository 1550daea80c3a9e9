"""Drivers as dispatchers see them: who is on duty, where they are, what they ride, how much they did today."""

from flask import Response
from sqlalchemy import case, select
from sqlalchemy.orm import lazyload

from app.contract.identity import Role
from app.contract.times import iso, iso_or_none, now
from app.domain import drivers
from app.domain.ticket_states import BUSY
from app.extensions import db
from app.models import Driver, Person, Ticket, TicketOffer
from app.models.event_log import head
from app.views import loading

from . import documents, requests, ticket_documents
from .answers import Document, answer
from .blueprint import bp
from .pages import Paging, page, place

# In one order: those on duty by their ids, then the others by theirs. No id comes near.
_AFTER_ALL_ON_DUTY = 10**15
_rank = case((Driver.on_duty, Person.id), else_=Person.id + _AFTER_ALL_ON_DUTY)


@bp.get("/admin/drivers", tags=["admin"])
@bp.asks(requests.Paging)
@bp.answers(200, ticket_documents.AdminDrivers, "Drivers", refuses=(401, 403), headers=documents.POSITION)
def admin_drivers(paging: Paging) -> Response:
    """List the drivers, those on duty first"""
    position = str(head(db.session))
    loading.person(Role.ADMIN)
    # Without the person of each row: its inner join would leave out who was never on duty.
    query = select(Person, Driver, _rank).options(lazyload(Driver.person))
    query = query.outerjoin(Driver, Driver.person_id == Person.id)
    query = query.where(Person.role == Role.DRIVER, Person.is_active, _rank > place(paging, 0))
    rows = db.session.execute(query.order_by(_rank).limit(paging["limit"] + 1)).all()
    ids = [person.id for person, _, _ in rows]
    busy, asked, done = _busy(ids), _asked(ids), drivers.delivered_today(db.session(), ids, now())

    def document(person: Person, driver: Driver | None) -> Document:
        return {
            "id": person.id,
            "name": person.name,
            "phone": person.phone,
            "duty": _duty(driver),
            "fix": _fix(driver),
            "busy_with": busy.get(person.id),
            "asked_for": asked.get(person.id),
            "delivered_today": done.get(person.id, 0),
        }

    found = page(rows, paging["limit"], lambda row: row[2], lambda row: document(row[0], row[1]))
    return answer(found, headers={"Passline-Position": position})


def _busy(ids: list[int]) -> dict[int, Document]:
    """What each of them rides."""
    query = select(Ticket).where(Ticket.driver_id.in_(ids), Ticket.ended_at.is_(None), Ticket.status.in_(BUSY))
    return {row.driver_id: _brief(row) for row in db.session.scalars(query) if row.driver_id is not None}


def _asked(ids: list[int]) -> dict[int, Document]:
    """What each of them is being asked."""
    query = select(TicketOffer.driver_id, Ticket).join(Ticket, Ticket.id == TicketOffer.ticket_id)
    rows = db.session.execute(query.where(TicketOffer.driver_id.in_(ids), TicketOffer.status == "open"))
    return {driver_id: _brief(ticket) for driver_id, ticket in rows}


def _brief(ticket: Ticket) -> Document:
    return {"id": ticket.id, "ticket_id": ticket.number, "status": ticket.status}


def _duty(driver: Driver | None) -> Document:
    if driver is None:
        return {"on": False, "reason": None, "since": None}
    return {"on": driver.on_duty, "reason": driver.off_duty_reason, "since": iso(driver.duty_changed_at)}


def _fix(driver: Driver | None) -> Document | None:
    # Off duty nobody needs to know where somebody is.
    if driver is None or driver.fixed_at is None or not driver.on_duty:
        return None
    return {
        "latitude": driver.latitude,
        "longitude": driver.longitude,
        "accuracy": driver.accuracy,
        "fixed_at": iso(driver.fixed_at),
        "received_at": iso_or_none(driver.received_at),
    }
