"""The papers of an order: a page each, made for a roll of 80 mm and for A4. Printing is a POST that counts it.

The page that comes back says whether it is the original or a copy, and opens the browser's print window once.
"""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domain import board_settings, prints
from app.domain.board_settings import Board
from app.extensions import db
from app.models import Order
from app.models.menu import LONGEST_STATION
from app.views import loading
from app.views.loading import person
from app.views.refusals import flashed

from . import bp


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
    with flashed() as refusal:
        prints.take(order, kind, station, by=person())
    asked = {"station": station or None, "now": None if refusal else "1"}
    return redirect(url_for(f"vendor.{kind}", number=order.number, **asked), 303)  # type: ignore[arg-type]


def _paper(order: Order, kind: str, station: str = "") -> str:
    board: Board = board_settings.of(db.session(), order.restaurant_id)
    lines = [item for item in order.items if station in ("", item.station)]
    return render_template(
        f"vendor/{kind}.html",
        order=order,
        restaurant=order.restaurant,
        station=station,
        stations=sorted({item.station for item in order.items if item.station}),
        lines=sorted(lines, key=lambda item: (item.station == "", item.station.casefold(), item.id)),
        board=board,
        paper=prints.look(db.session(), order, kind, station),
        prints_now=request.args.get("now") == "1",
    )
