"""The customer's home: orders under way first, those that are done page by page, and where to order from."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.contract.identity import Role
from app.domain.order_states import ENDS
from app.extensions import db
from app.models import Order
from app.views import formats, loading, restaurants

from . import bp

_PAGE = 10
_MOST_LIVE = 50


@bp.get("/orders/")
def orders() -> ResponseReturnValue:
    loading.person(Role.CUSTOMER)
    formats.remember_position()
    return render_template("customer/orders.html", restaurants=restaurants.listed(), **_lists())


@bp.get("/orders/fragment")
def orders_fragment() -> ResponseReturnValue:
    loading.person(Role.CUSTOMER)
    return render_template("customer/_orders.html", **_lists())


def _lists() -> dict[str, object]:
    """Orders under way (on the first page), and one page of those that are done, newest first."""
    mine = Order.for_lists(loading.person()).order_by(Order.id.desc())
    after = request.args.get("after", type=_row)
    done = mine.where(Order.status.in_(ENDS))
    live = [] if after else db.session.scalars(mine.where(Order.status.not_in(ENDS)).limit(_MOST_LIVE)).all()
    if after:
        done = done.where(Order.id < after)
    page = db.session.scalars(done.limit(_PAGE + 1)).all()
    past = page[:_PAGE]
    return {"live": live, "past": past, "after": after, "next": past[-1].id if len(page) > _PAGE else None}


def _row(text: str) -> int:
    """The id below which a page begins; ValueError (the first page, then) for what never was one."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise ValueError(text)
    return int(text)
