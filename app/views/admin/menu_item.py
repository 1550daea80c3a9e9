"""One dish of a menu: made, changed, taken off the menu and put back."""

from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import DecimalField, IntegerField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.domain import menus
from app.domain.menus import Terms
from app.domain.money import decimal_string, minor_units
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Category, MenuItem, Restaurant
from app.models.restaurant import MOST_WORK_MINUTES
from app.views.loading import person
from app.views.refusals import shown_on
from app.views.seen_forms import SeenForm

from . import BIGGEST_ID, bp, menu
from .menu import ADDRESS, ITEM, back, category, item
from .restaurant import found

_MOST = 10_000_000


def _stripped(text: str | None) -> str:
    return " ".join((text or "").split())


class ItemForm(SeenForm):
    """What is said of a dish, its price as people write it."""

    name = StringField(
        _l("Name"), [InputRequired(_l("What is it called?")), Length(max=menus.LONGEST_NAME)], filters=[_stripped]
    )
    price = DecimalField(_l("Price"), [InputRequired(_l("For how much?")), NumberRange(0, _MOST)], places=None)
    description = TextAreaField(_l("Description"), [Length(max=menus.LONGEST_DESCRIPTION)], filters=[_stripped])
    work_minutes = IntegerField(_l("Work in the kitchen (minutes)"), [Optional(), NumberRange(0, MOST_WORK_MINUTES)])
    heading = SelectField(_l("Heading"), coerce=int)

    def __init__(self, house: Restaurant, under: Category, **options: Any) -> None:
        super().__init__(**options)
        self.currency = house.currency
        self.price.label.text = _("Price (%(currency)s)", currency=house.currency)
        self.heading.choices = {str(one.id): one.name for one in [*menus.categories(house), under]}
        if self.heading.data is None:
            self.heading.data = under.id

    def validate_price(self, field: DecimalField) -> None:
        """No more digits than the currency has."""
        if field.data is not None and minor_units(field.data, self.currency) is None:
            raise ValidationError(_("%(currency)s has no such fractions.", currency=self.currency))

    @property
    def terms(self) -> Terms:
        """What the form says, as the domain counts it."""
        price = minor_units(self.price.data or Decimal(0), self.currency) or 0
        return Terms(
            name=self.name.data or "",
            description=self.description.data or "",
            price_minor=price,
            work_minutes=self.work_minutes.data,
        )

    def show(self, dish: MenuItem) -> None:
        """Fill it in with what a dish is."""
        self.name.data, self.description.data = dish.name, dish.description
        self.price.data = Decimal(decimal_string(dish.price_minor, self.currency))
        self.work_minutes.data = dish.work_minutes
        self.heading.data, self.seen.data = dish.category_id, menus.mark(dish)


class PictureForm(FlaskForm):
    """What the dish looks like; posted to menu_picture.py."""

    picture = FileField(_l("A photograph of it"), [FileRequired(_l("Choose a picture first."))])


@bp.post(f"{ADDRESS}/categories/<int(max={BIGGEST_ID}):category_id>/items")
def menu_item_new(slug: str, category_id: int) -> ResponseReturnValue:
    house = found(slug)
    heading = category(house, category_id)
    form = ItemForm(house, heading)
    form.heading.data = heading.id
    if not form.validate():
        return menu.page(house, form, heading.id), 422
    with shown_on(form) as refusal:
        menus.add_item(house, heading, form.terms, by=person())
    return (menu.page(house, form, heading.id), refusal.status) if refusal else back(house, heading)


@bp.get(ITEM)
def menu_item(slug: str, item_id: int) -> str:
    house = found(slug)
    dish = item(house, item_id)
    return page(house, dish)


@bp.post(ITEM)
def menu_item_change(slug: str, item_id: int) -> ResponseReturnValue:
    house = found(slug)
    dish = item(house, item_id)
    form = ItemForm(house, category(house, dish.category_id))
    if not form.validate():
        return page(house, dish, form), 422
    heading = category(house, form.heading.data)
    with shown_on(form) as refusal:
        menus.change_item(house, dish, form.terms, heading, by=person(), seen=form.seen.data)
    if refusal:
        form.compare(refusal, _shown(house, dish))
        return page(house, item(house, item_id), form), refusal.status
    flash(_("%(name)s is saved.", name=dish.name), "success")
    return back(house, heading)


@bp.post(f"{ITEM}/removal")
def menu_item_removal(slug: str, item_id: int) -> ResponseReturnValue:
    house = found(slug)
    dish = item(house, item_id)
    menus.remove_item(house, dish, by=person())
    flash(_("%(name)s is off the menu. Below the menu it can be put back.", name=dish.name), "success")
    return redirect(url_for(".menu", slug=slug), 303)


@bp.post(f"{ITEM}/restoration")
def menu_item_restoration(slug: str, item_id: int) -> ResponseReturnValue:
    house = found(slug)
    dish = item(house, item_id)
    menus.restore_item(house, dish, by=person())
    flash(_("%(name)s is on the menu again.", name=dish.name), "success")
    return back(house, category(house, dish.category_id))


def _shown(house: Restaurant, dish: MenuItem) -> ItemForm:
    """The form, filled in with what the dish is."""
    form = ItemForm(house, category(house, dish.category_id), formdata=None)
    form.show(dish)
    return form


def page(house: Restaurant, dish: MenuItem, form: ItemForm | None = None, picture: PictureForm | None = None) -> str:
    """The dish; with the form that was refused in the place of a fresh one."""
    return render_template(
        "admin/menu_item.html",
        restaurant=house,
        item=dish,
        form=form or _shown(house, dish),
        picture=picture or PictureForm(formdata=None),
    )
