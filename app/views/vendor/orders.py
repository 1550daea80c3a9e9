"""All orders of the restaurant, newest first, by cursor: found by number, name or phone, by state and by day."""

from datetime import date, datetime, timedelta

from flask import render_template
from wtforms import DateField, SearchField, SelectField
from wtforms.validators import Length, Optional

from app.domain import days, order_search
from app.domain.order_states import LABELS
from app.language import N_, choices
from app.language import lazy_gettext as _l
from app.models import Order, Restaurant
from app.views.admin.listing import ListFilter, Page, page_of, stripped
from app.views.formats import remember_position
from app.views.loading import person

from . import bp
from .board import kitchen_of

_SEEN = {status: label for status, label in LABELS.items() if status != "awaiting_payment"}


class OrderFilter(ListFilter):
    """Search, state, and the service days from and until (both included)."""

    narrowing = ("q", "status", "first", "last")

    q = SearchField(_l("Search"), [Optional(), Length(max=100)], filters=[stripped])
    status = SelectField(_l("Status"), [Optional()], choices=choices({"": N_("Every status"), **_SEEN}))
    first = DateField(_l("From"), [Optional()])
    last = DateField(_l("Until"), [Optional()])


@bp.get("/orders")
def orders() -> str:
    remember_position()
    return render_template("vendor/orders.html", page=_page())


@bp.get("/orders/list")
def order_list() -> str:
    return render_template("vendor/_orders.html", page=_page())


def _page() -> Page[Order]:
    form = OrderFilter.asked()
    query = Order.for_lists(person(), items=False)
    if form.status.data:
        query = query.where(Order.status == form.status.data)
    restaurant = kitchen_of(person())
    if form.first.data:
        query = query.where(Order.created_at >= _began(restaurant, days.checked(form.first.data)))
    if form.last.data:
        query = query.where(Order.created_at < _began(restaurant, days.checked(form.last.data) + timedelta(days=1)))
    if form.q.data:
        query = order_search.matching(query, form.q.data)
    return page_of(query, Order, form, "vendor.orders", "vendor.order_list")


def _began(restaurant: Restaurant, day: date) -> datetime:
    return datetime.combine(day, restaurant.day_starts, restaurant.zone)
