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


# They put their views onto bp.
from . import (  # noqa: E402
    audit,  # noqa: F401
    calls,  # noqa: F401
    dashboard,  # noqa: F401
    dispatch,  # noqa: F401
    driver,  # noqa: F401
    jobs,  # noqa: F401
    menu,  # noqa: F401
    menu_item,  # noqa: F401
    menu_picture,  # noqa: F401
    menu_sheet,  # noqa: F401
    messages,  # noqa: F401
    order,  # noqa: F401
    order_bulk,  # noqa: F401
    order_csv,  # noqa: F401
    order_shown,  # noqa: F401
    orders,  # noqa: F401
    payment,  # noqa: F401
    payments,  # noqa: F401
    people,  # noqa: F401
    person_page,  # noqa: F401
    queue_warning,  # noqa: F401
    reconciliation,  # noqa: F401
    refunds,  # noqa: F401
    restaurant,  # noqa: F401
    restaurants,  # noqa: F401
    search,  # noqa: F401
    ticket,  # noqa: F401
    transitions,  # noqa: F401
    wifi,  # noqa: F401
    wifi_packages,  # noqa: F401
)
