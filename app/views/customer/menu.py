"""A restaurant's menu with its checkout, for anybody to look at and for customers to order from.

One form: a visitor who is not logged in logs in with the order itself, so that no basket is lost on the way.
"""

from typing import Any

import orjson
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.contract.identity import Role
from app.domain import idempotency, order_placement
from app.errors import KeyReused
from app.extensions import db
from app.models import Category, Person, Restaurant
from app.views import accounts, loading, login_limits, restaurants
from app.views.refusals import shown_on

from . import bp
from .basket import Basket
from .checkout import CheckoutForm, VisitorForm
from .links import keep_token


@bp.get("/r/")
def browse() -> ResponseReturnValue:
    return render_template("customer/browse.html", restaurants=restaurants.listed())


@bp.get("/r/<slug>")
def menu(slug: str) -> ResponseReturnValue:
    restaurant = _restaurant(slug)
    return _page(restaurant, _form(restaurant), Basket())


@bp.post("/r/<slug>")
@login_limits.by_address
@login_limits.by_email
def menu_order(slug: str) -> ResponseReturnValue:
    restaurant = _restaurant(slug)
    form, basket = _form(restaurant), Basket(request.form)
    if "review" in request.form:
        basket.is_right()
        return _page(restaurant, form, basket)
    right = form.validate()
    if not basket:
        form.form_errors.append("Your basket is empty: choose something from the menu.")
    if not (basket.is_right() and basket and right):
        return _page(restaurant, form, basket, status=422)
    with shown_on(form) as refusal:
        customer = loading.person() if current_user.is_authenticated else _log_in(form)
        number = _place(customer, restaurant, form, basket)
    if not refusal:
        return redirect(url_for(".order", number=number), 303)
    if isinstance(refusal.error, KeyReused):
        form.form_errors = ["This page has already sent an order. Press once more to send this one as well."]
        form.renew_key()
    return _page(restaurant, form, basket, status=refusal.status)


def _log_in(form: CheckoutForm) -> Person:
    return accounts.sign_in(form["email"].data, form["password"].data)


def _place(customer: Person, restaurant: Restaurant, form: CheckoutForm, basket: Basket) -> str:
    """Place what the form asks for, once; the order's number, of the first time when the form comes again."""
    details: dict[str, Any] = {
        "fulfilment": str(form.fulfilment.data),
        "payment": str(form.payment.data),
        "address": form.address.data or "",
        "note": form.note.data or "",
        "scheduled_for": form.time(),
        "door": form.door(),
    }
    lines = list(basket.lines())

    def place() -> str:
        placed = order_placement.place(customer, restaurant, lines, **details)
        keep_token(placed.order.number, placed.tracking_token)
        return placed.order.number

    asked = orjson.dumps([restaurant.slug, lines, details])
    number, _ = idempotency.once(customer, f"page:{form.key.data}", asked, place)
    return number


def _restaurant(slug: str) -> Restaurant:
    return loading.one(select(Restaurant).where(Restaurant.slug == slug))


def _form(restaurant: Restaurant) -> CheckoutForm:
    kind = CheckoutForm if current_user.is_authenticated else VisitorForm
    return kind(restaurant, open_now=restaurants.door(restaurant).opening.is_open)


def _page(restaurant: Restaurant, form: CheckoutForm, basket: Basket, status: int = 200) -> ResponseReturnValue:
    query = select(Category).where(Category.restaurant_id == restaurant.id).options(selectinload(Category.items))
    categories = db.session.scalars(query.order_by(Category.rank, Category.id)).all()
    on_the_menu = {item.id: item for category in categories for item in category.shown}
    chosen = [(on_the_menu[line.menu_item_id], line) for line in basket.lines_of(on_the_menu)]
    page = render_template(
        "customer/menu.html",
        door=restaurants.door(restaurant),
        restaurant=restaurant,
        categories=[category for category in categories if category.shown],
        form=form,
        basket=basket,
        chosen=chosen,
        total=sum(item.price_minor * line.quantity for item, line in chosen),
        may_order=not current_user.is_authenticated or current_user.role == Role.CUSTOMER,
    )
    return page, status
