"""What Wi-Fi each restaurant sells: made, changed, taken off sale."""

from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import DecimalField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.domain import wifi_packages as verbs
from app.domain.wifi_packages import LONGEST_MINUTES, MOST_DEVICES, Terms
from app.extensions import db
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Restaurant, WifiPackage
from app.views import loading
from app.views.loading import person
from app.views.refusals import shown_on
from app.views.seen_forms import SeenForm

from . import BIGGEST_ID, bp

_BIGGEST = 2_000_000
_LEAST_MONEY, _MOST_MONEY = Decimal("0.01"), 1_000_000
_ADDRESS = f"/wifi/packages/<int(max={BIGGEST_ID}):package_id>"


class PackageForm(SeenForm):
    """A package in the units that people say: minutes, money with its digits, kbit/s, MB."""

    restaurant = SelectField(_l("Restaurant"), coerce=int)
    name = StringField(
        _l("Name"), [InputRequired(_l("What is it called?")), Length(max=60)], filters=[lambda t: (t or "").strip()]
    )
    minutes = IntegerField(_l("Minutes"), [InputRequired(_l("For how long?")), NumberRange(1, LONGEST_MINUTES)])
    price = DecimalField(
        _l("Price"), [InputRequired(_l("For how much?")), NumberRange(_LEAST_MONEY, _MOST_MONEY)], places=None
    )
    devices = IntegerField(_l("Devices at once"), [InputRequired(), NumberRange(1, MOST_DEVICES)], default=1)
    down_kbps = IntegerField(_l("Download, kbit/s"), [Optional(), NumberRange(1, _BIGGEST)])
    up_kbps = IntegerField(_l("Upload, kbit/s"), [Optional(), NumberRange(1, _BIGGEST)])
    data_mb = IntegerField(_l("Data, MB"), [Optional(), NumberRange(1, _BIGGEST)])
    gift_from = DecimalField(
        _l("Given with orders from"), [Optional(), NumberRange(_LEAST_MONEY, _MOST_MONEY)], places=None
    )

    def terms(self, currency: str) -> Terms:
        """What the form says, as the domain counts it."""
        return Terms(
            name=self.name.data or "",
            minutes=self.minutes.data or 0,
            price_minor=_minor(self.price.data, currency) or 0,
            devices=self.devices.data or 0,
            down_kbps=self.down_kbps.data,
            up_kbps=self.up_kbps.data,
            data_mb=self.data_mb.data,
            gift_from_minor=_minor(self.gift_from.data, currency),
        )

    def show(self, package: WifiPackage) -> None:
        """Fill it in with what a package is."""
        for name in ("name", "minutes", "devices", "down_kbps", "up_kbps", "data_mb"):
            self[name].data = getattr(package, name)
        currency = package.restaurant.currency
        self.price.data = _major(package.price_minor, currency)
        self.gift_from.data = _major(package.gift_from_minor, currency)
        self.restaurant.data = package.restaurant_id
        self.seen.data = verbs.mark(package)


@bp.get("/wifi/packages")
def wifi_packages() -> str:
    return _list(_form())


@bp.post("/wifi/packages")
def wifi_package_new() -> ResponseReturnValue:
    form = _form()
    if not form.validate():
        return _list(form), 422
    restaurant = loading.one(select(Restaurant).where(Restaurant.id == form.restaurant.data))
    with shown_on(form) as refusal:
        verbs.create(restaurant, form.terms(restaurant.currency), by=person())
    if refusal:
        return _list(form), refusal.status
    flash(_("%(package)s is sold at %(name)s.", package=form.name.data, name=restaurant.name), "success")
    return redirect(url_for(".wifi_packages"), 303)


@bp.get(_ADDRESS)
def wifi_package(package_id: int) -> str:
    package = _package(package_id)
    return _one(package, _shown(package))


@bp.post(_ADDRESS)
def wifi_package_change(package_id: int) -> ResponseReturnValue:
    package, form = _package(package_id), _form()
    form.restaurant.data = package.restaurant_id
    if not form.validate():
        return _one(package, form), 422
    with shown_on(form) as refusal:
        verbs.change(package, form.terms(package.restaurant.currency), by=person(), seen=form.seen.data)
    if refusal:
        form.compare(refusal, _shown(package))
        return _one(package, form), refusal.status
    flash(_("Saved."), "success")
    return redirect(url_for(".wifi_packages"), 303)


@bp.post(f"{_ADDRESS}/sale")
def wifi_package_sale(package_id: int) -> ResponseReturnValue:
    package = _package(package_id)
    verbs.sell(package, on=request.form.get("on") == "y", by=person())
    said = _("%(name)s is sold again.", name=package.name)
    flash(said if package.is_sold else _("%(name)s is not sold any more.", name=package.name), "success")
    return redirect(url_for(".wifi_packages"), 303)


def _package(package_id: int) -> WifiPackage:
    return loading.one(select(WifiPackage).where(WifiPackage.id == package_id))


def _form(**options: Any) -> PackageForm:
    form = PackageForm(**options)
    restaurants = db.session.execute(
        select(Restaurant.id, Restaurant.name, Restaurant.currency).order_by(Restaurant.name)
    )
    form.restaurant.choices = [(id, f"{name} ({currency})") for id, name, currency in restaurants]
    return form


def _shown(package: WifiPackage) -> PackageForm:
    """The form, filled in with what the package is."""
    form = _form(formdata=None)
    form.show(package)
    return form


def _list(form: PackageForm) -> str:
    query = select(WifiPackage).join(Restaurant, Restaurant.id == WifiPackage.restaurant_id)
    query = query.order_by(Restaurant.name, WifiPackage.is_sold.desc(), WifiPackage.price_minor, WifiPackage.id)
    return render_template("admin/wifi_packages.html", packages=db.session.scalars(query).unique().all(), form=form)


def _one(package: WifiPackage, form: PackageForm) -> str:
    return render_template("admin/wifi_package.html", package=package, form=form, is_bought=verbs.is_bought(package))


def _minor(amount: Decimal | None, currency: str) -> int | None:
    return None if amount is None else int((amount * 10 ** get_currency_precision(currency)).to_integral_value())


def _major(minor: int | None, currency: str) -> Decimal | None:
    digits = get_currency_precision(currency)
    return None if minor is None else Decimal(minor).scaleb(-digits).quantize(Decimal(1).scaleb(-digits))
