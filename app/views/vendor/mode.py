"""Normal, busy, paused: the control in the board's header, and what it asks for."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.contract.times import now
from app.domain import busy
from app.language import gettext as _
from app.views import restaurants
from app.views.loading import person
from app.views.mode_form import ModeForm
from app.views.refusals import flashed

from . import bp
from .board import kitchen_of


@bp.get("/mode")
def mode() -> str:
    restaurant = kitchen_of(person())
    return render_template(
        "vendor/_mode.html", restaurant=restaurant, door=restaurants.door(restaurant), form=ModeForm()
    )


@bp.post("/mode")
def mode_change() -> ResponseReturnValue:
    staff, at = person(), now()
    restaurant = kitchen_of(staff)
    with flashed() as refusal:
        ModeForm().checked().carry_out(restaurant, by=staff, at=at)
    if not refusal:
        flash(busy.told(restaurant, at) or _("Orders are taken as usual."), "success")
    return redirect(url_for(".board"), 303)
