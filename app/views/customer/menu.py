"""A restaurant's menu with its checkout, for anybody to look at and for customers to order from.

One form: a visitor who is not logged in logs in with the order itself, so that no basket is lost on the way.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app import language
from app.contract.identity import Role
from app.domain import guests, idempotency, order_placement, phones
from app.errors import KeyReused, NotFound
from app.extensions import db
from app.language import gettext as _
from app.models import Category, MenuItem, Person, Restaurant
from app.views import accounts, guest_limits, loading, login_limits, restaurants
from app.views.login_rules import rules
from app.views.refusals import shown_on

from . import bp
from .again import Again, refill
from .basket import Basket
from .checkout import CheckoutForm, VisitorForm
from .links import keep_token


class Asked:
    """What the form asks for: placed once under its `key`, however often it comes (`bytes` tells one from another)."""

    def __init__(self, restaurant: Restaurant, form: CheckoutForm, basket: Basket) -> None:
        self.restaurant, self.lines = restaurant, list(basket.lines())
        self.details: dict[str, Any] = {
            "fulfilment": str(form.fulfilment.data),
            "payment": str(form.payment.data),
            "address": form.address.data or "",
            "note": form.note.data or "",
            "table": form.table.data or "",
            "scheduled_for": form.time(),
            "door": form.door(),
        }
        self.key = f"page:{form.key.data}"
        self.bytes = orjson.dumps([restaurant.slug, self.lines, self.details])
        self.token: str | None = None

    def place(self, customer: Person) -> str:
        """Place it for `customer`; the order's number."""
        placed = order_placement.place(customer, self.restaurant, self.lines, **self.details)
        self.token = placed.tracking_token
        return placed.order.number

    def keep_link(self, number: str) -> None:
        """Let the order's page show the link, if it was placed just now."""
        if self.token is not None:
            keep_token(number, self.token)


@bp.get("/r/<slug>")
def menu(slug: str) -> ResponseReturnValue:
    restaurant = _restaurant(slug)
    form = _form(restaurant)
    form.sit_at(request.args.get("table", ""))
    number = request.args.get("again")
    again = _again(restaurant, number) if number else None
    return _page(restaurant, form, again.basket if again else Basket(), again=again)


@bp.post("/r/<slug>")
@login_limits.by_address
@login_limits.by_email
@guest_limits.by_address
@guest_limits.by_phone
def menu_order(slug: str) -> ResponseReturnValue:
    restaurant = _restaurant(slug)
    form, basket = _form(restaurant), Basket(request.form)
    if "review" in request.form:
        basket.is_right()
        return _page(restaurant, form, basket)
    right = form.validate()
    if not basket:
        form.form_errors.append(_("Your basket is empty: choose something from the menu."))
    if not (basket.is_right() and basket and right):
        return _page(restaurant, form, basket, status=422)
    with shown_on(form) as refusal:
        asked = Asked(restaurant, form, basket)
        if isinstance(form, VisitorForm) and form.is_guests():
            number = _as_guest(form, asked)
        else:
            number = _as_customer(form, asked)
    if not refusal:
        return redirect(url_for(".order", number=number), 303)
    if isinstance(refusal.error, KeyReused):
        form.form_errors = [_("This page has already sent an order. Press once more to send this one as well.")]
        form.renew_key()
    return _page(restaurant, form, basket, status=refusal.status)


def _as_customer(form: CheckoutForm, asked: Asked) -> str:
    logged_in = current_user.is_authenticated
    customer = loading.person() if logged_in else accounts.sign_in(form["email"].data, form["password"].data)
    number = idempotency.once(customer, asked.key, asked.bytes, lambda: asked.place(customer))[0]
    asked.keep_link(number)
    return number


def _as_guest(form: VisitorForm, asked: Asked) -> str:
    """Order without an account: this browser is from now on the guest's, as if they had logged in."""
    row, number = guests.order(
        name=form.name.data or "",
        phone=form.phone_in(asked.restaurant.currency),
        mark=form.mark(),
        key=asked.key,
        asked=asked.bytes,
        place=asked.place,
        rules=rules(),
        language=language.current(),
    )
    guest_limits.note_order()
    accounts.let_in(row)
    asked.keep_link(number)
    return number


def _restaurant(slug: str) -> Restaurant:
    return loading.one(select(Restaurant).where(Restaurant.slug == slug))


def _form(restaurant: Restaurant) -> CheckoutForm:
    kind = CheckoutForm if current_user.is_authenticated else VisitorForm
    return kind(restaurant, open_now=restaurants.door(restaurant).opening.is_open)


def _again(restaurant: Restaurant, number: str) -> Again:
    """The basket of an earlier order of whoever asks."""
    loading.person(Role.CUSTOMER)
    order = loading.order(number)
    if order.restaurant_id != restaurant.id:
        raise NotFound
    return refill(order, {item.id: item for category in _categories(restaurant) for item in category.shown})


def _categories(restaurant: Restaurant) -> Sequence[Category]:
    items = selectinload(Category.items).selectinload(MenuItem.picture)
    query = select(Category).where(Category.restaurant_id == restaurant.id).options(items)
    return db.session.scalars(query.order_by(Category.rank, Category.id)).all()


def _page(
    restaurant: Restaurant, form: CheckoutForm, basket: Basket, status: int = 200, again: Again | None = None
) -> ResponseReturnValue:
    categories = _categories(restaurant)
    on_the_menu = {item.id: item for category in categories for item in category.shown}
    chosen = [(on_the_menu[line.menu_item_id], line) for line in basket.lines_of(on_the_menu)]
    page = render_template(
        "customer/menu.html",
        door=restaurants.door(restaurant),
        restaurant=restaurant,
        categories=[category for category in categories if category.shown],
        form=form,
        basket=basket,
        again=again,
        chosen=chosen,
        total=sum(item.price_minor * line.quantity for item, line in chosen),
        phone_region=phones.region_of(restaurant.currency),
        may_order=not current_user.is_authenticated or current_user.role == Role.CUSTOMER,
    )
    return page, status
