"""The tracking link of an order: shown once after it was made, made anew or withdrawn by the order's customer.

Only its hash is stored, so the token waits in the customer's own cookie until the page that shows it.
"""

from flask import flash, redirect, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.contract.identity import Role
from app.contract.times import now
from app.domain import tracking
from app.extensions import db
from app.language import gettext as _
from app.models import Order, TrackingLink
from app.views import loading
from app.views.refusals import flashed
from app.views.security import keep_nowhere

from . import bp

_WAITING = "tracking"


def keep_token(number: str, token: str) -> None:
    """Let the next status page of this order show its link."""
    session[_WAITING] = [number, token]


def link_to_show(order: Order) -> str | None:
    """The link to `order` that waits to be shown, this once."""
    number, token = session.get(_WAITING) or (None, None)
    if number != order.number:
        return None
    session.pop(_WAITING)
    keep_nowhere()
    return url_for("customer.tracked", token=token, _external=True)


def has_links(order: Order) -> bool:
    """Whether any link to `order` still opens."""
    query = select(TrackingLink.id).where(TrackingLink.order_id == order.id, TrackingLink.lasting(now()))
    return db.session.execute(query.limit(1)).first() is not None


@bp.post("/orders/<number>/links")
def order_link(number: str) -> ResponseReturnValue:
    loading.person(Role.CUSTOMER)
    order = loading.order(number)
    with flashed() as refusal:
        token = tracking.create_link(order)
    if not refusal:
        keep_token(order.number, token)
    return redirect(url_for(".order", number=number, _anchor="share"), 303)


@bp.post("/orders/<number>/links/withdrawal")
def order_links_withdrawal(number: str) -> ResponseReturnValue:
    customer = loading.person(Role.CUSTOMER)
    ended = tracking.withdraw_links(loading.order(number), by=customer)
    flash(_("No link to this order opens any more.") if ended else _("There was no link left to withdraw."), "success")
    return redirect(url_for(".order", number=number, _anchor="share"), 303)
