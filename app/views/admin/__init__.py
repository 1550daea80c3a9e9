"""The admin's pages: what there is to see, decide and mend about everything that the business does.

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
    calls,
    dispatch,
    driver,
    jobs,
    messages,
    order,
    orders,
    queue_warning,
    ticket,
    wifi,
    wifi_packages,
)
