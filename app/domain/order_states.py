"""The machine of an order: its states and its edges, as tables on one screen.

Code decides which edges exist (the table is the contract's); order_transition.py walks them, and nothing else does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.contract.times import now
from app.models import Order

LABELS = {
    "awaiting_payment": "Awaiting payment",
    "scheduled": "Scheduled",
    "placed": "Placed",
    "accepted": "Accepted",
    "preparing": "Preparing",
    "ready_for_pickup": "Ready for pickup",
    "picked_up": "Picked up",
    "delivered": "Delivered",
    "collected": "Collected",
    "cancelled": "Cancelled",
    "undeliverable": "Undeliverable",
}
FULFILMENTS = {"pickup": "Pickup", "delivery": "Delivery", "dine_in": "Eat in"}
PAYMENTS = {"cash": "Cash", "mpesa": "M-Pesa"}
ENDS = frozenset({"delivered", "collected", "cancelled", "undeliverable"})
# The kitchen works on it: cancelling is theirs, asking for it is the customer's.
WITH_THE_KITCHEN = frozenset({"accepted", "preparing", "ready_for_pickup"})
CANCELLATION_KINDS = ("declined", "expired", "customer", "vendor", "admin", "payment_failed", "abandoned")
REASONS = {
    "too_busy": "Too busy right now",
    "sold_out": "Something is sold out",
    "closing": "Closing soon",
    "out_of_area": "Too far to deliver",
    "kitchen_problem": "A problem in the kitchen",
    "customer_asked": "The customer asked for it",
    "no_show": "Nobody came for it",
    "duplicate": "Ordered twice",
    "changed_mind": "Changed their mind",
    "not_found": "Address or person not found",
    "other": "Another reason",
}
RECALL_WITHIN = timedelta(minutes=15)
RESTORE_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Edge:
    """One step of the machine. `reason`: the roles that must give a reason code; `note`: those that must write why."""

    start: str
    to: str
    verb: str
    roles: frozenset[str]
    reason: frozenset[str] = frozenset()
    note: frozenset[str] = frozenset()
    rule: Callable[[Order, datetime], str | None] | None = None

    def refusal(self, order: Order, at: datetime) -> str | None:
        """Why the edge's rule keeps `order` from it at `at`; None: it does not."""
        return self.rule(order, at) if self.rule else None


def once_paid(scheduled_for: datetime | None) -> str:
    """Where a paid order goes: to the kitchen, or to wait for its time."""
    return "placed" if scheduled_for is None else "scheduled"


def _delivery(order: Order, at: datetime) -> str | None:
    return None if order.fulfilment == "delivery" else "Only a delivery order leaves with a driver."


def _no_delivery(order: Order, at: datetime) -> str | None:
    return "A delivery order leaves with a driver." if order.fulfilment == "delivery" else None


def _for_now(order: Order, at: datetime) -> str | None:
    return None if once_paid(order.scheduled_for) == "placed" else "It is for later: it waits, scheduled, for its time."


def _for_later(order: Order, at: datetime) -> str | None:
    return None if once_paid(order.scheduled_for) == "scheduled" else "It is for now: it is placed at once."


def _recently_ready(order: Order, at: datetime) -> str | None:
    return None if at - order.changed_at <= RECALL_WITHIN else "It was ready for more than 15 minutes."


def _restorable(order: Order, at: datetime) -> str | None:
    if order.accepted_at is None:
        return "It was never accepted; it cannot be restored."
    if order.payment_status in ("refunded", "refunding"):
        return "The money went back; it cannot be restored."
    return None if at - order.changed_at <= RESTORE_WITHIN else "It was cancelled more than 10 minutes ago."


def _edge(start: str, to: str, verb: str, roles: str, reason: str = "", note: str = "", rule: Any = None) -> Edge:
    return Edge(start, to, verb, _set(roles), _set(reason), _set(note), rule)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


EDGES: Mapping[tuple[str, str], Edge] = {
    (edge.start, edge.to): edge
    for edge in (
        # from               to                  verb             who                        must give a reason, a note
        _edge("awaiting_payment", "placed", "settle", "system admin", note="admin", rule=_for_now),
        _edge("awaiting_payment", "scheduled", "settle", "system admin", note="admin", rule=_for_later),
        _edge("awaiting_payment", "cancelled", "cancel", "system customer admin", reason="admin"),
        _edge("scheduled", "placed", "release", "system"),
        _edge("scheduled", "cancelled", "cancel", "customer vendor admin", reason="vendor admin"),
        _edge("placed", "accepted", "accept", "vendor admin system"),
        _edge("placed", "cancelled", "decline", "vendor customer admin system", reason="vendor admin"),
        _edge("accepted", "preparing", "start", "vendor admin"),
        _edge("accepted", "ready_for_pickup", "mark_ready", "vendor admin"),
        _edge("preparing", "ready_for_pickup", "mark_ready", "vendor admin"),
        _edge("ready_for_pickup", "preparing", "recall", "vendor admin", rule=_recently_ready),
        _edge("ready_for_pickup", "picked_up", "hand_over", "driver vendor admin", rule=_delivery),
        _edge("ready_for_pickup", "collected", "hand_over", "vendor admin", rule=_no_delivery),
        _edge("picked_up", "delivered", "deliver", "driver admin"),
        _edge("picked_up", "undeliverable", "give_up", "driver admin", reason="driver admin"),
        _edge("accepted", "cancelled", "cancel", "vendor admin", reason="vendor admin"),
        _edge("preparing", "cancelled", "cancel", "vendor admin", reason="vendor admin"),
        _edge("ready_for_pickup", "cancelled", "cancel", "vendor admin", reason="vendor admin"),
        _edge("cancelled", "accepted", "restore", "admin", note="admin", rule=_restorable),
    )
}


def allowed(order: Order, role: str, at: datetime | None = None) -> list[Edge]:
    """The edges that `role` may walk from where `order` is, in the table's order."""
    at = at or now()
    return [
        edge
        for edge in EDGES.values()
        if edge.start == order.status and role in edge.roles and edge.refusal(order, at) is None
    ]
