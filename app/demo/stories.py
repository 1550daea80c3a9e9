"""How orders go: each story is a walk over the machine's edges, with who takes each step and how long it takes.

Only words stand here; chronicle.py turns them into rows. A test walks every story over the table of edges.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.contract.identity import Role
from app.domain.actor import SYSTEM_ROLE
from app.models.restaurant import DEADLINES

# What a step's time is measured in: seconds, the order's preparation time, the restaurant's time to accept, or what
# is left of the time that a scheduled order waits before the kitchen gets it.
Unit = Literal["second", "preparation", "acceptance", "wait"]

# How an order begins: paid in cash or by M-Pesa, for now or for later.
Start = Literal["placed", "scheduled", "awaiting_payment"]
DELIVERY = ("delivery",)
PRESENT = ("pickup", "pickup", "dine_in")
EITHER = ("delivery", "pickup", "delivery", "dine_in")


@dataclass(frozen=True, slots=True)
class Step:
    """The order enters `to` by somebody of `role`, between `least` and `most` units after the step before."""

    to: str
    role: str
    least: float
    most: float
    unit: Unit = "second"
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """A way for an order to go. `share` is how often it happens, `kind` what the cancellation at its end was."""

    share: float
    start: Start
    fulfilments: Sequence[str]
    steps: tuple[Step, ...] = ()
    kind: str | None = None

    @property
    def is_scheduled(self) -> bool:
        """Whether the order is wanted for a later time."""
        return self.start == "scheduled" or any(step.to == "scheduled" for step in self.steps)


# -- steps -------------------------------------------------------------------------------------------------------------

PAID = Step("placed", SYSTEM_ROLE, 9, 70)
PAID_AHEAD = Step("scheduled", SYSTEM_ROLE, 9, 70)
VOUCHED = Step("placed", Role.ADMIN, 300, 1500, notes=("M-Pesa statement seen, reference in the till book",))
DUE = Step("placed", SYSTEM_ROLE, 1, 1, "wait")
ACCEPT = Step("accepted", Role.VENDOR, 12, 330)
START = Step("preparing", Role.VENDOR, 5, 240)
READY = Step("ready_for_pickup", Role.VENDOR, 0.55, 1.15, "preparation")
RECALL = Step("preparing", Role.VENDOR, 40, 500, notes=("One plate was missing", "Went out without the sauce", ""))
READY_AGAIN = Step("ready_for_pickup", Role.VENDOR, 90, 420)
COLLECTED = Step("collected", Role.VENDOR, 30, 1200)
LEFT = Step("picked_up", Role.VENDOR, 30, 700)
FETCHED = Step("picked_up", Role.DRIVER, 30, 700)
DELIVERED = Step("delivered", Role.DRIVER, 360, 1900)

DECLINED = Step(
    "cancelled",
    Role.VENDOR,
    20,
    400,
    reasons=("too_busy", "too_busy", "sold_out", "sold_out", "closing", "out_of_area", "kitchen_problem"),
    notes=("", "", "", "Sorry! Please try again in an hour.", "The last one went a minute ago."),
)
EXPIRED = Step("cancelled", SYSTEM_ROLE, 1, 1.001, "acceptance")
THOUGHT_BETTER = Step(
    "cancelled", Role.CUSTOMER, 15, 280, notes=("", "", "Ordered from the wrong branch", "Wrong day!")
)
GAVE_UP = Step("cancelled", Role.CUSTOMER, 0.1, 0.8, "wait", notes=("", "Our guests are ill"))
STOPPED = Step(
    "cancelled",
    Role.VENDOR,
    60,
    600,
    reasons=("customer_asked", "kitchen_problem", "sold_out"),
    notes=("", "Called the guest", "The fryer has tripped the fuse"),
)
NOT_FETCHED = Step("cancelled", Role.VENDOR, 2400, 4500, reasons=("no_show",), notes=("", "Rang twice, no answer"))
OVERRULED = Step(
    "cancelled",
    Role.ADMIN,
    60,
    900,
    reasons=("duplicate", "customer_asked", "other"),
    notes=("Customer called the desk", "Same order twice within a minute"),
)
RESTORED = Step("accepted", Role.ADMIN, 40, 400, notes=("Cancelled the wrong one; the kitchen goes on",))
NOT_PAID = Step("cancelled", SYSTEM_ROLE, 12, 90)
_ABANDONED_AFTER = DEADLINES["abandonment_minutes"] * 60
ABANDONED = Step("cancelled", SYSTEM_ROLE, _ABANDONED_AFTER, _ABANDONED_AFTER + 1)
NOBODY_THERE = Step(
    "undeliverable",
    Role.DRIVER,
    900,
    2700,
    reasons=("not_found", "no_show"),
    notes=("Gate locked, phone off", "No such house number", ""),
)

# -- stories -----------------------------------------------------------------------------------------------------------

COOKED = (ACCEPT, START, READY)

STORIES: tuple[Story, ...] = (
    Story(300, "placed", DELIVERY, (*COOKED, LEFT, DELIVERED)),
    Story(110, "placed", DELIVERY, (*COOKED, FETCHED, DELIVERED)),
    Story(330, "placed", PRESENT, (*COOKED, COLLECTED)),
    # Drinks and sweets need no cook: accepted, and ready without a start.
    Story(40, "placed", PRESENT, (ACCEPT, READY, COLLECTED)),
    Story(18, "placed", PRESENT, (*COOKED, RECALL, READY_AGAIN, COLLECTED)),
    Story(10, "placed", DELIVERY, (*COOKED, RECALL, READY_AGAIN, LEFT, DELIVERED)),
    Story(22, "scheduled", PRESENT, (DUE, *COOKED, COLLECTED)),
    Story(24, "scheduled", DELIVERY, (DUE, *COOKED, LEFT, DELIVERED)),
    Story(7, "placed", DELIVERY, (*COOKED, LEFT, NOBODY_THERE)),
    Story(28, "placed", EITHER, (DECLINED,), "declined"),
    Story(16, "placed", EITHER, (EXPIRED,), "expired"),
    Story(18, "placed", EITHER, (THOUGHT_BETTER,), "customer"),
    Story(6, "scheduled", EITHER, (GAVE_UP,), "customer"),
    Story(9, "placed", EITHER, (ACCEPT, STOPPED), "vendor"),
    Story(7, "placed", EITHER, (ACCEPT, START, STOPPED), "vendor"),
    Story(6, "placed", PRESENT, (*COOKED, NOT_FETCHED), "vendor"),
    Story(5, "placed", EITHER, (OVERRULED,), "admin"),
    Story(6, "placed", EITHER, (ACCEPT, START, OVERRULED), "admin"),
    Story(4, "placed", PRESENT, (ACCEPT, OVERRULED, RESTORED, START, READY, COLLECTED)),
)

# Where M-Pesa is at home, half of the guests pay before the kitchen hears of them.
PREPAID: tuple[Story, ...] = (
    Story(330, "awaiting_payment", DELIVERY, (PAID, *COOKED, LEFT, DELIVERED)),
    Story(260, "awaiting_payment", PRESENT, (PAID, *COOKED, COLLECTED)),
    Story(20, "awaiting_payment", DELIVERY, (PAID_AHEAD, DUE, *COOKED, LEFT, DELIVERED)),
    Story(6, "awaiting_payment", PRESENT, (VOUCHED, *COOKED, COLLECTED)),
    Story(14, "awaiting_payment", EITHER, (PAID, DECLINED), "declined"),
    Story(8, "awaiting_payment", EITHER, (PAID, EXPIRED), "expired"),
    Story(30, "awaiting_payment", EITHER, (NOT_PAID,), "payment_failed"),
    Story(22, "awaiting_payment", EITHER, (ABANDONED,), "abandoned"),
)
