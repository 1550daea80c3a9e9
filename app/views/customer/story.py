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
from app.domain.order_states import ENDS
from app.domain.policies import label
from app.domain.ticket_states import UNDER_WAY
from app.extensions import db
from app.models import Order, OrderChange, Promise, Ticket, TicketChange
from app.models.change import Change

from . import ride
from .ride import Ride

# status -> what to say, and for a fulfilment where that differs.
_HEADLINES: Mapping[str, str] = {
    "awaiting_payment": "Waiting for the payment",
    "scheduled": "Booked for later",
    "placed": "Sent to the kitchen",
    "accepted": "The kitchen has accepted it",
    "preparing": "Being prepared",
    "ready_for_pickup": "Ready to be picked up",
    "ready_for_pickup delivery": "Ready, waiting for its driver",
    "ready_for_pickup dine_in": "Ready, coming to your table",
    "picked_up": "On its way to you",
    "delivered": "Delivered",
    "collected": "Collected",
    "collected dine_in": "Served",
    "undeliverable": "It could not be delivered",
}
_SENTENCES: Mapping[str, str] = {
    "awaiting_payment": "The kitchen sees it once the payment has arrived. If none comes, it is given up by itself.",
    "scheduled": "The kitchen gets it in time; nothing is to be done until then.",
    "placed": "{restaurant} has not answered yet. If nobody does in time, the order is cancelled by itself.",
    "accepted": "{restaurant} starts on it soon.",
    "preparing": "{restaurant} is cooking.",
    "ready_for_pickup": "It waits for you at the counter. Say the order's number.",
    "ready_for_pickup delivery": "It stands on the pass and leaves with the next driver.",
    "ready_for_pickup dine_in": "It stands on the pass.",
    "picked_up": "The driver has it.",
    "delivered": "Enjoy your meal.",
    "collected": "Enjoy your meal.",
    "undeliverable": "{restaurant} can tell you what happens next.",
}
_CANCELLED: Mapping[str, tuple[str, str]] = {
    "declined": ("Declined", "{restaurant} could not take this order."),
    "expired": ("Nobody answered in time", "{restaurant} did not accept the order, so it was cancelled."),
    "customer": ("Cancelled", "It was cancelled by the guest."),
    "vendor": ("Cancelled by the restaurant", "{restaurant} had to cancel it."),
    "admin": ("Cancelled", "It was cancelled by the staff of Passline."),
    "payment_failed": ("The payment did not go through", "The order was cancelled; the kitchen never had it."),
    "abandoned": ("Not paid in time", "The order was cancelled; the kitchen never had it."),
}
_YOU_CANCELLED = "You cancelled it."
_STEPS: Mapping[str, str] = {
    "awaiting_payment": "Ordered, not paid yet",
    "scheduled": "Ordered for later",
    "placed": "Sent to the kitchen",
    "accepted": "Accepted",
    "preparing": "In preparation",
    "ready_for_pickup": "Ready",
    "picked_up": "On its way",
    "delivered": "Delivered",
    "collected": "Collected",
    "collected dine_in": "Served",
    "cancelled": "Cancelled",
    "undeliverable": "Could not be delivered",
}
_RIDE_STEPS: Mapping[str, str] = {
    "at_pickup": "Driver at the restaurant",
    "at_dropoff": "Driver at the door",
    "returning": "On its way back",
    "returned": "Back at the restaurant",
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
        sentence = _YOU_CANCELLED
    says = window_says(order)
    steps = [*_past(order, mine), *_to_come(order)]
    return Told(headline, sentence, steps, says, _moved(order) if says else None, under_way)


def _heading(order: Order, under_way: Ride | None) -> tuple[str, str]:
    if under_way is not None:
        return under_way.headline, under_way.sentence
    if order.cancellation_kind is not None:
        headline, sentence = _CANCELLED[order.cancellation_kind]
        if order.cancellation_kind in ("declined", "vendor", "admin") and order.cancellation_reason:
            sentence = f"{sentence} Reason: {label(order.cancellation_reason, order.restaurant).lower()}."
    else:
        headline, sentence = _worded(_HEADLINES, order.status, order), _worded(_SENTENCES, order.status, order)
    return headline, sentence.format(restaurant=order.restaurant.name)


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
            yield Step("unassigned", "Looking for another driver", at)
        elif to in ("offered", "needs_dispatcher") and not is_sought:
            yield Step("unassigned", "Looking for a driver", at)
        elif to == "assigned":
            yield Step(to, f"{change.actor_name if mine else 'A driver'} takes it", at)
        elif to in _RIDE_STEPS:
            yield Step(to, _RIDE_STEPS[to], at)
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
            return "Back in preparation"
        case "cancelled", "accepted":
            return "Accepted after all"
    return _worded(_STEPS, change.to_status, order)


def _to_come(order: Order) -> list[Step]:
    if order.status in ENDS:
        return []
    way = (*_WAY, *(("picked_up", "delivered") if order.fulfilment == "delivery" else ("collected",)))
    ahead = way[way.index(order.status) + 1 :] if order.status in way else way
    return [Step(status, _worded(_STEPS, status, order)) for status in ahead]


def window_says(order: Order) -> str | None:
    """What the promised window of `order` is for; None when nothing is promised any more."""
    if order.promised_from is None or order.status in (*ENDS, "awaiting_payment"):
        return None
    if order.status == "ready_for_pickup" and order.fulfilment != "delivery":
        return None
    return {"delivery": "With you", "pickup": "Ready", "dine_in": "At your table"}[order.fulfilment]


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
