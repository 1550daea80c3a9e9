"""The list of all orders, newest first, by cursor (listing.py), and what it can be narrowed to."""

from flask import render_template
from sqlalchemy import ColumnElement, Select, select
from wtforms import SearchField, SelectField
from wtforms.validators import Length, Optional

from app.contract.times import now
from app.domain import order_search, statistics
from app.domain.order_states import CANCELLATION_KINDS, LABELS
from app.extensions import db
from app.models import Order, Restaurant
from app.views.formats import remember_position
from app.views.loading import person

from . import bp
from .listing import PAGE, ListFilter, Page, page_of, stripped

# How an order was cancelled, as the list and the dashboard say it.
CANCELLED = {
    "declined": "Declined by the kitchen",
    "expired": "Nobody accepted in time",
    "customer": "Cancelled by the guest",
    "vendor": "Cancelled by the kitchen",
    "admin": "Cancelled by an admin",
    "payment_failed": "Payment failed",
    "abandoned": "Never paid",
}
_ONLY = {"": "All of them", "late": "Late", "unclaimed": "Waiting too long", **CANCELLED}


class OrderFilter(ListFilter):
    """Search, status, restaurant, and what the dashboard counts."""

    narrowing = ("q", "status", "restaurant", "only")

    q = SearchField("Search", [Optional(), Length(max=100)], filters=[stripped])
    status = SelectField("Status", [Optional()], choices={"": "Every status", **LABELS})
    restaurant = SelectField("Restaurant", [Optional()])
    only = SelectField("Only", [Optional()], choices=_ONLY)


@bp.get("/orders")
def orders() -> str:
    remember_position()
    return render_template("admin/orders.html", page=_page())


@bp.get("/orders/list")
def order_list() -> str:
    return render_template("admin/_list.html", page=_page())


def _page() -> Page[Order]:
    restaurants = {slug: (id, name) for id, slug, name in db.session.execute(_restaurants())}
    offered = {"": "Every restaurant", **{slug: name for slug, (_, name) in restaurants.items()}}
    form = OrderFilter.asked(restaurant=offered)
    query = Order.for_lists(person(), items=False)
    if form.status.data:
        query = query.where(Order.status == form.status.data)
    if form.restaurant.data:
        query = query.where(Order.restaurant_id == restaurants[form.restaurant.data][0])
    if form.only.data:
        query = query.where(_only(form.only.data))
    if form.q.data:
        alone = len(form.narrows) == 1
        query = order_search.narrowed(query, form.q.data, alone=alone, before=form.before, limit=PAGE + 1)
    return page_of(query, Order, form, "admin.orders", "admin.order_list")


def _only(kind: str) -> ColumnElement[bool]:
    if kind in CANCELLATION_KINDS:
        return Order.cancellation_kind == kind
    return statistics.late(now()) if kind == "late" else statistics.unclaimed(db.session(), now())


def _restaurants() -> Select[int, str, str]:
    return select(Restaurant.id, Restaurant.slug, Restaurant.name).order_by(Restaurant.name)
