"""The steps that the kitchen takes with an order, each a form on its card. What is refused is said on the board."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from app.domain import orders
from app.models import Order
from app.views import loading
from app.views.loading import person
from app.views.order_forms import AcceptanceForm, CancellationForm, OrderForm, RecallForm
from app.views.refusals import flashed

from . import bp


@bp.post("/orders/<number>/acceptance")
def order_acceptance(number: str) -> ResponseReturnValue:
    order = loading.order(number)
    with flashed():
        form = AcceptanceForm().checked()
        orders.accept(order, by=person(), prep_minutes=form.prep_minutes.data, **form.how)
    return _back(order)


@bp.post("/orders/<number>/cancellation")
def order_cancellation(number: str) -> ResponseReturnValue:
    order = loading.order(number)
    with flashed():
        form = CancellationForm().checked()
        orders.cancel(order, by=person(), reason_code=form.reason_code.data, **form.how)
    return _back(order)


@bp.post("/orders/<number>/start")
def order_start(number: str) -> ResponseReturnValue:
    order = loading.order(number)
    with flashed():
        orders.start(order, by=person(), **OrderForm().checked().how)
    return _back(order)


@bp.post("/orders/<number>/readiness")
def order_readiness(number: str) -> ResponseReturnValue:
    order = loading.order(number)
    with flashed():
        orders.mark_ready(order, by=person(), **OrderForm().checked().how)
    return _back(order)


@bp.post("/orders/<number>/recall")
def order_recall(number: str) -> ResponseReturnValue:
    order = loading.order(number)
    with flashed():
        form = RecallForm().checked()
        orders.recall(order, by=person(), reason_code=form.reason_code.data, **form.how)
    return _back(order)


@bp.post("/orders/<number>/handover")
def order_handover(number: str) -> ResponseReturnValue:
    order = loading.order(number)
    with flashed():
        orders.hand_over(order, by=person(), **OrderForm().checked().how)
    return _back(order)


@bp.post("/orders/<number>/stop-acknowledgement")
def order_stop_acknowledgement(number: str) -> ResponseReturnValue:
    order = loading.order(number)
    with flashed():
        orders.acknowledge_stop(order, by=person())
    return _back(order)


def _back(order: Order) -> ResponseReturnValue:
    return redirect(url_for("vendor.board", _anchor=f"order-{order.number}"), 303)
