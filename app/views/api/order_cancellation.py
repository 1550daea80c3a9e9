"""Two facts that are no change of state: a customer asks to cancel, a kitchen confirms that it stopped."""

from flask import Response

from app.contract.times import iso
from app.domain import order_json, orders
from app.views import loading

from . import documents, requests
from .answers import Document, once
from .blueprint import bp


@bp.post("/orders/<number>/cancellation-requests", tags=["orders"])
@bp.takes(requests.NewCancellationRequest, example={"note": "Something came up, sorry!"})
@bp.answers(200, documents.CancellationRequest, "The first answer to this Idempotency-Key again", refuses=())
@bp.answers(201, documents.CancellationRequest, "The request; asked twice, it is the same one", refuses=(401, 403, 404))
def request_cancellation(wanted: dict[str, str], number: str) -> Response:
    """Ask the kitchen to cancel what it works on

    For the order's customer, once the order is accepted; before that they cancel it themselves.
    """
    order, person = loading.order(number), loading.person()

    def act() -> Document:
        request = orders.request_cancellation(order, by=person, note=wanted["note"])
        return {
            "id": request.id,
            "order_number": order.number,
            "note": request.note,
            "created_at": iso(request.created_at),
        }

    return once(person, act, status=201)


@bp.post("/orders/<number>/stop-acknowledgement", tags=["orders"])
@bp.takes(requests.Nothing)
@bp.answers(200, documents.Order, "The order", refuses=(401, 403, 404))
def acknowledge_stop(_nothing: dict[str, str], number: str) -> Response:
    """Confirm that the kitchen stopped working on a cancelled order"""
    order, person = loading.order(number), loading.person()

    def act() -> Document:
        orders.acknowledge_stop(order, by=person)
        return order_json.whole(order, person.role)

    return once(person, act)
