"""Riders of the demo: they go on duty, take what they are offered, ride along streets and deliver, by the real verbs.

One step a second for each. What a rider is doing is read from the database each time, so it may be stopped and started
at any moment. Guests and kitchens that give them something to do: regulars.py.
"""

import random
from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import select

from app.contract.identity import Role
from app.contract.times import now
from app.domain import deliveries, drivers, fixes, offers
from app.domain.geography import Place, metres, place
from app.domain.ticket_states import BUSY
from app.errors import DomainError
from app.extensions import db
from app.models import Driver, Person, Restaurant, Ticket, TicketOffer

from . import streets
from .restaurants import ALWAYS_OPEN, counter

# Metres a second on the road; a ride of some minutes shall be over in one or two.
PACE = 24.0
# Seconds that riders look at an offer, wait at a counter or a door, and stand still between two fixes.
_THINKS, _HANDS_OVER, _STANDS = 4, 4, 20
_MOST = 2
# Metres from the counter at which they begin: whoever looks at the demo sees one leave with food in the first minute.
_NEAR = 500
_log = structlog.get_logger(__name__)


def hire() -> list["Rider"]:
    """The riders of the always-open restaurant's town, but for those whom a visitor may log in as."""
    kitchen = db.session.scalars(select(Restaurant).where(Restaurant.slug == ALWAYS_OPEN)).one()
    town = (kitchen.phone or "")[:4]
    known = select(Person).where(
        Person.is_demo, Person.role == Role.DRIVER, Person.phone.startswith(town), ~Person.email.startswith("driver")
    )
    return [Rider(person.id, counter(kitchen)) for person in db.session.scalars(known.order_by(Person.id).limit(_MOST))]


def step(riders: Sequence["Rider"]) -> None:
    """Let each do what it does in this second."""
    for rider in riders:
        try:
            rider.step(now())
        except DomainError as refusal:
            # Somebody was faster, or looked elsewhere: the next second shows what it is then.
            db.session.rollback()
            _log.info("rider.refused", rider=rider.person_id, why=refusal.detail)


class Rider:
    """One of them. `since` is when it came into the state of its ticket; what it needs besides is in the database."""

    def __init__(self, person_id: int, home: Place) -> None:
        self.person_id = person_id
        self._home = home
        self._dice = random.Random(person_id)
        self._way: list[Place] = []
        self._goal: Place | None = None
        self._done = 0.0
        self._told_at: datetime | None = None

    def step(self, at: datetime) -> None:
        """What it does in the second of `at`."""
        person = db.session.get_one(Person, self.person_id)
        driver = drivers.of(person)
        ticket = self._ticket()
        if driver is None or not (driver.on_duty or ticket):
            drivers.go_on_duty(person)
            fixes.record(person, *self._begins_at(person))
        elif ticket is None:
            self._stand(person, driver, at)
        elif ticket.status == "offered":
            if self._waited(ticket, at, _THINKS):
                offers.accept(ticket, by=person)
        else:
            self._ride(person, driver, ticket, at)

    def _begins_at(self, person: Person) -> Place:
        way = streets.way(streets.door(self._home, person.name), self._home)
        return streets.walked(way, max(0.0, streets.length(way) - _NEAR))

    def _ride(self, person: Person, driver: Driver, ticket: Ticket, at: datetime) -> None:
        order = ticket.order
        restaurant = counter(order.restaurant)
        door = place(ticket) or restaurant
        match ticket.status:
            case "assigned" if self._went(person, driver, restaurant, at):
                deliveries.arrive(ticket, by=person)
            case "at_pickup" if order.status == "ready_for_pickup" and self._waited(ticket, at, _HANDS_OVER):
                deliveries.pick_up(ticket, by=person, handover_code=order.handover_code)
            case "picked_up" if self._went(person, driver, door, at):
                deliveries.reach(ticket, by=person)
            case "at_dropoff" if self._waited(ticket, at, _HANDS_OVER):
                proof: deliveries.Proof = {"drop_code": ticket.drop_code}
                deliveries.deliver(ticket, by=person, proof=proof, note="Handed to the guest at the gate.")
            case "failed":
                deliveries.bring_back(ticket, by=person)
            case "returning" if self._went(person, driver, restaurant, at):
                deliveries.hand_back(ticket, by=person)
            case "at_pickup" | "at_dropoff":
                self._stand(person, driver, at)

    def _went(self, person: Person, driver: Driver, goal: Place, at: datetime) -> bool:
        """Ride on towards `goal` for a second; whether it is there."""
        if self._goal != goal:
            self._goal, self._way, self._done = goal, streets.way(self._here(driver), goal), 0.0
        self._done += PACE * self._dice.uniform(0.7, 1.1)
        spot = streets.walked(self._way, self._done)
        self._tell(person, spot, at)
        return metres(spot, goal) < 1

    def _stand(self, person: Person, driver: Driver, at: datetime) -> None:
        """Say now and then that it is still there."""
        self._goal = None
        if self._told_at is None or (at - self._told_at).total_seconds() >= _STANDS:
            self._tell(person, self._here(driver), at)

    def _here(self, driver: Driver) -> Place:
        return place(driver) or self._home

    def _tell(self, person: Person, spot: Place, at: datetime) -> None:
        fixes.record(person, *spot, accuracy=self._dice.uniform(4, 12))
        self._told_at = at

    def _waited(self, ticket: Ticket, at: datetime, seconds: int) -> bool:
        return (at - ticket.changed_at).total_seconds() >= seconds

    def _ticket(self) -> Ticket | None:
        """What it rides, or is asked for."""
        rides = (Ticket.driver_id == self.person_id) & Ticket.status.in_(BUSY) & Ticket.ended_at.is_(None)
        asked = Ticket.id.in_(
            select(TicketOffer.ticket_id).where(TicketOffer.driver_id == self.person_id, TicketOffer.status == "open")
        )
        query = select(Ticket).where(rides | asked).order_by(rides.desc(), Ticket.id).limit(1)
        return db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
