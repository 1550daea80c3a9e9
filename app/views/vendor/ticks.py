"""Ticking off the lines of an order, each a button on its card."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField

from app.domain import item_ticks
from app.language import lazy_gettext as _l
from app.views import loading
from app.views.loading import person
from app.views.refusals import flashed

from . import bp


class TickForm(FlaskForm):
    """Whether it is made."""

    done = BooleanField(_l("Made"))


@bp.post("/orders/<number>/items/<int(max=9223372036854775807):item_id>/tick")
def item_tick(number: str, item_id: int) -> ResponseReturnValue:
    order = loading.order(number)
    with flashed():
        item_ticks.tick(order, item_id, by=person(), done=TickForm().done.data)
    return redirect(url_for("vendor.board", _anchor=f"order-{order.number}"), 303)
