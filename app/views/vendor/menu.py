"""The kitchen's menu: what is there and what is sold out, each with a button for a finger; until when, and back again.

What is on the menu at all, and for how much, an admin decides (views/admin/menu.py).
"""

from datetime import datetime, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from wtforms import SelectField, TimeField
from wtforms.validators import Optional

from app.contract.times import now
from app.domain import availability
from app.errors import Invalid
from app.extensions import db
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Category, MenuItem, Restaurant
from app.views import loading, restaurants
from app.views.formats import remember_position
from app.views.loading import person
from app.views.mode_form import ModeForm
from app.views.order_forms import CheckedForm
from app.views.refusals import flashed

from . import bp
from .board import kitchen_of

# What a column of ids holds.
_BIGGEST_ID = 2**63 - 1


class AvailabilityForm(CheckedForm):
    """Back on sale, or sold out: until somebody puts it back, until tomorrow, or until a time of the clock."""

    until = SelectField(_l("Until"), choices={word: word for word in ("back", "open", "day", "time")})
    time = TimeField(_l("Time"), [Optional()])

    def ends_at(self, restaurant: Restaurant, at: datetime) -> datetime | None:
        """When it is back; None: nobody knows."""
        match self.until.data:
            case "day":
                return restaurant.next_day_starts(at)
            case "time":
                return self._next(restaurant, at)
        return None

    def _next(self, restaurant: Restaurant, at: datetime) -> datetime:
        """When the restaurant's clock shows that time next."""
        if self.time.data is None:
            raise Invalid(_("Until what time?"), errors={"time": [_("Until what time?")]})
        today = at.astimezone(restaurant.zone).date()
        days = (datetime.combine(today + timedelta(days=ahead), self.time.data, restaurant.zone) for ahead in (0, 1))
        return next(moment for moment in days if moment > at)


@bp.get("/menu")
def menu() -> str:
    remember_position()
    door = restaurants.door(kitchen_of(person()))
    return render_template("vendor/menu.html", form=ModeForm(), door=door, **_found())


@bp.get("/menu/list")
def menu_list() -> str:
    return render_template("vendor/_menu.html", **_found())


@bp.post(f"/menu/<int(max={_BIGGEST_ID}):item_id>/availability")
def menu_availability(item_id: int) -> ResponseReturnValue:
    staff, at = person(), now()
    restaurant = kitchen_of(staff)
    item = loading.one(
        select(MenuItem).where(
            MenuItem.id == item_id, MenuItem.restaurant_id == restaurant.id, MenuItem.is_hidden.is_(False)
        )
    )
    with flashed() as refusal:
        form = AvailabilityForm().checked()
        if form.until.data == "back":
            availability.put_back(item, by=staff)
        else:
            availability.sell_out(item, until=form.ends_at(restaurant, at), by=staff)
    if not refusal:
        said = _("%(dish)s is back on sale.") if item.available else _("%(dish)s is sold out.")
        flash(said % {"dish": item.name}, "success")
    return redirect(url_for(".menu", q=request.args.get("q") or None, _anchor=f"dish-{item.id}"), 303)


def _found() -> dict[str, object]:
    """The menu, or what of it has the words that are looked for."""
    restaurant = kitchen_of(person())
    wanted = request.args.get("q", "").strip()[:60]
    query = select(Category).where(Category.restaurant_id == restaurant.id).options(selectinload(Category.items))
    categories = db.session.scalars(query.order_by(Category.rank, Category.id)).all()
    words = wanted.lower()
    found = [(category, [item for item in category.shown if words in item.name.lower()]) for category in categories]
    out = sum(not item.available for category in categories for item in category.shown)
    return {
        "restaurant": restaurant,
        "wanted": wanted,
        "found": [(category, items) for category, items in found if items],
        "out": out,
    }
