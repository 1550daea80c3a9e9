"""The papers of an order: a page each, made for a roll of 80 mm and for A4. Printing is a POST that counts it.

The page that comes back carries in its address, signed, which print was counted for it: it alone is the original, or
the copy with that number, and opens the browser's print window once. Every other page is a copy, should it be printed.
"""

import secrets

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import URLSafeTimedSerializer

from app.domain import board_settings, prints
from app.domain.board_settings import Board
from app.extensions import db
from app.models import Order
from app.models.menu import LONGEST_STATION
from app.views import loading
from app.views.loading import person
from app.views.refusals import flashed

from . import bp

# Seconds: whoever comes back to the page later prints a copy.
_COUNTS_FOR = 600


@bp.get("/orders/<number>/kitchen-ticket")
def kitchen_ticket(number: str) -> str:
    return _paper(loading.order(number), "kitchen_ticket", _station())


@bp.post("/orders/<number>/kitchen-ticket")
def kitchen_ticket_print(number: str) -> ResponseReturnValue:
    return _printed(loading.order(number), "kitchen_ticket", _station())


@bp.get("/orders/<number>/receipt")
def receipt(number: str) -> str:
    return _paper(loading.order(number), "receipt")


@bp.post("/orders/<number>/receipt")
def receipt_print(number: str) -> ResponseReturnValue:
    return _printed(loading.order(number), "receipt")


def _station() -> str:
    return request.args.get("station", "").strip()[:LONGEST_STATION]


def _printed(order: Order, kind: str, station: str = "") -> ResponseReturnValue:
    printed = None
    with flashed():
        paper = prints.take(order, kind, station, key=request.form.get("key"), by=person())
        printed = _signer(order, kind, station).dumps([order.version, paper.number])
    return redirect(url_for(f"vendor.{kind}", number=order.number, station=station or None, printed=printed), 303)


def _paper(order: Order, kind: str, station: str = "") -> str:
    board: Board = board_settings.of(db.session(), order.restaurant_id)
    lines = [item for item in order.items if station in ("", item.station)]
    number = _counted(order, kind, station)
    return render_template(
        f"vendor/{kind}.html",
        order=order,
        restaurant=order.restaurant,
        station=station,
        stations=sorted({item.station for item in order.items if item.station}),
        lines=sorted(lines, key=lambda item: (item.station == "", item.station.casefold(), item.id)),
        board=board,
        paper=prints.look(db.session(), order, kind, station, number=number),
        key=secrets.token_urlsafe(12),
    )


def _signer(order: Order, kind: str, station: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt=f"passline.print {order.id} {kind} {station}")


def _counted(order: Order, kind: str, station: str) -> int:
    """Which print of this paper the page was asked for to be; 0: none, or of another version than it shows."""
    is_ours, told = _signer(order, kind, station).loads_unsafe(request.args.get("printed", ""), max_age=_COUNTS_FOR)
    if not is_ours:
        return 0
    version, number = told
    if version != order.version:
        flash("The order has changed meanwhile. Look at it, then print it again.", "danger")
        return 0
    return int(number)
