"""The list of all orders, newest first, by cursor: a page starts below the id of the last row of the one before.

Nothing is counted and no row is skipped over, so a page costs the same at any depth of any number of orders.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask_wtf import FlaskForm
from sqlalchemy import Select, select
from wtforms import IntegerField, SearchField, SelectField
from wtforms.validators import Length, NumberRange, Optional

from app.domain import order_search
from app.domain.order_states import LABELS
from app.errors import Invalid
from app.extensions import db
from app.models import Order, Restaurant
from app.views.formats import remember_position
from app.views.loading import person

from . import BIGGEST_ID, bp

_PAGE = 40


class OrderFilter(FlaskForm):
    """What the list is narrowed to; it asks and changes nothing, so it needs no CSRF token."""

    class Meta:
        csrf = False

    q = SearchField("Search", [Optional(), Length(max=100)], filters=[lambda text: (text or "").strip()])
    status = SelectField("Status", [Optional()], choices={"": "Every status", **LABELS})
    restaurant = SelectField("Restaurant", [Optional()])
    after = IntegerField(validators=[Optional(), NumberRange(min=0, max=BIGGEST_ID)])

    @property
    def narrows(self) -> dict[str, Any]:
        """The filters that are set, as they stand in the address."""
        return {name: self[name].data for name in ("q", "status", "restaurant") if self[name].data}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list and where it lies."""

    orders: Sequence[Order]
    form: OrderFilter
    next_after: int | None

    @property
    def is_newest(self) -> bool:
        """Whether nothing newer comes before this page."""
        return self.form.after.data is None

    @property
    def first_url(self) -> str | None:
        """The newest page of the same list, from any other."""
        return None if self.is_newest else url_for("admin.orders", **self.form.narrows)

    @property
    def next_url(self) -> str | None:
        """The page of older orders, if there are any."""
        if self.next_after is None:
            return None
        return url_for("admin.orders", **self.form.narrows, after=self.next_after)

    @property
    def fragment_url(self) -> str:
        """This page's list alone."""
        return url_for("admin.order_list", **self.form.narrows, after=self.form.after.data)


@bp.get("/")
def orders() -> str:
    remember_position()
    return render_template("admin/orders.html", page=_page())


@bp.get("/list")
def order_list() -> str:
    return render_template("admin/_list.html", page=_page())


def _page() -> Page:
    form = OrderFilter(request.args)
    restaurants = {slug: (id, name) for id, slug, name in db.session.execute(_restaurants())}
    form.restaurant.choices = {"": "Every restaurant", **{slug: name for slug, (_, name) in restaurants.items()}}
    if not form.validate():
        raise Invalid("The list cannot be narrowed like this.", errors=form.errors)
    query = Order.for_lists(person(), items=False)
    before = BIGGEST_ID if form.after.data is None else form.after.data
    if form.status.data:
        query = query.where(Order.status == form.status.data)
    if form.restaurant.data:
        query = query.where(Order.restaurant_id == restaurants[form.restaurant.data][0])
    if form.q.data:
        alone = len(form.narrows) == 1
        query = order_search.narrowed(query, form.q.data, alone=alone, before=before, limit=_PAGE + 1)
    found = db.session.scalars(query.where(Order.id < before).order_by(Order.id.desc()).limit(_PAGE + 1)).all()
    return Page(found[:_PAGE], form, found[_PAGE - 1].id if len(found) > _PAGE else None)


def _restaurants() -> Select[int, str, str]:
    return select(Restaurant.id, Restaurant.slug, Restaurant.name).order_by(Restaurant.name)
