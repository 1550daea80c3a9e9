"""What Wi-Fi a restaurant sells, and the form that buys it: a package and the phone that pays."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import RadioField, TelField
from wtforms.validators import InputRequired, Length

from app.contract.times import now
from app.domain import phones
from app.extensions import db
from app.language import lazy_gettext as _l
from app.models import Payment, Restaurant, WifiPackage
from app.views import loading, payment_limits
from app.views.refusals import shown_on

from . import bp, paying
from .access_point import sent_from

# In the browser's own cookie: the purchase that it began last. Its page is for whoever has the address, and hides the
# phone; the form that tries again knows it, and is for whoever typed it.
_LAST = "wifi"
# So long after it failed a purchase is filled in for another try.
_TRIED_LATELY = timedelta(minutes=15)


def _id(value: object) -> int:
    """A package's id; what is none is no choice."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else 0


class ShopForm(FlaskForm):
    """Which package, and whose M-Pesa."""

    package = RadioField(_l("What would you like?"), [InputRequired(_l("Choose one."))], coerce=_id)
    phone = TelField(_l("M-Pesa phone number"), [InputRequired(_l("Which phone pays?")), Length(max=30)])

    def __init__(self, packages: Sequence[WifiPackage]) -> None:
        super().__init__()
        self.package.choices = [(package.id, package.name) for package in packages]
        if len(packages) == 1:
            self.package.data = packages[0].id

    def repeat(self, payment: Payment) -> None:
        """Begin as `payment` was begun."""
        self.package.data, self.phone.data = payment.wifi_package_id, payment.phone


@bp.get("/<slug>")
def shop(slug: str) -> ResponseReturnValue:
    restaurant = _restaurant(slug)
    packages = _sold_by(restaurant)
    form = ShopForm(packages)
    if before := _tried_before(restaurant):
        form.repeat(before)
    return _page(restaurant, packages, form)


@bp.post("/<slug>")
@payment_limits.by_address
@payment_limits.by_phone
def shop_purchase(slug: str) -> ResponseReturnValue:
    restaurant = _restaurant(slug)
    packages = _sold_by(restaurant)
    form = ShopForm(packages)
    if not form.validate():
        return _page(restaurant, packages, form, 422)
    package = next(package for package in packages if package.id == form.package.data)
    with shown_on(form) as refusal:
        phone = phones.parse(form.phone.data or "", phones.region_of(restaurant.currency))
        by = loading.person() if current_user.is_authenticated else None
        payment = paying.pay(package, phone=phone, by=by)
    known = payment.transaction_id if not refusal else _begun(refusal.error)
    if known is None:
        return _page(restaurant, packages, form, refusal.status)
    session[_LAST] = known
    access_point = sent_from()
    query: dict[str, Any] = access_point.as_query if access_point else {}
    return redirect(url_for(".purchase", slug=slug, transaction_id=known, **query), 303)


def _tried_before(restaurant: Restaurant) -> Payment | None:
    """What is tried again, where this very browser began it."""
    last = session.get(_LAST)
    if last is None or last != request.args.get("again"):
        return None
    query = select(Payment).join(WifiPackage, WifiPackage.id == Payment.wifi_package_id)
    # Not later: the next one at this tablet is somebody else.
    recent = (Payment.status == "rejected", Payment.created_at > now() - _TRIED_LATELY)
    bought_here = (Payment.transaction_id == last, WifiPackage.restaurant_id == restaurant.id, *recent)
    return db.session.scalars(query.where(*bought_here)).one_or_none()


def _begun(error: object) -> str | None:
    """The attempt that was begun all the same: its own page says what became of it."""
    known: str | None = getattr(error, "members", {}).get("transaction_id")
    return known


def _restaurant(slug: str) -> Restaurant:
    return loading.one(select(Restaurant).where(Restaurant.slug == slug))


def _sold_by(restaurant: Restaurant) -> Sequence[WifiPackage]:
    query = select(WifiPackage).where(WifiPackage.restaurant_id == restaurant.id, WifiPackage.is_sold)
    return db.session.scalars(query.order_by(WifiPackage.price_minor, WifiPackage.id)).all()


def _page(
    restaurant: Restaurant, packages: Sequence[WifiPackage], form: ShopForm, status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "wifi/shop.html", restaurant=restaurant, packages=packages, form=form, access_point=sent_from()
    )
    return page, status
