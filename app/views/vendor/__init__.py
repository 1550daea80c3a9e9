"""The vendor's pages: the board of one kitchen, and the steps its people take with an order. For its staff alone."""

from flask import Blueprint

from app.contract.identity import Role
from app.views.loading import person

bp = Blueprint("vendor", __name__, url_prefix="/vendor")


@bp.before_request
def _staff_only() -> None:
    person(Role.VENDOR)


from . import board, menu, mode, steps  # noqa: E402, F401  (they put their views onto bp)
