"""The admin's pages: every order, and one order with its history and every step that may be taken. For admins alone."""

from flask import Blueprint

from app.contract.identity import Role
from app.views.loading import person

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.before_request
def _admins_only() -> None:
    person(Role.ADMIN)


from . import order, orders  # noqa: E402, F401  (they put their views onto bp)
