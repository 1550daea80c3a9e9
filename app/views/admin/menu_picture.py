"""The picture of a dish: hung in place of the one before, and taken down. The dish itself is in menu_item.py."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from app.domain import menu_pictures
from app.language import gettext as _
from app.models import MenuItem, Restaurant
from app.views.loading import person
from app.views.refusals import shown_on

from . import bp
from .menu import ITEM, item
from .menu_item import PictureForm, page
from .restaurant import found


@bp.post(f"{ITEM}/picture")
def menu_picture(slug: str, item_id: int) -> ResponseReturnValue:
    house = found(slug)
    dish, form = item(house, item_id), PictureForm()
    if not form.validate():
        return page(house, dish, picture=form), 422
    with shown_on(form) as refusal:
        menu_pictures.hang(dish, form.picture.data.read(), by=person())
    if refusal:
        return page(house, dish, picture=form), refusal.status
    flash(_("Guests see the picture of %(name)s.", name=dish.name), "success")
    return _back(house, dish)


@bp.post(f"{ITEM}/picture/removal")
def menu_picture_removal(slug: str, item_id: int) -> ResponseReturnValue:
    house = found(slug)
    dish = item(house, item_id)
    menu_pictures.take_down(dish, by=person())
    flash(_("%(name)s has no picture.", name=dish.name), "success")
    return _back(house, dish)


def _back(house: Restaurant, dish: MenuItem) -> ResponseReturnValue:
    return redirect(url_for(".menu_item", slug=house.slug, item_id=dish.id, _anchor="picture"), 303)
