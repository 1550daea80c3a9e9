"""Rows that tests need, made by the domain's own verbs wherever there is one."""

from datetime import timedelta

from app.contract.times import now
from app.contract.tokens import digest, new_bearer_token, new_session_id
from app.domain import order_placement, orders
from app.domain.order_placement import Line, Placed
from app.extensions import atomic
from app.models import ApiToken, Order, Person, Session
from tests.cast import Cast

# How an order comes to each state, by the verbs of the people whose turn it is.
_WAYS = {
    "placed": (),
    "accepted": ("accept",),
    "preparing": ("accept", "start"),
    "ready_for_pickup": ("accept", "start", "mark_ready"),
    "collected": ("accept", "start", "mark_ready", "hand_over"),
    "picked_up": ("accept", "start", "mark_ready", "hand_over"),
    "cancelled": ("cancel",),
}


def place(cast: Cast, *, customer: Person | None = None, **details: object) -> Placed:
    """A placed order of the customer with the first restaurant: two soups and a stew, cash, for pickup."""
    restaurant = details.pop("restaurant", cast.restaurant)
    soup, stew, _ = cast.items(restaurant)  # type: ignore[arg-type]
    wanted = {"fulfilment": "pickup", "payment": "cash", "lines": [Line(soup.id, 2, "no onion"), Line(stew.id, 1)]}
    return order_placement.place(customer or cast.customer, restaurant, **{**wanted, **details})  # type: ignore[arg-type]


def order_in(cast: Cast, status: str, **details: object) -> Order:
    """An order that its people took to `status`."""
    match status:
        case "awaiting_payment":
            return place(cast, payment="mpesa", **details).order
        case "scheduled":
            return place(cast, scheduled_for=now() + timedelta(hours=3), **details).order
        case "picked_up" | "delivered" | "undeliverable":
            details = {"fulfilment": "delivery", "address": "1 Street", **details}
    order = place(cast, **details).order
    staff = cast.vendor if order.restaurant_id == cast.restaurant.id else cast.other_vendor
    for verb in _WAYS["picked_up" if status in ("delivered", "undeliverable") else status]:
        if verb == "cancel":
            orders.cancel(order, by=staff, reason_code="too_busy")
        else:
            getattr(orders, verb)(order, by=staff)
    if status == "delivered":
        orders.deliver(order, by=cast.admin)
    if status == "undeliverable":
        orders.give_up(order, by=cast.admin, reason_code="not_found")
    assert order.status == status
    return order


def session_of(person: Person) -> Session:
    """A browser session of `person`, without the cost of a password."""
    at = now()
    with atomic() as session:
        row = Session(id=new_session_id(), person_id=person.id, created_at=at, expires_at=at + timedelta(days=1))
        session.add(row)
    return row


def token_of(person: Person) -> str:
    """A bearer token of `person`, without the cost of a password."""
    at = now()
    token = new_bearer_token()
    with atomic() as session:
        row = ApiToken(person_id=person.id, token_hash=digest(token), created_at=at, expires_at=at + timedelta(days=1))
        session.add(row)
    return token
