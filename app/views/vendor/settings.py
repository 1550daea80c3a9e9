"""What the managers decide about their board: when it shouts, which words are an allergy, where dishes are made; and
how much their kitchen can cook.
"""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from app.domain import board_settings
from app.errors import LostRace
from app.extensions import db
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Category
from app.models.board import ALERTS, LONGEST_WORDS, MOST_ALERT_MINUTES
from app.views import capacity_form
from app.views.capacity_form import CapacityForm
from app.views.loading import person
from app.views.refusals import flashed, shown_on
from app.views.seen_forms import SeenForm

from . import bp
from .board import kitchen_of

_STATION = "station-"


def _minutes(label: str) -> IntegerField:
    bounds = NumberRange(0, MOST_ALERT_MINUTES, _l("From 0 to %(most)s minutes.", most=MOST_ALERT_MINUTES))
    return IntegerField(label, [InputRequired(_l("How many minutes? 0 is never.")), bounds])


class SettingsForm(SeenForm):
    """Two levels for each state, and the words."""

    placed_warn = _minutes(_l("New: warn"))
    placed_alarm = _minutes(_l("New: alarm"))
    accepted_warn = _minutes(_l("Accepted: warn"))
    accepted_alarm = _minutes(_l("Accepted: alarm"))
    preparing_warn = _minutes(_l("Preparing: warn"))
    preparing_alarm = _minutes(_l("Preparing: alarm"))
    ready_for_pickup_warn = _minutes(_l("Ready: warn"))
    ready_for_pickup_alarm = _minutes(_l("Ready: alarm"))
    allergy_words = StringField(_l("Words of an allergy"), [Length(max=LONGEST_WORDS)])

    @property
    def alerts(self) -> dict[str, tuple[int, int]]:
        """The minutes of both levels, by state."""
        return {status: (self[f"{status}_warn"].data, self[f"{status}_alarm"].data) for status in ALERTS}

    def show(self, board: board_settings.Board) -> None:
        """Fill it in with what holds."""
        for status, pair in board.alerts.items():
            self[f"{status}_warn"].data, self[f"{status}_alarm"].data = pair
        self.allergy_words.data = " ".join(board.allergy_words)
        self.seen.data = board_settings.mark(board)


@bp.get("/settings")
def settings() -> str:
    return _page()


@bp.post("/settings")
def settings_change() -> ResponseReturnValue:
    form = SettingsForm()
    if not form.validate():
        return _page(form), 422
    with shown_on(form) as refusal:
        words = form.allergy_words.data or ""
        board_settings.change(kitchen_of(person()), form.alerts, words, by=person(), seen=form.seen.data)
    if refusal:
        form.compare(refusal, _shown())
        return _page(form), refusal.status
    flash(_("The board is set."), "success")
    return redirect(url_for("vendor.settings"), 303)


@bp.post("/settings/capacity")
def settings_capacity() -> ResponseReturnValue:
    form = CapacityForm()
    if not form.validate():
        return _page(form), 422
    with shown_on(form) as refusal:
        form.carry_out(kitchen_of(person()), by=person())
    if refusal:
        form.compare(refusal, capacity_form.shown(kitchen_of(person())))
        return _page(form), refusal.status
    flash(_("Saved: it counts from the next order on."), "success")
    return redirect(url_for("vendor.settings", _anchor="capacity"), 303)


@bp.post("/settings/stations")
def settings_stations() -> ResponseReturnValue:
    asked = {name.removeprefix(_STATION): value for name, value in request.form.items() if name.startswith(_STATION)}
    wanted = {int(id): value for id, value in asked.items() if id.isdecimal() and len(id) < 19}
    with flashed(LostRace) as refusal:
        board_settings.assign(kitchen_of(person()), wanted, by=person(), seen=request.form.get("seen"))
    if not refusal:
        flash(_("Saved: orders from now on know where their dishes are made."), "success")
    return redirect(url_for("vendor.settings", _anchor="stations"), 303)


def _shown() -> SettingsForm:
    """The form, filled in with what holds."""
    form = SettingsForm(formdata=None)
    form.show(board_settings.of(db.session(), kitchen_of(person()).id))
    return form


def _page(posted: FlaskForm | None = None) -> str:
    """All of it; the form that was posted, with what is wrong in it, in the place of a fresh one."""
    restaurant = kitchen_of(person())
    form, capacity = _shown(), capacity_form.shown(restaurant)
    query = select(Category).where(Category.restaurant_id == restaurant.id).options(selectinload(Category.items))
    menu = db.session.scalars(query.order_by(Category.rank, Category.id)).all()
    return render_template(
        "vendor/settings.html",
        form=posted if isinstance(posted, SettingsForm) else form,
        capacity=posted if isinstance(posted, CapacityForm) else capacity,
        restaurant=restaurant,
        states=tuple(ALERTS),
        menu=menu,
        seen=board_settings.mark_of_stations(dish for category in menu for dish in category.items),
        stations=board_settings.stations(db.session(), restaurant.id),
    )
