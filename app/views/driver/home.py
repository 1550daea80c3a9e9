"""The driver's phone: one page, drawn by static/js/driver/ from the JSON API."""

from flask import current_app, render_template
from flask.typing import ResponseReturnValue

from app.contract.identity import Role
from app.views import loading, reasons
from app.views.formats import remember_position

from . import bp


@bp.get("/driver/")
def home() -> ResponseReturnValue:
    remember_position()
    loading.person(Role.DRIVER)
    return render_template("driver/home.html", before=reasons.BEFORE_PICKUP, after=reasons.AFTER_PICKUP)


@bp.get("/driver/worker.js")
def worker() -> ResponseReturnValue:
    # A service worker serves what lies below its own address, so it cannot be one of the static files.
    return current_app.send_static_file("js/driver/worker.js")
