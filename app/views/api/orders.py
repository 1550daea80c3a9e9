"""Orders: placed by customers, found and read by everybody whose they are. What changes them is in the files beside."""

from datetime import datetime
from typing import NotRequired, TypedDict

from flask import Response, url_for
from sqlalchemy import select

from app.contract.identity import Role
from app.domain import order_json, order_placement, order_search, staff
from app.errors import Invalid
from app.extensions import db
from app.models import Order, OrderChange, Restaurant
from app.models.event_log import head
from app.views import guest_limits, loading

from . import documents, requests
from .answers import Document, answer, once
from .blueprint import bp
from .fields import BIGGEST_ID
from .pages import Paging, page, place

_EXAMPLE = {
    "restaurant": "tasca-da-mouraria",
    "items": [{"menu_item_id": 1, "quantity": 2, "note": "no onion"}],
    "fulfilment": "pickup",
    "payment": "cash",
}
_LOCATION = {"Location": {"schema": {"type": "string"}, "description": "The order's own address."}}


class OrderFilter(Paging):
    """A query as `requests.OrderFilter` loads it."""

    status: NotRequired[str]
    restaurant: NotRequired[str]
    q: NotRequired[str]


class Line(TypedDict):
    """A line as `requests.Line` loads it."""

    menu_item_id: int
    quantity: int
    note: NotRequired[str]


class NewOrder(TypedDict):
    """A body as `requests.NewOrder` loads it."""

    restaurant: str
    items: list[Line]
    fulfilment: str
    payment: str
    address: str
    note: str
    scheduled_for: NotRequired[datetime]
    latitude: NotRequired[float]
    longitude: NotRequired[float]


@bp.get("/orders", tags=["orders"])
@bp.asks(requests.OrderFilter)
@bp.answers(
    200, documents.Orders, "Orders that you may see, newest first", refuses=(401, 403), headers=documents.POSITION
)
def orders(wanted: OrderFilter) -> Response:
    """List and search orders

    A customer sees their own, vendor staff those of their restaurant, an admin all. Of the staff, cooks see the board
    alone and no lists.
    """
    staff.check(loading.person(), staff.SEE_ORDERS)
    # Before the rows: what they do not show yet has a higher position and will be replayed.
    position = str(head(db.session))
    person = loading.person()
    before, limit = place(wanted, BIGGEST_ID), wanted["limit"] + 1
    query = Order.for_lists(person).where(Order.id < before)
    if "status" in wanted:
        query = query.where(Order.status == wanted["status"])
    if "restaurant" in wanted:
        query = query.where(Order.restaurant_id == _restaurant(wanted["restaurant"]).id)
    if "q" in wanted:
        alone = person.role == Role.ADMIN and "status" not in wanted and "restaurant" not in wanted
        query = order_search.narrowed(query, _searched(wanted["q"]), alone=alone, before=before, limit=limit)
    rows = db.session.scalars(query.order_by(Order.id.desc()).limit(limit)).all()
    found = page(rows, wanted["limit"], lambda row: row.id, lambda row: order_json.whole(row, person.role))
    return answer(found, headers={"Passline-Position": position})


@bp.post("/orders", tags=["orders"])
@guest_limits.by_address
@guest_limits.by_phone
@bp.takes(requests.NewOrder, example=_EXAMPLE)
@bp.answers(200, documents.Order, "The first answer to this Idempotency-Key again", refuses=())
@bp.answers(201, documents.PlacedOrder, "The order", refuses=(401, 403, 429), headers=_LOCATION)
def place_order(wanted: NewOrder) -> Response:
    """Place an order

    Paid in cash it is `placed` at once (or `scheduled`); with M-Pesa it is `awaiting_payment`, and its kitchen hears
    of it when it is paid. Where its kitchen has as much to cook as it can, it is promised for the first quarter of an
    hour that has room; `kitchen_full` (409) says that there is none soon, or none at `scheduled_for`, and the
    `next_time` that is free.
    """
    customer = loading.person(Role.CUSTOMER)
    tracking: dict[str, str] = {}
    headers: dict[str, str] = {}

    def act() -> Document:
        placed = order_placement.place(
            customer,
            _restaurant(wanted["restaurant"]),
            [order_placement.Line(**line) for line in wanted["items"]],
            fulfilment=wanted["fulfilment"],
            payment=wanted["payment"],
            address=wanted["address"],
            note=wanted["note"],
            scheduled_for=wanted.get("scheduled_for"),
            door=(wanted["latitude"], wanted["longitude"]) if "latitude" in wanted else None,
        )
        if customer.is_guest:
            guest_limits.note_order()
        tracking["tracking_url"] = url_for("customer.tracked", token=placed.tracking_token, _external=True)
        headers["Location"] = url_for("api.order", number=placed.order.number)
        return order_json.whole(placed.order, customer.role)

    return once(customer, act, status=201, told_once=tracking, headers=headers)


@bp.get("/orders/<number>", tags=["orders"])
@bp.answers(200, documents.Order, "The order", refuses=(401, 403, 404), headers=documents.POSITION)
def order(number: str) -> Response:
    """Read an order

    Of a restaurant's staff, cooks read what stands on the board, and nothing that is over.
    """
    position = str(head(db.session))
    person, found = loading.person(), loading.order(number)
    staff.check_sees(person, found)
    return answer(order_json.whole(found, person.role), headers={"Passline-Position": position})


@bp.get("/orders/<number>/history", tags=["orders"])
@bp.asks(requests.Paging)
@bp.answers(200, documents.History, "Its changes of state, oldest first", refuses=(401, 403, 404))
def order_history(paging: Paging, number: str) -> Response:
    """Read how an order came to where it is"""
    person, order = loading.person(), loading.order(number)
    staff.check(person, staff.SEE_ORDERS)
    after = OrderChange.version > place(paging, 0)
    query = select(OrderChange).where(OrderChange.order_id == order.id, after).order_by(OrderChange.version)
    rows = db.session.scalars(query.limit(paging["limit"] + 1)).all()
    return answer(
        page(rows, paging["limit"], lambda row: row.version, lambda row: order_json.change(order, row, person.role))
    )


def _restaurant(slug: str) -> Restaurant:
    found = db.session.scalars(select(Restaurant).where(Restaurant.slug == slug)).one_or_none()
    if found is None:
        raise Invalid("There is no such restaurant.", errors={"restaurant": ["No restaurant has this slug."]})
    return found


def _searched(text: str) -> str:
    """`text`, refused where no word in it is long enough to be searched: it would find everything."""
    if not order_search.words(text):
        shortest = order_search.SHORTEST
        raise Invalid("There is nothing to search for.", errors={"q": [f"A word of at least {shortest} characters."]})
    return text
