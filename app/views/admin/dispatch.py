"""The dispatch board: deliveries that wait for a driver or are under way, and the drivers, as a list and on a map."""

from flask import render_template

from app.contract.times import now
from app.views.formats import remember_position

from . import bp
from .board import board


@bp.get("/dispatch")
def dispatch() -> str:
    remember_position()
    return render_template("admin/dispatch.html", board=board(now()))


@bp.get("/dispatch/board")
def dispatch_board() -> str:
    return render_template("admin/_dispatch.html", board=board(now()))
