"""When an order is promised, and when the worker acts on it if nobody did."""

from datetime import datetime, timedelta
from typing import Any

from app.models import Order

# How wide a promise is: "between 18:20 and 18:30".
PROMISE_WIDTH = timedelta(minutes=10)
# A scheduled order reaches the kitchen this long before it must begin.
RELEASE_BUFFER = timedelta(minutes=5)


def promise(order: Order, ready_at: datetime) -> dict[str, datetime]:
    """The window promised when the kitchen is done at `ready_at`: with the ride on top for a delivery."""
    if order.fulfilment == "delivery":
        ready_at += timedelta(minutes=order.restaurant.delivery_minutes)
    return {"promised_from": ready_at, "promised_by": ready_at + PROMISE_WIDTH}


def entering(order: Order, status: str, at: datetime) -> dict[str, Any]:
    """The columns that an order gets when it enters `awaiting_payment`, `scheduled` or `placed` at `at`."""
    restaurant = order.restaurant
    preparation = timedelta(minutes=restaurant.lead_minutes)
    values: dict[str, Any] = {}
    if order.scheduled_for is None:
        values |= promise(order, at + preparation)
    elif status != "placed":  # else it was promised before
        values |= {"promised_from": order.scheduled_for, "promised_by": order.scheduled_for + PROMISE_WIDTH}
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
    minutes = order.restaurant.preparation_minutes
    if order.fulfilment == "delivery":
        minutes += order.restaurant.delivery_minutes
    return scheduled_for - timedelta(minutes=minutes) - RELEASE_BUFFER
