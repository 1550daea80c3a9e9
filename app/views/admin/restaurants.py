"""Every restaurant in a list, with how it takes orders now; and the form that opens another one."""

from datetime import time

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.domain import restaurants as verbs
from app.language import gettext as _
from app.views import restaurants as doors
from app.views.loading import person
from app.views.refusals import shown_on

from . import bp
from .restaurant_forms import RestaurantForm


@bp.get("/restaurants")
def restaurants() -> str:
    return render_template(
        "admin/restaurants.html", doors=sorted(doors.listed(), key=lambda door: door.restaurant.name)
    )


@bp.get("/restaurants/new")
def restaurant_form() -> str:
    form = RestaurantForm()
    form.day_starts.data = time(5)
    return render_template("admin/restaurant_new.html", form=form)


@bp.post("/restaurants/new")
def restaurant_new() -> ResponseReturnValue:
    form = RestaurantForm()
    if not form.validate():
        return render_template("admin/restaurant_new.html", form=form), 422
    with shown_on(form) as refusal:
        made = verbs.create(form.terms(), by=person())
    if refusal:
        return render_template("admin/restaurant_new.html", form=form), refusal.status
    flash(_("%(name)s is there. Say when it is open, and write its menu.", name=made.name), "success")
    return redirect(url_for(".restaurant", slug=made.slug, _anchor="hours"), 303)
