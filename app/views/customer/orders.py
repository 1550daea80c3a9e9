"""The customer's home: orders under way first, those that are done page by page, and where to order from."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select

from app.contract.identity import Role
from app.domain.order_states import ENDS
from app.extensions import db
from app.models import Order
from app.views import formats, loading, restaurants

from . import bp, ride
from .story import badge, window_says

_PAGE = 10
_MOST_LIVE = 50


@bp.get("/orders/")
def orders() -> ResponseReturnValue:
    loading.person(Role.CUSTOMER)
    formats.remember_position()
    return render_template("customer/orders.html", badge=badge, restaurants=restaurants.listed(), **_live(), **_past())


@bp.get("/orders/live")
def orders_live() -> ResponseReturnValue:
    loading.person(Role.CUSTOMER)
    return render_template("customer/_orders_live.html", badge=badge, **_live())


@bp.get("/orders/past")
def orders_past() -> ResponseReturnValue:
    loading.person(Role.CUSTOMER)
    return render_template("customer/_orders_past.html", badge=badge, **_past())


def _mine() -> Select[Order]:
    return Order.for_lists(loading.person()).order_by(Order.id.desc())


def _live() -> dict[str, object]:
    live = db.session.scalars(_mine().where(Order.status.not_in(ENDS)).limit(_MOST_LIVE)).all()
    return {"live": live, "window_says": window_says, "ride_says": ride.headline}


def _past() -> dict[str, object]:
    """One page of the orders that are done, newest first; `after` is the last one of the page before."""
    after = request.args.get("after", type=_row)
    done = _mine().where(Order.status.in_(ENDS))
    if after is not None:
        done = done.where(Order.id < after)
    page = db.session.scalars(done.limit(_PAGE + 1)).all()
    past = page[:_PAGE]
    return {"past": past, "after": after, "next": past[-1].id if len(page) > _PAGE else None}


def _row(text: str) -> int:
    """The id below which a page begins; ValueError (the first page, then) for what never was one."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise ValueError(text)
    return int(text)
