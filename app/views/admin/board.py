"""What the dispatch board shows: every delivery that is not over, those without a driver first, and the drivers.

However many there are, it is read in the same few statements.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, select

from app.domain.dispatch import weigh_each
from app.domain.ticket_states import BEFORE_PICKUP, BUSY
from app.extensions import db
from app.models import Driver, Person, Ticket, TicketOffer

from . import places
from .candidates import Candidates, nearest
from .places import Place

# More than anybody looks through; what calls for a person comes first.
_MOST_TICKETS = 300
_MOST_DRIVERS = 300
_MOST_OFF_DUTY = 50
# For so many, the first ones, it lists so many drivers; the page of a delivery lists more.
_MOST_WEIGHED = 40
_MOST_CANDIDATES = 15

# The parts of the board, in the order in which they need somebody.
PARTS = ("calling", "sought", "offered", "under_way", "later")
_PART = case(
    (Ticket.status == "needs_dispatcher", "calling"),
    (Ticket.status == "offered", "offered"),
    (Ticket.status != "unassigned", "under_way"),
    (Ticket.sought_since.is_not(None), "sought"),
    else_="later",
)
_RANK = case({part: rank for rank, part in enumerate(PARTS)}, value=_PART)


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery; who is being asked for it, and whom it can be offered to (None: that is not said here)."""

    ticket: Ticket
    offer: TicketOffer | None
    candidates: Candidates | None

    @property
    def may_be_offered(self) -> bool:
        """Whether somebody, or somebody else, can still be asked."""
        return self.ticket.status in BEFORE_PICKUP


@dataclass(frozen=True, slots=True)
class Rider:
    """A driver on duty; what they ride, or are being asked for."""

    driver: Driver
    rides: Ticket | None
    asked: TicketOffer | None


@dataclass(frozen=True, slots=True)
class Board:
    """All of it. `is_cut`: there are more deliveries than are shown."""

    parts: Mapping[str, Sequence[Row]]
    on_duty: Sequence[Rider]
    off_duty: Sequence[Driver]
    is_cut: bool

    @property
    def places(self) -> list[Place]:
        """What its map shows."""
        return list(self._places())

    def _places(self) -> Iterator[Place]:
        rows = [(row.ticket, "calling" if part == "calling" else "") for part in PARTS for row in self.parts[part]]
        # The last one counts: where something calls, the restaurant's pin says so.
        kitchens = {ticket.order.restaurant_id: (ticket.order.restaurant, kind) for ticket, kind in reversed(rows)}
        for restaurant, kind in kitchens.values():
            yield from places.restaurant(restaurant, kind)
        for ticket, kind in rows:
            yield from places.door(ticket, kind)
        for rider in self.on_duty:
            yield from places.driver(rider.driver, "free" if rider.rides is None else "")


def board(at: datetime) -> Board:
    """The board as it is at `at`."""
    longest = Ticket.sought_since, Ticket.ready_at, Ticket.id
    rows = select(Ticket, _PART).where(Ticket.ended_at.is_(None)).order_by(_RANK, *longest).limit(_MOST_TICKETS + 1)
    found = db.session.execute(rows.options(Ticket.with_orders())).all()
    shown = found[:_MOST_TICKETS]
    offers = db.session.scalars(select(TicketOffer).where(TicketOffer.status == "open")).all()
    asked = {offer.ticket_id: offer for offer in offers}
    first = [ticket for ticket, _ in shown if ticket.status in BEFORE_PICKUP][:_MOST_WEIGHED]
    candidates = {id: nearest(weighed, _MOST_CANDIDATES) for id, weighed in weigh_each(db.session(), first, at).items()}
    parts: dict[str, list[Row]] = {part: [] for part in PARTS}
    for ticket, part in shown:
        parts[part].append(Row(ticket, asked.get(ticket.id), candidates.get(ticket.id)))
    return Board(parts, _on_duty(offers), _off_duty(), is_cut=len(found) > _MOST_TICKETS)


def _on_duty(offers: Sequence[TicketOffer]) -> list[Rider]:
    riding = (Ticket.driver_id == Driver.person_id) & Ticket.ended_at.is_(None) & Ticket.status.in_(BUSY)
    on_duty = select(Driver, Ticket).join(Driver.person).outerjoin(Ticket, riding)
    asked = {offer.driver_id: offer for offer in offers}
    by_name = on_duty.where(Driver.on_duty, Person.is_active).order_by(Person.name, Driver.person_id)
    return [
        Rider(driver, rides, asked.get(driver.person_id))
        for driver, rides in db.session.execute(by_name.limit(_MOST_DRIVERS))
    ]


def _off_duty() -> Sequence[Driver]:
    off_duty = select(Driver).join(Driver.person).where(~Driver.on_duty, Person.is_active)
    return db.session.scalars(off_duty.order_by(Driver.duty_changed_at.desc()).limit(_MOST_OFF_DUTY)).all()
