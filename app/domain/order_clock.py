"""When an order is to be ready, when it is promised, and when the worker acts on it if nobody did."""

from datetime import datetime, timedelta
from typing import Any

from app.models import Order, Restaurant

# How wide a promise is: "between 18:20 and 18:30".
PROMISE_WIDTH = timedelta(minutes=10)
# A scheduled order reaches the kitchen this long before it must begin.
RELEASE_BUFFER = timedelta(minutes=5)
# So far ahead an order can be placed.
SCHEDULE_WITHIN = timedelta(days=7)


def promise(order: Order, ready_at: datetime) -> dict[str, datetime]:
    """The window promised when the kitchen is done at `ready_at`: with the ride on top for a delivery."""
    arrival = ready_at + ride(order.restaurant, order.fulfilment)
    return {"ready_by": ready_at, "promised_from": arrival, "promised_by": arrival + PROMISE_WIDTH}


def ride(restaurant: Restaurant, fulfilment: str) -> timedelta:
    """How long it is on its way to its guest."""
    return timedelta(minutes=restaurant.delivery_minutes if fulfilment == "delivery" else 0)


def usual(restaurant: Restaurant, at: datetime) -> datetime:
    """When an order that comes at `at` is ready, if the kitchen takes as long as it does now."""
    return at + timedelta(minutes=restaurant.lead_minutes)


def held_until(order: Order, at: datetime) -> datetime | None:
    """When it is to be ready, where a full kitchen gave it a later place than it would usually have at `at`."""
    if order.restaurant.capacity_minutes is None or order.scheduled_for is not None or order.ready_by is None:
        return None
    return order.ready_by if order.ready_by > usual(order.restaurant, at) else None


def appointed(order: Order, at: datetime) -> datetime | None:
    """When the kitchen is to be done with what it did not time itself: wished for later, or held for a full kitchen.

    None where that is sooner than it can be by now.
    """
    if order.scheduled_for is None or order.ready_by is None:
        return held_until(order, at)
    return order.ready_by if order.ready_by >= usual(order.restaurant, at) else None


def entering(order: Order, status: str, at: datetime, *, ready_at: datetime | None) -> dict[str, Any]:
    """The columns that an order gets when it enters `awaiting_payment`, `scheduled` or `placed` at `at`.

    `ready_at`: when the kitchen is to be done with it; None: as it was promised before.
    """
    restaurant = order.restaurant
    values: dict[str, Any] = {} if ready_at is None else dict(promise(order, ready_at))
    match status:
        case "awaiting_payment":
            values["due_at"] = at + timedelta(minutes=restaurant.abandonment_minutes)
        case "scheduled" if order.scheduled_for is not None:
            values["due_at"] = release_at(order, order.scheduled_for)
        case "placed":
            values |= {"placed_at": at, "due_at": at + timedelta(minutes=restaurant.acceptance_minutes)}
    return values


def release_at(order: Order, scheduled_for: datetime) -> datetime:
    """When a scheduled order goes to the kitchen: its promise minus preparation (and ride) minus a buffer."""
    preparation = timedelta(minutes=order.restaurant.preparation_minutes)
    return scheduled_for - ride(order.restaurant, order.fulfilment) - preparation - RELEASE_BUFFER
