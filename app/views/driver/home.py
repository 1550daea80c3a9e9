"""The driver's home."""

from flask import render_template
from flask.typing import ResponseReturnValue

from app.contract.identity import Role
from app.views import loading

from . import bp


@bp.get("/driver/")
def home() -> ResponseReturnValue:
    loading.person(Role.DRIVER)
    return render_template("driver/home.html")
