"""The vendor's pages: the board of one kitchen, the steps its people take, and what its managers look after.

For its staff alone, and of them for those whose duty a page is: `DUTIES` is the whole table, and a page that is not in
it is for managers.
"""

from typing import Any

from flask import Blueprint, request

from app.contract.identity import Role
from app.domain import staff
from app.views.loading import person

bp = Blueprint("vendor", __name__, url_prefix="/vendor")

DUTIES = {
    staff.SEE_BOARD: {"board", "capacity", "done", "mode", "order_card"},
    staff.COOK_ORDERS: {
        "item_tick",
        "menu",
        "menu_availability",
        "menu_list",
        "mode_change",
        "order_acceptance",
        "order_cancellation",
        "order_readiness",
        "order_recall",
        "order_start",
        "order_stop_acknowledgement",
    },
    staff.HAND_OVER: {"order_handover"},
    staff.SEE_ORDERS: {"orders", "order_list"},
    staff.PRINT: {"kitchen_ticket", "kitchen_ticket_print", "receipt", "receipt_print"},
}
_DUTY_OF = {f"vendor.{name}": duty for duty, names in DUTIES.items() for name in names}


@bp.before_request
def _staff_only() -> None:
    asking = person(Role.VENDOR)
    staff.check(asking, _DUTY_OF.get(request.endpoint or "", staff.RUN))


# An account's own page has the same ways.
@bp.app_context_processor
def _who_may() -> dict[str, Any]:
    return {"may": lambda duty: staff.may(person(), duty)}


# They put their views onto bp.
from . import (  # noqa: E402
    board,  # noqa: F401
    capacity,  # noqa: F401
    menu,  # noqa: F401
    mode,  # noqa: F401
    orders,  # noqa: F401
    prints,  # noqa: F401
    settings,  # noqa: F401
    statistics,  # noqa: F401
    steps,  # noqa: F401
    team,  # noqa: F401
    ticks,  # noqa: F401
)
