"""An order told to its guest: one headline, one sentence, the steps so far with their times, the steps to come.

The same words for the customer (but for what they did themselves) and for whoever holds the link, so they name no
person; times are the restaurant's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.domain.order_states import ENDS, REASONS
from app.extensions import db
from app.models import Order, OrderChange

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
_WAY = ("placed", "accepted", "preparing", "ready_for_pickup")


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `at` is None while it is to come."""

    status: str
    text: str
    at: datetime | None = None
    is_now: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """The whole story; `window_says` names the promised window, None when nothing is promised any more."""

    headline: str
    sentence: str
    steps: list[Step]
    window_says: str | None


def told(order: Order, *, mine: bool = False) -> Told:
    """The story of `order` as it stands; `mine`: to the customer who placed it."""
    headline, sentence = _heading(order)
    if mine and order.cancellation_kind == "customer":
        sentence = _YOU_CANCELLED
    return Told(headline, sentence, [*_past(order), *_to_come(order)], window_says(order))


def _heading(order: Order) -> tuple[str, str]:
    if order.cancellation_kind is not None:
        headline, sentence = _CANCELLED[order.cancellation_kind]
        if order.cancellation_kind in ("declined", "vendor", "admin") and order.cancellation_reason:
            sentence = f"{sentence} Reason: {REASONS[order.cancellation_reason].lower()}."
    else:
        headline, sentence = _worded(_HEADLINES, order.status, order), _worded(_SENTENCES, order.status, order)
    return headline, sentence.format(restaurant=order.restaurant.name)


def _worded(words: Mapping[str, str], status: str, order: Order) -> str:
    return words.get(f"{status} {order.fulfilment}", words[status])


def _past(order: Order) -> list[Step]:
    query = select(OrderChange).where(OrderChange.order_id == order.id).order_by(OrderChange.version)
    changes = db.session.scalars(query).all()
    return [Step(change.to_status, _step(order, change), change.at, is_now=change is changes[-1]) for change in changes]


def _step(order: Order, change: OrderChange) -> str:
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
