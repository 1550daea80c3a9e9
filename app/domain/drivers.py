"""Drivers on and off duty. Where they are is fixes.py; whom they are asked to ride for, dispatch.py and offers.py."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.contract import events, rooms
from app.contract.identity import Role
from app.contract.times import now
from app.errors import Conflict, Forbidden
from app.extensions import atomic, db
from app.language import N_
from app.language import gettext as _
from app.models import Driver, Order, Person, Restaurant, Ticket, TicketOffer

from . import audit, live_fixes, log
from .actor import Actor
from .ticket_states import BUSY, MOST_LAPSES

_SAYS = {
    None: N_("You are on duty."),
    "self": N_("You are off duty."),
    "lapses": N_("%(most)s offers in a row ran out, so you were set off duty. Go on duty again when you are back."),
    "admin": N_("The dispatcher set you off duty."),
}


def of(person: Person) -> Driver | None:
    """The duty and the last fix of `person`; None: never on duty yet."""
    return db.session.get(Driver, person.id, populate_existing=True)


def go_on_duty(person: Person) -> bool:
    """From now on offers come; False when on duty already. What waits for a driver is looked at at once."""
    _must_drive(person)
    at = now()
    with atomic() as session:
        # The worker looks at every ticket that waits within the second. First, because of the order of locks; one that
        # somebody holds is being looked at already.
        waiting = (
            select(Ticket.id)
            .where(Ticket.status == "unassigned", Ticket.sought_since.is_not(None), Ticket.ended_at.is_(None))
            .with_for_update(skip_locked=True, key_share=True)
        )
        session.execute(
            update(Ticket).where(Ticket.id.in_(waiting)).values(due_at=at).execution_options(synchronize_session=False)
        )
        driver = locked(session, person)
        if driver.on_duty:
            return False
        driver.on_duty, driver.duty_changed_at, driver.off_duty_reason, driver.lapses_in_row = True, at, None, 0
        session.flush()
        _tell(session, driver, at)
    return True


def go_off_duty(person: Person, *, by: Actor) -> bool:
    """No more offers; False when off duty already. Refuses with Conflict while a delivery is under way.

    An offer that is open is ended first: offers.go_off_duty does both.
    """
    _must_drive(person)
    with atomic() as session:
        driver = locked(session, person)
        if not driver.on_duty:
            return False
        if _is_busy(session, person.id):
            raise Conflict(_("There is a delivery under way: finish it, or give it back, before you go off duty."))
        if open_offer(session, person.id) is not None:
            # Made in this very moment.
            raise Conflict(_("A delivery was offered just now: answer it first."))
        set_off(session, driver, "self" if by.id == person.id else "admin", now())
        if by.id != person.id:
            audit.record(session, "person.set_off_duty", by=by, subject=("person", person.id, person.name))
    return True


def set_off(session: Session, driver: Driver, reason: str, at: datetime) -> None:
    """Set a locked driver off duty and say why."""
    driver.on_duty, driver.duty_changed_at, driver.off_duty_reason = False, at, reason
    session.flush()
    live_fixes.silence_driver(session, driver.person_id, at=at)
    _tell(session, driver, at)


def locked(session: Session, person: Person) -> Driver:
    """The row of `person`, made at first need, which nobody else changes until the transaction ends."""
    query = select(Driver).where(Driver.person_id == person.id).with_for_update(of=Driver, key_share=True)
    query = query.execution_options(populate_existing=True)
    driver = session.scalars(query).one_or_none()
    if driver is None:
        # Two first calls of one phone may come at once.
        new = (sqlite if session.connection().dialect.name == "sqlite" else postgresql).insert(Driver.__table__)
        row = {"person_id": person.id, "on_duty": False, "duty_changed_at": now(), "lapses_in_row": 0}
        session.execute(new.values(row).on_conflict_do_nothing())
        driver = session.scalars(query).one()
    return driver


def is_free(session: Session, person_id: int) -> bool:
    """Whether this driver has no delivery, and is not being asked for one."""
    return not _is_busy(session, person_id) and open_offer(session, person_id) is None


def open_offer(session: Session, person_id: int) -> TicketOffer | None:
    """What this driver is being asked, if anything."""
    query = select(TicketOffer).where(TicketOffer.driver_id == person_id, TicketOffer.status == "open")
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def delivered_today(session: Session, ids: Collection[int], at: datetime) -> dict[int, int]:
    """How many each of these drivers delivered on the day that it is for the restaurants they rode for."""
    # By their keys, as there is no index by time: the day began after these.
    before = select(Ticket.id).where(Ticket.created_at < at - timedelta(days=2)).order_by(Ticket.id.desc()).limit(1)
    query = (
        select(Ticket.driver_id, Ticket.ended_at, Restaurant)
        .join(Order, Order.id == Ticket.order_id)
        .join(Restaurant, Restaurant.id == Order.restaurant_id)
        .where(Ticket.id > (session.scalar(before) or 0), Ticket.driver_id.in_(ids), Ticket.status == "delivered")
    )
    rows = session.execute(query).all()
    return Counter(
        driver_id
        for driver_id, ended_at, restaurant in rows
        if driver_id and ended_at and restaurant.service_day(ended_at) == restaurant.service_day(at)
    )


def duty(driver: Driver | None) -> dict[str, Any]:
    """Whether on duty, why not, and the same in a sentence: `{on, reason, message}`. None: never on duty yet."""
    if driver is None:
        return {"on": False, "reason": None, "message": says(None)}
    return {"on": driver.on_duty, "reason": driver.off_duty_reason, "message": says(driver)}


def told(driver: Driver | None) -> dict[str, Any]:
    """`duty` for whoever asks, in their language; an event is told in English."""
    return duty(driver) | {"message": _(_sentence(driver), most=MOST_LAPSES)}


def says(driver: Driver | None) -> str:
    """Duty in an English sentence, for the driver."""
    return _sentence(driver) % {"most": MOST_LAPSES}


def _sentence(driver: Driver | None) -> str:
    return _SAYS["self"] if driver is None else _SAYS[None if driver.on_duty else driver.off_duty_reason or "self"]


def _is_busy(session: Session, person_id: int) -> bool:
    """Whether a delivery of this driver is under way."""
    busy = select(Ticket.id).where(Ticket.driver_id == person_id, Ticket.ended_at.is_(None), Ticket.status.in_(BUSY))
    return session.execute(busy.limit(1)).first() is not None


def _must_drive(person: Person) -> None:
    if person.role != Role.DRIVER:
        raise Forbidden(_("Only drivers have a duty."))


def _tell(session: Session, driver: Driver, at: datetime) -> None:
    data = {
        "driver_id": driver.person_id,
        "driver_name": driver.person.name,
        **duty(driver),
        **log.stamp(at),
    }
    messages = [
        events.DUTY_CHANGED_FOR_DRIVER.message(rooms.driver_tickets(driver.person_id), data),
        events.DUTY_CHANGED_FOR_ADMIN.message(rooms.ADMIN_DISPATCH, data),
    ]
    log.append(session, messages, at=at)
