"""The list of all orders, in one of four orders, by cursor, narrowed (order_filter.py); and filters that are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from app.domain import order_lists, saved_filters
from app.errors import Invalid
from app.extensions import db
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Order
from app.models.saved_filter import LONGEST_FILTER_NAME
from app.views.formats import remember_position
from app.views.loading import person
from app.views.refusals import flashed

from . import bp, order_bulk
from .listing import PAGE, Page, stripped
from .order_filter import Asked, spelt


@dataclass(frozen=True, slots=True)
class OrderPage(Page[Order]):
    """One page of orders. `is_short`: it looked through a whole window of them, and further ones may match."""

    is_short: bool = False
    next_cursor: str | None = None

    @property
    def next_url(self) -> str | None:
        """The page behind this one, if there is any."""
        return url_for(self.endpoint, **self.form.narrows, after=self.next_cursor) if self.next_cursor else None


class FilterForm(FlaskForm):
    """The name under which a filter is kept, and the filter as a query string."""

    name = StringField(_l("Name"), [InputRequired(), Length(max=LONGEST_FILTER_NAME)], filters=[stripped])
    query = StringField(validators=[InputRequired(), Length(max=500)])


@bp.get("/orders")
def orders() -> str:
    remember_position()
    asked = Asked.in_address()
    kept = saved_filters.of(person())
    return render_template(
        "admin/orders.html",
        page=page_of_orders(asked),
        asked=asked,
        saved=kept,
        window=order_lists.WINDOW,
        steps=order_bulk.TARGETS,
        reasons=order_bulk.reasons(),
    )


@bp.get("/orders/list")
def order_list() -> str:
    return render_template("admin/_list.html", page=page_of_orders(Asked.in_address()), window=order_lists.WINDOW)


@bp.post("/orders/filters")
def order_filter_save() -> ResponseReturnValue:
    form = FilterForm()
    asked = Asked.of(MultiDict(parse_qsl(form.query.data or "")))
    with flashed():
        if not form.validate() or not asked.query:
            raise Invalid(_("A filter needs a name, and something that it narrows the list to."))
        saved_filters.save(person(), str(form.name.data), asked.query)
        flash(_("Saved as “%(name)s”.", name=form.name.data), "success")
    return redirect(url_for("admin.orders", **asked.form.narrows), 303)


@bp.post("/orders/filters/<int:filter_id>/removal")
def order_filter_removal(filter_id: int) -> ResponseReturnValue:
    gone = saved_filters.remove(person(), filter_id)
    flash(_("“%(name)s” is not kept any more.", name=gone.name), "success")
    return redirect(url_for("admin.orders"), 303)


def page_of_orders(asked: Asked) -> OrderPage:
    """The page of the list that is asked for."""
    found = order_lists.page(db.session(), asked.wanted, asked.form.cursor, PAGE)
    return OrderPage(
        _in_order(found.ids), asked.form, None, "admin.orders", "admin.order_list", found.is_short, spelt(found.next)
    )


def _in_order(ids: Sequence[int]) -> list[Order]:
    rows = db.session.scalars(Order.for_lists(person(), items=False).where(Order.id.in_(ids)))
    by_id = {order.id: order for order in rows}
    return [by_id[id] for id in ids if id in by_id]
