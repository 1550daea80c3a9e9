"""The menu of one restaurant: headings and dishes, dragged or moved into order. One dish is in menu_item.py."""

from collections.abc import Sequence

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from app.domain import menus
from app.extensions import db
from app.language import N_, choices
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Category, MenuItem, Restaurant
from app.views import loading
from app.views.loading import person
from app.views.order_forms import CheckedForm
from app.views.problems import wants_json
from app.views.refusals import flashed

from . import BIGGEST_ID, bp
from .restaurant import found

ADDRESS = "/restaurants/<slug>/menu"
_CATEGORY = f"{ADDRESS}/categories/<int(max={BIGGEST_ID}):category_id>"
ITEM = f"{ADDRESS}/items/<int(max={BIGGEST_ID}):item_id>"

_IDS = r"\d{1,18}(,\d{1,18}){0,999}\Z"


class CategoryForm(CheckedForm):
    """The words of a heading."""

    name = StringField(_l("Heading"), [InputRequired(_l("What is it called?")), Length(max=menus.LONGEST_HEADING)])


class MoveForm(CheckedForm):
    """One place up or down."""

    way = SelectField(choices=choices({"up": N_("Up"), "down": N_("Down")}))


class OrderForm(CheckedForm):
    """The ids of all dishes of a heading as they were dragged: `3,1,2`; and as they stood before, as far as is said."""

    items = HiddenField(validators=[InputRequired(), Regexp(_IDS)])
    seen = HiddenField(validators=[Optional(), Regexp(_IDS)])


@bp.get(ADDRESS)
def menu(slug: str) -> str:
    return page(found(slug))


@bp.post(f"{ADDRESS}/categories")
def menu_category_new(slug: str) -> ResponseReturnValue:
    house = found(slug)
    with flashed():
        menus.add_category(house, CategoryForm().checked().name.data or "", by=person())
    return back(house)


@bp.post(_CATEGORY)
def menu_category_change(slug: str, category_id: int) -> ResponseReturnValue:
    house = found(slug)
    heading = category(house, category_id)
    with flashed():
        menus.rename_category(house, heading, CategoryForm().checked().name.data or "", by=person())
    return back(house, heading)


@bp.post(f"{_CATEGORY}/removal")
def menu_category_removal(slug: str, category_id: int) -> ResponseReturnValue:
    house = found(slug)
    with flashed() as refusal:
        menus.remove_category(house, category(house, category_id), by=person())
    if not refusal:
        flash(_("The heading is gone."), "success")
    return back(house)


@bp.post(f"{_CATEGORY}/move")
def menu_category_move(slug: str, category_id: int) -> ResponseReturnValue:
    house = found(slug)
    heading = category(house, category_id)
    with flashed():
        ids = [one.id for one in menus.categories(house)]
        moved = _moved(ids, heading.id, MoveForm().checked().way.data)
        menus.arrange_categories(house, moved, by=person(), seen=ids)
    return back(house, heading)


@bp.post(f"{_CATEGORY}/order")
def menu_order(slug: str, category_id: int) -> ResponseReturnValue:
    house = found(slug)
    heading = category(house, category_id)
    with flashed():
        form = OrderForm().checked()
        seen = _ids(form.seen.data) if form.seen.data else None
        menus.arrange(house, heading, _ids(form.items.data), by=person(), seen=seen)
    return ("", 204) if wants_json() else back(house, heading)


@bp.post(f"{ITEM}/move")
def menu_item_move(slug: str, item_id: int) -> ResponseReturnValue:
    house = found(slug)
    dish = item(house, item_id)
    heading = category(house, dish.category_id)
    with flashed():
        ids = [one.id for one in heading.shown]
        menus.arrange(house, heading, _moved(ids, dish.id, MoveForm().checked().way.data), by=person(), seen=ids)
    return back(house, heading)


def category(house: Restaurant, category_id: int) -> Category:
    """A heading of this restaurant's menu."""
    return loading.one(select(Category).where(Category.id == category_id, Category.restaurant_id == house.id))


def item(house: Restaurant, item_id: int) -> MenuItem:
    """A dish of this restaurant, on its menu or taken off."""
    return loading.one(select(MenuItem).where(MenuItem.id == item_id, MenuItem.restaurant_id == house.id))


def page(house: Restaurant, new_item: FlaskForm | None = None, under: int | None = None) -> str:
    """The menu; `new_item` is the form of a dish that was refused, under the heading with the id `under`."""
    gone = select(MenuItem).where(MenuItem.restaurant_id == house.id, MenuItem.is_hidden.is_(True))
    return render_template(
        "admin/menu.html",
        restaurant=house,
        categories=menus.categories(house),
        gone=db.session.scalars(gone.order_by(MenuItem.name)).all(),
        new_item=new_item,
        under=under,
    )


def back(house: Restaurant, heading: Category | None = None) -> ResponseReturnValue:
    """To the menu, at the heading where something was done."""
    anchor = f"chapter-{heading.id}" if heading is not None else None
    return redirect(url_for(".menu", slug=house.slug, _anchor=anchor), 303)


def _ids(words: str | None) -> list[int]:
    return [int(id) for id in str(words).split(",")]


def _moved(ids: Sequence[int], id: int, way: str) -> list[int]:
    """The same with `id` one place up or down, as far as there is one."""
    moved = list(ids)
    if id in moved:
        place = moved.index(id)
        moved.insert(max(0, place + (1 if way == "down" else -1)), moved.pop(place))
    return moved
