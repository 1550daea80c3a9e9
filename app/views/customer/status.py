"""The status page of one order, for its customer: what happens, what was promised, and what can still be called off."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import TextAreaField
from wtforms.validators import Length

from app.contract.identity import Role
from app.domain import orders as verbs
from app.domain.order_states import ENDS, WITH_THE_KITCHEN
from app.errors import Invalid
from app.extensions import db
from app.language import gettext as _
from app.models import CancellationRequest, Order
from app.models.order import LONGEST_NOTE
from app.views import formats, loading
from app.views.order_forms import OrderForm
from app.views.problems import wants_json
from app.views.refusals import flashed

from . import bp, gift, payment, story
from .links import has_links, link_to_show


class RequestForm(FlaskForm):
    """A word to the kitchen."""

    note = TextAreaField(validators=[Length(max=LONGEST_NOTE)])


@bp.get("/orders/<number>")
def order(number: str) -> ResponseReturnValue:
    loading.person(Role.CUSTOMER)
    formats.remember_position()
    order = loading.order(number)
    return render_template("customer/order.html", link=link_to_show(order), has_links=has_links(order), **_shown(order))


@bp.get("/orders/<number>/fragment")
def order_fragment(number: str) -> ResponseReturnValue:
    loading.person(Role.CUSTOMER)
    return render_template("customer/_order.html", **_shown(loading.order(number)))


@bp.post("/orders/<number>/cancellation")
def order_cancellation(number: str) -> ResponseReturnValue:
    person = loading.person(Role.CUSTOMER)
    order = loading.order(number)
    with flashed() as refusal:
        verbs.call_off(order, by=person, **OrderForm().checked().how)
    if not refusal:
        _say(_("Your order is cancelled."))
    return redirect(url_for(".order", number=number), 303)


@bp.post("/orders/<number>/cancellation-requests")
def order_cancellation_request(number: str) -> ResponseReturnValue:
    person = loading.person(Role.CUSTOMER)
    order, form = loading.order(number), RequestForm()
    with flashed() as refusal:
        if not form.validate():
            too_long = _("At most %(characters)s characters.", characters=LONGEST_NOTE)
            raise Invalid(too_long, errors={"note": [too_long]})
        verbs.request_cancellation(order, by=person, note=(form.note.data or "").strip())
    if not refusal:
        _say(_("The kitchen has been asked. Until they answer, your order goes on."))
    return redirect(url_for(".order", number=number), 303)


def _say(news: str) -> None:
    """For the page that comes next; our own scripts draw the order anew instead."""
    if not wants_json():
        flash(news, "success")


def _shown(order: Order) -> dict[str, object]:
    request = select(CancellationRequest).where(CancellationRequest.order_id == order.id)
    may_cancel = verbs.may_cancel(order, Role.CUSTOMER)
    return {
        "order": order,
        "mine": True,
        "fragment_url": url_for(".order_fragment", number=order.number),
        "told": story.told(order, mine=True),
        "pay": payment.panel(order),
        "may_cancel": may_cancel,
        "may_ask": order.status in WITH_THE_KITCHEN and not may_cancel,
        "may_share": order.status not in ENDS,
        "cancellation_request": db.session.scalars(request).one_or_none(),
        "wifi": gift.wifi(order),
    }
