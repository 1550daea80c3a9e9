"""The admin's pages: the dashboard; orders, deliveries and payments, each with its history and every step that may be
taken; refunds and the daily reconciliation; the drivers.

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


from . import (  # noqa: E402  (they put their views onto bp)
    calls,  # noqa: F401
    dashboard,  # noqa: F401
    dispatch,  # noqa: F401
    driver,  # noqa: F401
    order,  # noqa: F401
    orders,  # noqa: F401
    payment,  # noqa: F401
    payments,  # noqa: F401
    reconciliation,  # noqa: F401
    refunds,  # noqa: F401
    ticket,  # noqa: F401
)
