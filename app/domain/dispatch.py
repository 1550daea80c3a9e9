"""Who is asked next: the nearest free driver on duty, and of those equally near whoever was asked longest ago.

Everybody on duty is weighed, and of those who are nearest is kept why or why not: the admin sees all of it, the driver
the reason for being asked. Nothing is written here.
"""

from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.contract.identity import Role
from app.language import N_
from app.models import Driver, Person, Ticket, TicketOffer

from . import drivers
from .geography import Place, kilometres, place, ride_minutes, road_metres
from .live_fixes import known_place
from .ticket_states import BUSY, NOT_AGAIN_WITHIN

# Nobody is asked to come from farther away.
_FARTHEST_M = 20_000
# Of how many who were weighed it is kept why or why not.
_MOST_KEPT = 100
# How many of those that wait a driver is shown, out of how many that wait longest.
_MOST_WAITING = 20
_MOST_WEIGHED = 200
# Fixes are no more exact than this: who is nearer by less, is not nearer.
_EQUALLY_NEAR_M = 200
_BUSY = N_("has a delivery")
_ASKED = N_("is being asked for this one")
_ASKED_ELSEWHERE = N_("is being asked for another one")
_REFUSED = N_("did not take this one less than 10 minutes ago")
_TOO_FAR = N_("too far away (%(far)s)")
_ONLY = N_("The only driver who is free.")
_ONLY_NEAR = N_("The only driver who is free, %(far)s from the restaurant.")
_NO_PLACE = N_("Nobody's place is known; waited longest of %(n)s free drivers.")
_TIED = N_("As near as others (%(far)s from the restaurant), and asked longest ago of %(n)s free drivers.")
_NEAREST = N_("Nearest of %(n)s free drivers: %(far)s from the restaurant.")
CHOSEN = N_("Chosen by %(name)s.")
# What is kept with a value in it, in English, as anything that is kept; pages say it in their own language.
SENTENCES = (_TOO_FAR, _ONLY_NEAR, _NO_PLACE, _TIED, _NEAREST, CHOSEN)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A driver on duty, and what speaks for or against. `why_not` is empty for those who can be asked."""

    driver_id: int
    name: str
    distance_m: int | None
    seen_seconds_ago: int | None
    why_not: str
    asked_at: datetime | None

    @property
    def rank(self) -> tuple[bool, int, float, int]:
        """Known places first, near before far, who waits longest before who was just asked."""
        nearness = 0 if self.distance_m is None else self.distance_m // _EQUALLY_NEAR_M
        waited_since = 0.0 if self.asked_at is None else self.asked_at.timestamp()
        return self.distance_m is None, nearness, waited_since, self.driver_id


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is asked and why; `considered` is the JSON of all who were weighed."""

    driver_id: int
    distance_m: int | None
    reason: str
    considered: str

    @property
    def ride_minutes(self) -> int:
        """How long the driver needs to the restaurant."""
        return ride_minutes(self.distance_m)


def choose(weighed: Sequence[Weighed], at: datetime) -> Choice | None:
    """Whom to ask, of those who were weighed for a ticket; None when nobody is free."""
    free = sorted((one for one in weighed if not one.why_not), key=lambda one: one.rank)
    if not free:
        return None
    return Choice(free[0].driver_id, free[0].distance_m, _reason(free), considered(weighed, at))


def weigh(session: Session, ticket: Ticket, at: datetime) -> list[Weighed]:
    """Everybody on duty, the nearest first."""
    return weigh_each(session, [ticket], at)[ticket.id]


def weigh_each(session: Session, tickets: Sequence[Ticket], at: datetime) -> dict[int, list[Weighed]]:
    """The same for each of `tickets`, by its id, in two statements; what a ticket shares with its kitchen's, once."""
    open_offer = TicketOffer.driver_id == Driver.person_id, TicketOffer.status == "open"
    asked_for = select(TicketOffer.ticket_id).where(*open_offer).scalar_subquery()
    is_busy = exists().where(Ticket.driver_id == Driver.person_id, Ticket.ended_at.is_(None), Ticket.status.in_(BUSY))
    on_duty = (
        select(Driver, asked_for, is_busy)
        .join(Driver.person)
        .where(Driver.on_duty, Person.is_active, Person.role == Role.DRIVER)
    )
    found = session.execute(on_duty.execution_options(populate_existing=True)).all()
    answered = select(TicketOffer.ticket_id, TicketOffer.driver_id).where(
        TicketOffer.ticket_id.in_([ticket.id for ticket in tickets]),
        TicketOffer.status != "open",
        TicketOffer.answered_at > at - NOT_AGAIN_WITHIN,
    )
    # By ticket and driver: what is so for this ticket alone.
    alone: dict[int, dict[int, str]] = defaultdict(dict)
    for ticket_id, driver_id in session.execute(answered):
        alone[ticket_id][driver_id] = _REFUSED
    for driver, ticket_id, _ in found:
        if ticket_id is not None:
            alone[ticket_id][driver.person_id] = _ASKED
    of_kitchen: dict[int, list[Weighed]] = {}
    weighed: dict[int, list[Weighed]] = {}
    for ticket in tickets:
        kitchen = ticket.order.restaurant_id
        if kitchen not in of_kitchen:
            counter = place(ticket.order.restaurant)
            everybody = (_weighed(driver, counter, at, asked is not None, busy) for driver, asked, busy in found)
            of_kitchen[kitchen] = sorted(everybody, key=lambda one: one.rank)
        why_not = alone[ticket.id]
        weighed[ticket.id] = [
            replace(one, why_not=why_not[one.driver_id]) if one.driver_id in why_not and one.why_not != _BUSY else one
            for one in of_kitchen[kitchen]
        ]
    return weighed


def waiting(session: Session, driver: Driver, at: datetime) -> list[Ticket]:
    """What waits for anybody and `driver` could take, the nearest first, then what waits longest; none while off duty.

    Nor while they have a delivery, or are being asked for one.
    """
    if not driver.on_duty or not drivers.is_free(session, driver.person_id):
        return []
    query = select(Ticket).where(Ticket.waits, Ticket.ended_at.is_(None)).options(Ticket.with_orders())
    found = session.scalars(query.order_by(Ticket.sought_since, Ticket.id).limit(_MOST_WEIGHED)).all()
    fix = known_place(driver, at)
    far = {ticket.id: road_metres(fix, place(ticket.order.restaurant)) for ticket in found}
    near = [ticket for ticket in found if (far[ticket.id] or 0) <= _FARTHEST_M]
    # Sorting keeps the order of what is equally near.
    return sorted(near, key=lambda ticket: (far[ticket.id] is None, far[ticket.id]))[:_MOST_WAITING]


def without(weighed: Sequence[Weighed], asked: Container[int]) -> list[Weighed]:
    """The same, after the drivers of `asked` were asked for other tickets."""
    return [replace(one, why_not=_ASKED_ELSEWHERE) if one.driver_id in asked else one for one in weighed]


def considered(weighed: Sequence[Weighed], at: datetime) -> str:
    """What is kept of the weighing: JSON, a list of those who are nearest."""

    def kept(one: Weighed) -> dict[str, Any]:
        document = asdict(one)
        asked_at = document.pop("asked_at")
        return document | {"asked_seconds_ago": None if asked_at is None else round((at - asked_at).total_seconds())}

    return orjson.dumps([kept(one) for one in weighed[:_MOST_KEPT]]).decode()


def _weighed(driver: Driver, counter: Place | None, at: datetime, asked: bool, busy: bool) -> Weighed:
    age = None if driver.fixed_at is None else at - driver.fixed_at
    distance = road_metres(known_place(driver, at), counter)
    why_not = ""
    if busy:
        why_not = _BUSY
    elif asked:
        why_not = _ASKED_ELSEWHERE
    elif distance is not None and distance > _FARTHEST_M:
        why_not = _TOO_FAR % {"far": kilometres(distance)}
    return Weighed(
        driver.person_id,
        driver.person.name,
        distance,
        None if age is None else max(0, round(age.total_seconds())),
        why_not,
        driver.last_offered_at,
    )


def _reason(free: Sequence[Weighed]) -> str:
    first, is_only = free[0], len(free) == 1
    told = {"n": len(free), "far": kilometres(first.distance_m)}
    if first.distance_m is None:
        return (_ONLY if is_only else _NO_PLACE) % told
    if is_only:
        return _ONLY_NEAR % told
    is_tied = free[1].distance_m is not None and free[1].rank[:2] == first.rank[:2]
    return (_TIED if is_tied else _NEAREST) % told
