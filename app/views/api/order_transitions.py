"""Taking an order from one state to another: what vendor, customer and admin may do is the machine's to say."""

from datetime import datetime
from typing import NotRequired, TypedDict

from flask import Response

from app.domain import order_json, orders
from app.views import loading

from . import documents, requests
from .answers import Document, once
from .blueprint import bp


class Transition(TypedDict):
    """A body as `requests.Transition` loads it: the words of `orders.transition`."""

    to: str
    expected_version: NotRequired[int]
    reason_code: NotRequired[str]
    note: NotRequired[str]
    prep_minutes: NotRequired[int]
    handover_code: NotRequired[str]
    occurred_at: NotRequired[datetime]


@bp.post("/orders/<number>/transitions", tags=["orders"])
@bp.takes(requests.Transition, example={"to": "accepted", "expected_version": 1, "prep_minutes": 20})
@bp.answers(200, documents.WalkedOrder, "The order where it is now", refuses=(401, 403, 404))
def order_transition(wanted: Transition, number: str) -> Response:
    """Take an order to another state

    To the state that it has already: `changed` is false, and nothing is written. When there is no way from where it is
    (any more), the 409 says who took it where and when, and where you may still take it.
    """
    order, person = loading.order(number), loading.person()

    def act() -> Document:
        changed = orders.transition(order, by=person, **wanted)
        return {**order_json.whole(order, person.role), "changed": changed}

    return once(person, act)
