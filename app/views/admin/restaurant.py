"""One restaurant: what is said of it, how it takes orders now, when it is open. Its menu is in menu.py."""

from collections.abc import Sequence
from datetime import date

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select

from app.contract.times import now
from app.domain import busy, opening_hours
from app.domain import restaurants as verbs
from app.errors import NotFound
from app.language import gettext as _
from app.models import Restaurant
from app.views import capacity_form, loading
from app.views import restaurants as doors
from app.views.capacity_form import CapacityForm
from app.views.loading import person
from app.views.mode_form import ModeForm
from app.views.refusals import flashed, shown_on

from . import bp
from .restaurant_forms import DaysForm, RestaurantForm, WeekForm


@bp.get("/restaurants/<slug>")
def restaurant(slug: str) -> str:
    return _page(found(slug))


@bp.post("/restaurants/<slug>")
def restaurant_change(slug: str) -> ResponseReturnValue:
    house = found(slug)
    form = RestaurantForm(house)
    if not form.validate():
        return _page(house, form), 422
    with shown_on(form) as refusal:
        verbs.change(house, form.terms(), by=person(), seen=form.seen.data)
    if refusal:
        form.compare(refusal, RestaurantForm(house, formdata=None))
        return _page(found(slug), form), refusal.status
    flash(_("Saved."), "success")
    return _back(house)


@bp.post("/restaurants/<slug>/mode")
def restaurant_mode(slug: str) -> ResponseReturnValue:
    house, at = found(slug), now()
    with flashed() as refusal:
        ModeForm().checked().carry_out(house, by=person(), at=at)
    if not refusal:
        flash(busy.told(house, at) or _("Orders are taken as usual."), "success")
    return _back(house)


@bp.post("/restaurants/<slug>/capacity")
def restaurant_capacity(slug: str) -> ResponseReturnValue:
    house, form = found(slug), CapacityForm()
    if not form.validate():
        return _page(house, form), 422
    with shown_on(form) as refusal:
        form.carry_out(house, by=person())
    if refusal:
        form.compare(refusal, capacity_form.shown(found(slug)))
        return _page(house, form), refusal.status
    flash(_("Saved: it counts from the next order on."), "success")
    return _back(house, "capacity")


@bp.post("/restaurants/<slug>/week")
def restaurant_week(slug: str) -> ResponseReturnValue:
    house, form = found(slug), WeekForm()
    if not form.validate():
        return _page(house, form), 422
    with shown_on(form) as refusal:
        opening_hours.set_week(house, form.lines, by=person(), seen=form.seen.data)
    if refusal:
        form.compare(refusal, _week(house))
        return _page(house, form), refusal.status
    flash(_("The hours are saved."), "success")
    return _back(house, "hours")


@bp.post("/restaurants/<slug>/days")
def restaurant_days(slug: str) -> ResponseReturnValue:
    house, form = found(slug), DaysForm()
    if not form.validate():
        return _page(house, form), 422
    with shown_on(form) as refusal:
        opening_hours.set_days(house, *form.span, form.hours.data or "", note=form.note.data or "", by=person())
    if refusal:
        return _page(house, form), refusal.status
    flash(_("It is noted."), "success")
    return _back(house, "days")


@bp.post("/restaurants/<slug>/days/<day>/removal")
def restaurant_day_removal(slug: str, day: str) -> ResponseReturnValue:
    house, otherwise = found(slug), _date(day)
    with flashed():
        opening_hours.drop_day(house, otherwise, by=person())
    return _back(house, "days")


def found(slug: str) -> Restaurant:
    """The restaurant with this slug."""
    return loading.one(select(Restaurant).where(Restaurant.slug == slug))


def _date(text: str) -> date:
    digits = text.split("-")
    if len(text) != 10 or not all(part.isascii() and part.isdigit() for part in digits):
        raise NotFound
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise NotFound from wrong


def _page(house: Restaurant, posted: FlaskForm | None = None) -> str:
    """All of it; the form that was posted, with what is wrong in it, in the place of a fresh one."""
    forms: Sequence[FlaskForm] = (
        RestaurantForm(house, formdata=None),
        _week(house),
        DaysForm(formdata=None),
        capacity_form.shown(house),
    )
    details, week, days, capacity = (posted if isinstance(posted, type(fresh)) else fresh for fresh in forms)
    return render_template(
        "admin/restaurant.html",
        restaurant=house,
        door=doors.door(house),
        form=details,
        week=week,
        days=days,
        capacity=capacity,
        mode=ModeForm(formdata=None),
        exceptions=opening_hours.exceptions_ahead(house),
        has_sold=verbs.has_sold(house),
    )


def _week(house: Restaurant) -> WeekForm:
    form = WeekForm(formdata=None)
    form.show(house)
    return form


def _back(house: Restaurant, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for(".restaurant", slug=house.slug, _anchor=anchor), 303)
