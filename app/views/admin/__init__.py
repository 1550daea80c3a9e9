"""The admin's pages: orders and their deliveries, each with its history and every step that may be taken; the people.

For admins alone.
"""

from flask import Blueprint

from app.contract.identity import Role
from app.views.loading import person

# What a column of ids holds; an address with more in it is none.
BIGGEST_ID = 2**63 - 1

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.before_request
def _admins_only() -> None:
    person(Role.ADMIN)


from . import (  # noqa: E402, F401  (they put their views onto bp)
    audit,
    calls,
    dispatch,
    driver,
    order,
    orders,
    people,
    person_page,
    ticket,
)
