"""An order told to its guest: one headline, one sentence, the steps so far with their times, the steps to come.

The same words for the customer (but for what they did themselves, and the name of who drives) and for whoever holds
the link, so they name no person; times are the restaurant's, of a device where it knew better.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import cast

from sqlalchemy import select

from app.domain import promises
from app.domain.order_states import ENDS, LABELS
from app.domain.ticket_states import UNDER_WAY
from app.extensions import db
from app.language import N_
from app.language import gettext as _
from app.models import Order, OrderChange, Promise, Ticket, TicketChange
from app.models.change import Change
from app.views.formats import reason

from . import ride
from .ride import Ride

# status -> what to say, and for a fulfilment where that differs.
_HEADLINES: Mapping[str, str] = {
    "awaiting_payment": N_("Waiting for the payment"),
    "scheduled": N_("Booked for later"),
    "placed": N_("Sent to the kitchen"),
    "accepted": N_("The kitchen has accepted it"),
    "preparing": N_("Being prepared"),
    "ready_for_pickup": N_("Ready to be picked up"),
    "ready_for_pickup delivery": N_("Ready, waiting for its driver"),
    "ready_for_pickup dine_in": N_("Ready, coming to your table"),
    "picked_up": N_("On its way to you"),
    "delivered": N_("Delivered"),
    "collected": N_("Collected"),
    "collected dine_in": N_("Served"),
    "undeliverable": N_("It could not be delivered"),
}
_SENTENCES: Mapping[str, str] = {
    "awaiting_payment": N_(
        "The kitchen sees it once the payment has arrived. If none comes, it is given up by itself."
    ),
    "scheduled": N_("The kitchen gets it in time; nothing is to be done until then."),
    "placed": N_("%(restaurant)s has not answered yet. If nobody does in time, the order is cancelled by itself."),
    "accepted": N_("%(restaurant)s starts on it soon."),
    "preparing": N_("%(restaurant)s is cooking."),
    "ready_for_pickup": N_("It waits for you at the counter. Say the order's number."),
    "ready_for_pickup delivery": N_("It stands on the pass and leaves with the next driver."),
    "ready_for_pickup dine_in": N_("It stands on the pass."),
    "picked_up": N_("The driver has it."),
    "delivered": N_("Enjoy your meal."),
    "collected": N_("Enjoy your meal."),
    "undeliverable": N_("%(restaurant)s can tell you what happens next."),
}
_CANCELLED: Mapping[str, tuple[str, str]] = {
    "declined": (N_("Declined"), N_("%(restaurant)s could not take this order.")),
    "expired": (N_("Nobody answered in time"), N_("%(restaurant)s did not accept the order, so it was cancelled.")),
    "customer": (N_("Cancelled"), N_("It was cancelled by the guest.")),
    "vendor": (N_("Cancelled by the restaurant"), N_("%(restaurant)s had to cancel it.")),
    "admin": (N_("Cancelled"), N_("It was cancelled by the staff of Passline.")),
    "payment_failed": (N_("The payment did not go through"), N_("The order was cancelled; the kitchen never had it.")),
    "abandoned": (N_("Not paid in time"), N_("The order was cancelled; the kitchen never had it.")),
}
_STEPS: Mapping[str, str] = {
    "awaiting_payment": N_("Ordered, not paid yet"),
    "scheduled": N_("Ordered for later"),
    "placed": N_("Sent to the kitchen"),
    "accepted": N_("Accepted"),
    "preparing": N_("In preparation"),
    "ready_for_pickup": N_("Ready"),
    "picked_up": N_("On its way"),
    "delivered": N_("Delivered"),
    "collected": N_("Collected"),
    "collected dine_in": N_("Served"),
    "cancelled": N_("Cancelled"),
    "undeliverable": N_("Could not be delivered"),
}
# The badge of a status, where staff and guest call it otherwise: only what a guest fetches is "ready for pickup".
_BADGES: Mapping[str, str] = {
    "ready_for_pickup delivery": N_("Ready"),
    "ready_for_pickup dine_in": N_("Ready"),
    "picked_up delivery": N_("On its way"),
    "collected dine_in": N_("Served"),
}
_RIDE_STEPS: Mapping[str, str] = {
    "at_pickup": N_("Driver at the restaurant"),
    "at_dropoff": N_("Driver at the door"),
    "returning": N_("On its way back"),
    "returned": N_("Back at the restaurant"),
}
_WAY = ("placed", "accepted", "preparing", "ready_for_pickup")


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `at` is None while it is to come."""

    status: str
    text: str
    at: datetime | None = None
    is_now: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """A promise that took the place of another: which one, and why."""

    before: Promise
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """The whole story; `window_says` names the promised window, None when nothing is promised any more."""

    badge: str
    headline: str
    sentence: str
    steps: list[Step]
    window_says: str | None
    moved: Moved | None
    ride: Ride | None


def told(order: Order, *, mine: bool = False) -> Told:
    """The story of `order` as it stands; `mine`: to the customer who placed it."""
    under_way = ride.of(order, mine=mine)
    headline, sentence = _heading(order, under_way)
    if mine and order.cancellation_kind == "customer":
        sentence = _("You cancelled it.")
    says = window_says(order)
    steps = [*_past(order, mine), *_to_come(order)]
    return Told(badge(order), headline, sentence, steps, says, _moved(order) if says else None, under_way)


def _heading(order: Order, under_way: Ride | None) -> tuple[str, str]:
    if under_way is not None:
        return under_way.headline, under_way.sentence
    if order.cancellation_kind is not None:
        headline, sentence = _CANCELLED[order.cancellation_kind]
    else:
        headline, sentence = _worded(_HEADLINES, order.status, order), _worded(_SENTENCES, order.status, order)
    sentence = _(sentence, restaurant=order.restaurant.name)
    if order.cancellation_kind in ("declined", "vendor", "admin") and order.cancellation_reason:
        why = reason(order.cancellation_reason, order.restaurant).lower()
        sentence = " ".join((sentence, _("Reason: %(why)s.", why=why)))
    return _(headline), sentence


def _worded(words: Mapping[str, str], status: str, order: Order) -> str:
    return words.get(f"{status} {order.fulfilment}", words[status])


def _past(order: Order, mine: bool) -> list[Step]:
    steps = [*_of_order(order), *(_of_ticket(order.ticket, mine) if order.ticket is not None else ())]
    steps.sort(key=lambda step: cast(datetime, step.at))
    return [*steps[:-1], replace(steps[-1], is_now=True)]


def _of_order(order: Order) -> Iterator[Step]:
    query = select(OrderChange).where(OrderChange.order_id == order.id).order_by(OrderChange.version)
    for at, change in _in_turn(db.session.scalars(query)):
        yield Step(change.to_status, _step(order, change), at)


def _of_ticket(ticket: Ticket, mine: bool) -> Iterator[Step]:
    """What only the ticket tells: the search (once, however many are asked), who takes it, how far they have got."""
    query = select(TicketChange).where(TicketChange.ticket_id == ticket.id).order_by(TicketChange.version)
    is_sought = False
    for at, change in _in_turn(db.session.scalars(query)):
        to = change.to_status
        if to == "unassigned" and change.from_status in UNDER_WAY:
            yield Step("unassigned", _("Looking for another driver"), at)
        elif to in ("offered", "needs_dispatcher") and not is_sought:
            yield Step("unassigned", _("Looking for a driver"), at)
        elif to == "assigned":
            taken = _("%(name)s takes it", name=change.actor_name) if mine else _("A driver takes it")
            yield Step(to, taken, at)
        elif to in _RIDE_STEPS:
            yield Step(to, _(_RIDE_STEPS[to]), at)
        is_sought |= to != "unassigned"


def _in_turn(changes: Iterable[Change]) -> Iterator[tuple[datetime, Change]]:
    """Each change with its time: the device's where it knew better, but never before the change that it followed."""
    latest: datetime | None = None
    for change in changes:
        at = change.occurred_at or change.at
        latest = at if latest is None else max(latest, at)
        yield latest, change


def _step(order: Order, change: Change) -> str:
    match change.from_status, change.to_status:
        case "ready_for_pickup", "preparing":
            return _("Back in preparation")
        case "cancelled", "accepted":
            return _("Accepted after all")
    return _(_worded(_STEPS, change.to_status, order))


def _to_come(order: Order) -> list[Step]:
    if order.status in ENDS:
        return []
    way = (*_WAY, *(("picked_up", "delivered") if order.fulfilment == "delivery" else ("collected",)))
    ahead = way[way.index(order.status) + 1 :] if order.status in way else way
    return [Step(status, _(_worded(_STEPS, status, order))) for status in ahead]


def badge(order: Order) -> str:
    """The status of `order` in a word or two, as its guest calls it."""
    return _(_BADGES.get(f"{order.status} {order.fulfilment}", LABELS[order.status]))


def window_says(order: Order) -> str | None:
    """What the promised window of `order` is for; None when nothing is promised any more."""
    if order.promised_from is None or order.status in (*ENDS, "awaiting_payment"):
        return None
    if order.status == "ready_for_pickup" and order.fulfilment != "delivery":
        return None
    return {"delivery": _("With you"), "pickup": _("Ready"), "dine_in": _("At your table")}[order.fulfilment]


def _moved(order: Order) -> Moved | None:
    """What the guest was promised before, when that is not what is promised now; to the minute, as it is shown."""
    kept = promises.history(order)
    for before, after in reversed(list(pairwise(kept))):
        if _to_the_minute(before) != _to_the_minute(after):
            return Moved(before, after.reason)
    return None


def _to_the_minute(promise: Promise) -> tuple[datetime, datetime]:
    return (
        promise.promised_from.replace(second=0, microsecond=0),
        promise.promised_by.replace(second=0, microsecond=0),
    )
