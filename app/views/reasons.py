"""Which reasons a form offers: those that can be true of the order as it stands. The domain takes any of its codes."""

from app.domain.order_states import REASONS
from app.models import Order

# Nobody came, or nobody was found: only of what was ready.
_ONCE_READY = frozenset({"no_show", "not_found"})
# Why a kitchen does not begin; of what stands ready it is no reason.
_BEFORE_READY = frozenset({"too_busy", "sold_out", "closing", "out_of_area"})


def offered(order: Order) -> dict[str, str]:
    """The reason codes for `order` with their words, in the domain's order."""
    is_ready = order.status in ("ready_for_pickup", "picked_up")
    out = set(_BEFORE_READY if is_ready else _ONCE_READY)
    if order.fulfilment != "delivery":
        out |= {"out_of_area", "not_found"}
    return {code: words for code, words in REASONS.items() if code not in out}
