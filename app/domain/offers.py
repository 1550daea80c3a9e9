"""Offers: a driver is asked for a ticket, and accepts, declines or lets it lapse; admins offer and withdraw.

One open offer for each driver and each ticket, one accepted for each ticket: the indexes of the table keep that. What
is done here holds ticket and driver (locks.py), and so never runs into them.
"""

from datetime import datetime, timedelta
from typing import Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contract.identity import Role
from app.contract.times import now
from app.errors import Conflict, Forbidden, Invalid, LostRace, OfferLapsed
from app.extensions import atomic
from app.language import N_
from app.language import gettext as _
from app.models import Driver, Person, Ticket, TicketOffer

from . import dispatch, drivers, policies, promises
from .actor import SYSTEM, Actor, name_of
from .dispatch import Choice
from .edges import How
from .live_fixes import minutes_away
from .locks import hold
from .ticket_states import FETCHING, MOST_LAPSES, NOT_AGAIN_WITHIN, OFFER_LASTS
from .ticket_transition import believed, edge_to, lost, now_at, walk


def ask(ticket: Ticket, choice: Choice) -> TicketOffer:
    """Offer `ticket` to whom dispatch chose. Refuses as `offer` does."""
    with atomic() as session:
        hold(session, ticket)
        driver = _driver(session, session.get_one(Person, choice.driver_id))
        return _offer(session, ticket, driver, choice, by=SYSTEM)


def offer(ticket: Ticket, driver: Person, *, by: Actor, expected_version: int | None = None) -> TicketOffer:
    """An admin offers `ticket` to `driver`; who is being asked, or rides before pickup, is let go first.

    Refuses with Invalid (no driver, off duty), Conflict (busy, or being asked) and as `ticket_transition.walk` does.
    """
    if by.role != Role.ADMIN:
        raise Forbidden(_("Only admins choose a driver."))
    at = now()
    with atomic() as session:
        hold(session, ticket)
        if expected_version not in (None, ticket.version):
            raise lost(ticket, by)
        asked = _driver(session, driver)
        if ticket.status == "offered":
            _end(session, ticket, "withdrawn", by=by, at=at)
        elif ticket.status in FETCHING:
            give_back(ticket, by=by, reason_code="other", note=f"Given to {driver.name} by the dispatcher.")
        weighed = dispatch.weigh(session, ticket, at)
        distance = next((one.distance_m for one in weighed if one.driver_id == driver.id), None)
        choice = Choice(driver.id, distance, dispatch.CHOSEN % {"name": name_of(by)}, dispatch.considered(weighed, at))
        return _offer(session, ticket, asked, choice, by=by)


def accept(ticket: Ticket, *, by: Actor, **how: Unpack[How]) -> bool:
    """The driver who was asked takes it, or, while nobody is being asked, whoever is on duty and free does.

    Refuses with OfferLapsed (too late), LostRace (somebody else has it, or it changed) and Conflict (busy, off duty).
    """
    if by.role != Role.DRIVER or by.id is None:
        raise Forbidden(_("Only drivers accept offers."))
    at = now()
    with atomic() as session:
        # What was promised may move with it.
        hold(session, ticket.order)
        hold(session, ticket)
        if ticket.status == "assigned" and ticket.driver_id == by.id:
            return False
        mine = _offer_to(session, ticket, by.id)
        # From here on nobody else gives this driver anything: two tickets that wait cannot both be taken.
        driver = drivers.locked(session, session.get_one(Person, by.id))
        if mine is not None and mine.status == "open" and mine.lapses_at <= at:
            raise OfferLapsed(_ran_out(ticket, mine), **now_at(ticket, by))
        if mine is None or mine.status != "open":
            _may_take(session, ticket, driver, mine, by)
        values = {"driver_id": by.id, "driver_name": by.name, "assigned_at": at}
        walk(ticket, "assigned", by=by, at=at, values=values, **believed(ticket, how))
        if mine is None or mine.status != "open":
            session.add(_taken(ticket, by, at))
        else:
            mine.status, mine.answered_at = "accepted", at
        driver.lapses_in_row = 0
        session.flush()
        minutes = minutes_away(ticket, driver, at)
        if minutes is not None:
            arrival = at + timedelta(minutes=minutes)
            promises.reach(session, ticket, arrival, N_("The driver needs that long to get there and to you."), at=at)
    return True


def decline(ticket: Ticket, *, by: Actor, reason_code: str | None = None, **how: Unpack[How]) -> bool:
    """The driver who is being asked says no; False when that was said already."""
    policies.check_reason(ticket.order, reason_code, by)
    at = now()
    with atomic() as session:
        hold(session, ticket)
        mine = _offer_to(session, ticket, by.id)
        if mine is None:
            raise Conflict(_("It was never offered to you."), **now_at(ticket, by))
        if mine.status == "declined":
            return False
        if mine.status != "open" or ticket.status != "offered":
            if mine.status == "lapsed":
                raise LostRace(_ran_out(ticket, mine), **now_at(ticket, by))
            raise lost(ticket, by)
        _end(session, ticket, "declined", by=by, at=at, reason_code=reason_code, **believed(ticket, how))
        drivers.locked(session, mine.driver).lapses_in_row = 0
        session.flush()
    return True


def go_off_duty(person: Person, *, by: Actor) -> bool:
    """No more offers for `person`: an open one is declined first. False and Conflict as in drivers.go_off_duty."""
    with atomic() as session:
        mine = drivers.open_offer(session, person.id)
        if mine is not None:
            ticket = session.get_one(Ticket, mine.ticket_id)
            hold(session, ticket)
            current = _open(session, ticket)
            if current is not None and current.driver_id == person.id:
                _end(session, ticket, "declined" if by.id == person.id else "withdrawn", by=by, at=now())
        return drivers.go_off_duty(person, by=by)


def dismiss(person: Person) -> None:
    """`person` drives no more: what they are asked for, or were to fetch, goes to the next driver.

    What they have with them stays theirs until a dispatcher ends it. Conflict when they get a delivery in this moment.
    """
    at = now()
    with atomic() as session:
        asked = select(TicketOffer.ticket_id).where(TicketOffer.driver_id == person.id, TicketOffer.status == "open")
        fetches = (Ticket.driver_id == person.id) & Ticket.ended_at.is_(None) & Ticket.status.in_(FETCHING)
        for ticket in session.scalars(select(Ticket).where(fetches | Ticket.id.in_(asked)).order_by(Ticket.id)).all():
            hold(session, ticket)
            current = _open(session, ticket)
            if current is not None and current.driver_id == person.id:
                _end(session, ticket, "withdrawn", by=SYSTEM, at=at)
            elif ticket.driver_id == person.id and ticket.status in FETCHING:
                give_back(ticket, by=SYSTEM, note=f"{person.name} drives no more.")
        driver = drivers.locked(session, person)
        if session.scalars(select(Ticket.id).where(fetches | Ticket.id.in_(asked))).first() is not None:
            raise Conflict(_("%(name)s was given a delivery just now: try again.", name=person.name))
        if driver.on_duty:
            drivers.set_off(session, driver, "admin", at)


def lapse(ticket: Ticket) -> bool:
    """The time of its open offer is over: said by the server's clock, whoever was away meanwhile."""
    at = now()
    with atomic() as session:
        hold(session, ticket)
        current = _open(session, ticket)
        if ticket.status != "offered" or current is None or current.lapses_at > at:
            return False
        _end(session, ticket, "lapsed", by=SYSTEM, at=at)
        driver = drivers.locked(session, current.driver)
        driver.lapses_in_row += 1
        session.flush()
        if driver.lapses_in_row >= MOST_LAPSES and driver.on_duty:
            drivers.set_off(session, driver, "lapses", at)
    return True


def withdraw(ticket: Ticket, *, by: Actor, expected_version: int | None = None, note: str | None = None) -> bool:
    """An admin takes it from whoever is being asked, or rides before pickup; the next driver is looked for."""
    if by.role != Role.ADMIN:
        raise Forbidden(_("Only admins withdraw."))
    with atomic() as session:
        hold(session, ticket)
        if expected_version not in (None, ticket.version):
            raise lost(ticket, by)
        if ticket.status != "offered":
            return give_back(ticket, by=by, reason_code="other", note=note)
        _end(session, ticket, "withdrawn", by=by, at=now(), note=note)
    return True


def give_back(ticket: Ticket, *, by: Actor, reason_code: str | None = None, **how: Unpack[How]) -> bool:
    """Before pickup the driver cannot, or an admin takes it away: the next one is looked for."""
    at = now()
    values = {
        "driver_id": None,
        "driver_name": None,
        "assigned_at": None,
        "due_at": at,
        "sought_since": at,
        "refusals": 0,
    }
    if ticket.status == "offered":
        # Nobody has it yet: that is declined, or withdrawn.
        raise lost(ticket, by)
    with atomic() as session:
        moved = walk(ticket, "unassigned", by=by, at=at, reason_code=reason_code, values=values, **how)
        if moved:
            accepted = TicketOffer.ticket_id == ticket.id, TicketOffer.status == "accepted"
            for offer in session.scalars(select(TicketOffer).where(*accepted)):
                offer.status, offer.answered_at = "withdrawn", at
            session.flush()
    return moved


def cancel(
    ticket: Ticket, *, by: Actor, at: datetime, note: str | None = None, expected_version: int | None = None
) -> bool:
    """The order is gone, or needs no driver of ours: whoever is asked, or on the way, need not come."""
    with atomic() as session:
        hold(session, ticket)
        current = _open(session, ticket)
        asked = current.driver_id if current else None
        moved = walk(ticket, "cancelled", by=by, at=at, note=note, asked=asked, expected_version=expected_version)
        if current is not None:
            current.status, current.answered_at = "withdrawn", at
            session.flush()
    return moved


def _end(
    session: Session,
    ticket: Ticket,
    status: str,
    *,
    by: Actor,
    at: datetime,
    reason_code: str | None = None,
    **how: Unpack[How],
) -> None:
    """End the open offer of `ticket` as declined, lapsed or withdrawn; the worker looks for the next driver at once."""
    current = _open(session, ticket)
    if current is None:
        raise lost(ticket, by)
    values = {"due_at": at, "refusals": ticket.refusals + int(status != "withdrawn")}
    asked = current.driver_id
    walk(ticket, "unassigned", by=by, at=at, reason_code=reason_code, values=values, asked=asked, **how)
    current.status, current.answered_at, current.decline_reason = status, at, reason_code
    session.flush()


def _driver(session: Session, person: Person) -> Driver:
    """Who shall be asked, held: before what their ticket may write of their last fix."""
    if person.role != Role.DRIVER or not person.is_active:
        raise Invalid(_("That is no driver."), errors={"driver_id": [_("No driver has this id.")]})
    return drivers.locked(session, person)


def _offer(session: Session, ticket: Ticket, driver: Driver, choice: Choice, *, by: Actor) -> TicketOffer:
    """Both are held: what the indexes would refuse is seen here."""
    at, person = now(), driver.person
    if edge_to(ticket, "offered", by) is None:
        raise Conflict(_("Somebody is being asked for it already."), **now_at(ticket, by))
    if not driver.on_duty:
        raise Conflict(_("%(name)s is off duty.", name=person.name), **now_at(ticket, by))
    if not drivers.is_free(session, person.id):
        raise Conflict(_("%(name)s has a delivery, or is being asked for one.", name=person.name), **now_at(ticket, by))
    made = TicketOffer(
        ticket_id=ticket.id,
        driver_id=person.id,
        status="open",
        offered_at=at,
        lapses_at=at + OFFER_LASTS,
        offered_by_id=by.id,
        offered_by_name=name_of(by),
        reason=choice.reason,
        considered=choice.considered,
        distance_m=choice.distance_m,
    )
    made.driver = person
    session.add(made)
    session.flush()
    driver.last_offered_at = at
    values = {"due_at": made.lapses_at, "sought_since": ticket.sought_since or at}
    walk(ticket, "offered", by=by, at=at, values=values, asked=person.id)
    return made


def _may_take(session: Session, ticket: Ticket, driver: Driver, mine: TicketOffer | None, by: Actor) -> None:
    """Whether somebody who is not being asked may take it now."""
    if ticket.status == "offered" and mine is None:
        raise LostRace(_("Another driver is being asked for it just now."), **now_at(ticket, by))
    if ticket.status == "offered" and mine is not None and mine.status == "lapsed":
        raise LostRace(_ran_out(ticket, mine), **now_at(ticket, by))
    if ticket.status not in ("unassigned", "needs_dispatcher"):
        raise lost(ticket, by)
    if not ticket.waits:
        raise Conflict(_("Nobody is looked for yet."), **now_at(ticket, by))
    if mine is not None and mine.status == "withdrawn" and _was_just_now(mine):
        # Or one who takes it and gives it back, again and again, would starve the order.
        raise Conflict(_("You had it less than 10 minutes ago: others are asked first."), **now_at(ticket, by))
    if not driver.on_duty:
        raise Conflict(_("Go on duty first."), **now_at(ticket, by))
    if not drivers.is_free(session, driver.person_id):
        raise Conflict(_("You have a delivery, or are being asked for one."), **now_at(ticket, by))


def _was_just_now(offer: TicketOffer) -> bool:
    return offer.answered_at is not None and offer.answered_at > now() - NOT_AGAIN_WITHIN


def _taken(ticket: Ticket, by: Actor, at: datetime) -> TicketOffer:
    """Nobody offered it: the driver found it among those that wait."""
    return TicketOffer(
        ticket_id=ticket.id,
        driver_id=by.id,
        status="accepted",
        offered_at=at,
        lapses_at=at,
        answered_at=at,
        offered_by_id=by.id,
        offered_by_name=name_of(by),
        reason=N_("Taken from the list of those that wait."),
    )


def _open(session: Session, ticket: Ticket) -> TicketOffer | None:
    query = select(TicketOffer).where(TicketOffer.ticket_id == ticket.id, TicketOffer.status == "open")
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _offer_to(session: Session, ticket: Ticket, driver_id: int | None) -> TicketOffer | None:
    """The last offer of `ticket` to this driver."""
    query = (
        select(TicketOffer)
        .where(TicketOffer.ticket_id == ticket.id, TicketOffer.driver_id == driver_id)
        .order_by(TicketOffer.id.desc())
        .limit(1)
    )
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _ran_out(ticket: Ticket, mine: TicketOffer) -> str:
    lapsed = mine.lapses_at.astimezone(ticket.order.restaurant.zone)
    return f"Your offer ran out at {lapsed:%H:%M:%S}; another driver is asked."
