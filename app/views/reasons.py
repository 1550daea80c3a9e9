"""Which reasons a form offers: those that can be true of the order as it stands. The domain takes any of its codes.

An admin may have given them other words, another order, or an end, and added some (policies.py); what was added can be
true of any order.
"""

from app.domain import policies
from app.domain.order_states import REASONS
from app.models import Order

# Nobody came, nobody was found, or the driver broke down: only of what was ready.
_ONCE_READY = frozenset({"no_show", "not_found", "vehicle"})
# Why a kitchen does not begin; of what stands ready it is no reason.
_BEFORE_READY = frozenset({"too_busy", "sold_out", "closing", "out_of_area"})
# Why a driver cannot go on: before the food is theirs, and with it.
BEFORE_PICKUP = {code: REASONS[code] for code in ("vehicle", "kitchen_problem", "out_of_area", "other")}
AFTER_PICKUP = {code: REASONS[code] for code in ("not_found", "customer_asked", "vehicle", "other")}


def offered(order: Order) -> dict[str, str]:
    """The reason codes for `order` with their words, in the order that they have there."""
    is_ready = order.status in ("ready_for_pickup", "picked_up")
    out = set(_BEFORE_READY if is_ready else _ONCE_READY)
    if order.fulfilment != "delivery":
        out |= {"out_of_area", "not_found", "vehicle"}
    return {code: words for code, words in policies.of(order.restaurant).offered.items() if code not in out}
