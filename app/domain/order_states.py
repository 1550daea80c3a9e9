"""The machine of an order: its states and its edges, as tables on one screen.

Code decides which edges exist (the table is the contract's), and what holds of each until an admin decides otherwise
(policies.py); order_transition.py walks them, and nothing else does.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.language import N_
from app.language import gettext as _
from app.models import Order

from .edges import Edge, edge

LABELS = {
    "awaiting_payment": N_("Awaiting payment"),
    "scheduled": N_("Scheduled"),
    "placed": N_("Placed"),
    "accepted": N_("Accepted"),
    "preparing": N_("Preparing"),
    "ready_for_pickup": N_("Ready for pickup"),
    "picked_up": N_("Picked up"),
    "delivered": N_("Delivered"),
    "collected": N_("Collected"),
    "cancelled": N_("Cancelled"),
    "undeliverable": N_("Undeliverable"),
}
FULFILMENTS = {"pickup": N_("Pickup"), "delivery": N_("Delivery"), "dine_in": N_("Eat in")}
PAYMENTS = {"cash": N_("Cash"), "mpesa": N_("M-Pesa")}
ENDS = frozenset({"delivered", "collected", "cancelled", "undeliverable"})
# The kitchen works on it: cancelling is theirs, asking for it is the customer's.
WITH_THE_KITCHEN = frozenset({"accepted", "preparing", "ready_for_pickup"})
# How an order was cancelled, as the list and the dashboard say it.
CANCELLED = {
    "declined": N_("Declined by the kitchen"),
    "expired": N_("Nobody accepted in time"),
    "customer": N_("Cancelled by the guest"),
    "vendor": N_("Cancelled by the kitchen"),
    "admin": N_("Cancelled by an admin"),
    "payment_failed": N_("Payment failed"),
    "abandoned": N_("Never paid"),
}
CANCELLATION_KINDS = tuple(CANCELLED)
REASONS = {
    "too_busy": N_("Too busy right now"),
    "sold_out": N_("Something is sold out"),
    "closing": N_("Closing soon"),
    "out_of_area": N_("Too far to deliver"),
    "kitchen_problem": N_("A problem in the kitchen"),
    "customer_asked": N_("The customer asked for it"),
    "no_show": N_("Nobody came for it"),
    "duplicate": N_("Ordered twice"),
    "changed_mind": N_("Changed their mind"),
    "not_found": N_("Address or person not found"),
    "vehicle": N_("Trouble with the vehicle"),
    "other": N_("Another reason"),
}
RECALL_WITHIN = timedelta(minutes=15)
RESTORE_WITHIN = timedelta(minutes=10)


def once_paid(scheduled_for: datetime | None) -> str:
    """Where a paid order goes: to the kitchen, or to wait for its time."""
    return "placed" if scheduled_for is None else "scheduled"


def _delivery(order: Order, at: datetime) -> str | None:
    return None if order.fulfilment == "delivery" else _("Only a delivery order leaves with a driver.")


def _no_delivery(order: Order, at: datetime) -> str | None:
    return _("A delivery order leaves with a driver.") if order.fulfilment == "delivery" else None


def _for_now(order: Order, at: datetime) -> str | None:
    return (
        None if once_paid(order.scheduled_for) == "placed" else _("It is for later: it waits, scheduled, for its time.")
    )


def _for_later(order: Order, at: datetime) -> str | None:
    return None if once_paid(order.scheduled_for) == "scheduled" else _("It is for now: it is placed at once.")


def _recently_ready(order: Order, at: datetime) -> str | None:
    return None if at - order.changed_at <= RECALL_WITHIN else _("It was ready for more than 15 minutes.")


def _restorable(order: Order, at: datetime) -> str | None:
    if order.accepted_at is None:
        return _("It was never accepted; it cannot be restored.")
    if order.payment_status in ("refunded", "refunding"):
        return _("The money went back; it cannot be restored.")
    return None if at - order.changed_at <= RESTORE_WITHIN else _("It was cancelled more than 10 minutes ago.")


EDGES: Mapping[tuple[str, str], Edge] = {
    (line.start, line.to): line
    for line in (
        # from               to                  verb             who                        must give a reason, a note
        edge("awaiting_payment", "placed", "settle", "system admin", note="admin", rule=_for_now),
        edge("awaiting_payment", "scheduled", "settle", "system admin", note="admin", rule=_for_later),
        edge("awaiting_payment", "cancelled", "cancel", "system customer admin", reason="admin"),
        edge("scheduled", "placed", "release", "system", may="admin"),
        edge("scheduled", "cancelled", "cancel", "customer vendor admin", reason="vendor admin"),
        edge("placed", "accepted", "accept", "vendor admin system"),
        edge("placed", "cancelled", "decline", "vendor customer admin system", reason="vendor admin"),
        edge("accepted", "preparing", "start", "vendor admin"),
        edge("accepted", "ready_for_pickup", "mark_ready", "vendor admin"),
        edge("preparing", "ready_for_pickup", "mark_ready", "vendor admin"),
        edge("ready_for_pickup", "preparing", "recall", "vendor admin", rule=_recently_ready, asks="vendor admin"),
        edge("ready_for_pickup", "picked_up", "hand_over", "driver vendor admin", rule=_delivery),
        edge("ready_for_pickup", "collected", "hand_over", "vendor admin", rule=_no_delivery),
        edge("picked_up", "delivered", "deliver", "driver admin"),
        # Its reason is not to be decided: the delivery's own machine asks for it as well.
        edge("picked_up", "undeliverable", "give_up", "driver admin", reason="driver admin", asks=""),
        edge("accepted", "cancelled", "cancel", "vendor admin", reason="vendor admin", may="customer"),
        edge("preparing", "cancelled", "cancel", "vendor admin", reason="vendor admin"),
        edge("ready_for_pickup", "cancelled", "cancel", "vendor admin", reason="vendor admin"),
        edge("cancelled", "accepted", "restore", "admin", note="admin", rule=_restorable),
    )
}
