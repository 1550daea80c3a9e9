"""The delivery of an order as its guest may know it: who comes, how far away they are, and the code for the door.

Whoever holds the order's link (`mine` is False) is told no name, no code and no address, and where the driver is only
while the food is under way. What screens hear of positions beside this is domain/live_fixes.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.contract.times import now
from app.domain import live_fixes, ticket_json
from app.domain.ticket_states import SEARCHING, UNDER_WAY, WITH_THE_FOOD
from app.extensions import db
from app.language import N_
from app.language import gettext as _
from app.models import Driver, Order, Ticket, TicketChange

# Where somebody was longer ago is shown as such, and nothing is reckoned from it.
_SEEN_LATELY = timedelta(minutes=2)

# The ticket's state (and whether its food is ready) -> headline and sentence.
_WORDS: Mapping[str, tuple[str, str]] = {
    "looking": (
        N_("Looking for a driver"),
        N_("%(restaurant)s is cooking, and we are looking for somebody to bring it."),
    ),
    "looking, ready": (
        N_("Looking for a driver"),
        N_("It stands on the pass, and we are looking for somebody to bring it."),
    ),
    "needs_dispatcher": (
        N_("Looking for a driver"),
        N_("Nobody was free so far. A dispatcher is looking for somebody now."),
    ),
    "assigned": (N_("%(driver)s is on the way"), N_("First to %(restaurant)s, then to you with your order.")),
    "at_pickup": (
        N_("%(driver)s is at the restaurant"),
        N_("%(restaurant)s is still cooking. They leave as soon as it is ready."),
    ),
    "at_pickup, ready": (N_("%(driver)s is at the restaurant"), N_("It is ready, and is being handed over.")),
    "picked_up": (N_("%(driver)s is on the way"), N_("They have your order and are coming to you.")),
    "at_dropoff": (N_("%(driver)s is at your door"), N_("Open up, and enjoy your meal.")),
}
_SOMEBODY = N_("The driver")


@dataclass(frozen=True, slots=True)
class Ride:
    """A delivery that somebody is looked for, or rides. `driver` is how the page calls them.

    `minutes` until the food is at the door; `code` is what the guest says there; `fix` is the part of S4's fields
    that the page needs; `places` are what stands on the map beside the driver (no map without them, nor before
    somebody rides).
    """

    ticket_id: int
    driver: str
    headline: str
    sentence: str
    minutes: int | None = None
    has_arrived: bool = False
    code: str | None = None
    fix: dict[str, Any] | None = None
    places: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def has_map(self) -> bool:
        """Whether there is anything to be shown on one."""
        return bool(self.places) or (self.fix is not None and self.fix["latitude"] is not None)


def of(order: Order, *, mine: bool) -> Ride | None:
    """The ride of `order`, from when a driver is looked for until it is over."""
    ticket = order.ticket
    state = None if ticket is None else _state(ticket)
    if ticket is None or state is None:
        return None
    called = ticket.driver_name if mine and ticket.driver_name else _(_SOMEBODY)
    names = {"driver": called, "restaurant": order.restaurant.name}
    headline, sentence = (_(words, **names) for words in _WORDS[state])
    if _was_ridden(ticket):
        headline = _("Looking for another driver")
    if ticket.status in WITH_THE_FOOD or (mine and ticket.status in UNDER_WAY):
        return Ride(ticket.id, called, headline, sentence, **_whereabouts(ticket, mine=mine))
    return Ride(ticket.id, called, headline, sentence)


def headline(order: Order) -> str | None:
    """The ride in a few words, for a list of one's own orders; None where there is none."""
    ticket = order.ticket
    state = None if ticket is None else _state(ticket)
    if ticket is None or state is None:
        return None
    return _(_WORDS[state][0], driver=ticket.driver_name)


def _state(ticket: Ticket) -> str | None:
    """The line of the table above; None before anybody is looked for, and after it is over."""
    is_ready = ticket.order.status == "ready_for_pickup"
    if ticket.status in ("unassigned", "offered"):
        begun = ticket.sought_since is not None or is_ready
        return ("looking, ready" if is_ready else "looking") if begun else None
    if ticket.status == "at_pickup" and is_ready:
        return "at_pickup, ready"
    return ticket.status if ticket.status in _WORDS else None


def _was_ridden(ticket: Ticket) -> bool:
    """Whether a driver gave it back."""
    accepted = TicketChange.ticket_id == ticket.id, TicketChange.to_status == "assigned"
    return (
        ticket.status in SEARCHING and db.session.execute(select(TicketChange.id).where(*accepted)).first() is not None
    )


def _whereabouts(ticket: Ticket, *, mine: bool) -> dict[str, Any]:
    at, driver = now(), db.session.get_one(Driver, ticket.driver_id)
    fix = live_fixes.for_guest(ticket, driver, at=at)
    # Before pickup the kitchen is reckoned with as well; after it all there is is where they were seen.
    is_lost = ticket.status in WITH_THE_FOOD and (driver.fixed_at is None or at - driver.fixed_at >= _SEEN_LATELY)
    restaurant = ticket.order.restaurant
    places = {"restaurant": (restaurant.latitude, restaurant.longitude, restaurant.name)}
    if mine:
        places["door"] = (ticket.latitude, ticket.longitude, _("Your door"))
    return {
        "minutes": None if is_lost or ticket.status == "at_dropoff" else fix["minutes_away"],
        "has_arrived": ticket.status == "at_dropoff",
        "code": ticket_json.for_customer(ticket)["drop_code"] if mine else None,
        "fix": {name: value for name, value in fix.items() if name not in ("ticket_id", "driver_name")},
        "places": {
            key: {"latitude": latitude, "longitude": longitude, "label": label}
            for key, (latitude, longitude, label) in places.items()
            if latitude is not None
        },
    }
