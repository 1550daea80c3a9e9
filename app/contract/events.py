"""Every event of the contract: its name, the room it goes to, its fields, and when it happens.

A line is one message to one kind of room; an event for three rooms has three lines and, on the wire, one `event_id`.
`Message` refuses data whose fields are not exactly those of the line, so no event can drift from this table.
Who builds the data: domain/, most of it order_events.py, ticket_events.py and live_fixes.py. Who sends it: the gateway.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import rooms

# Every `data` has these two; those of orders also `order_version`.
STAMP = ("event_id", "occurred_at")
ORDER_STAMP = (*STAMP, "order_version")

_S2_FIELDS = (
    "order_id",
    "order_number",
    "current_status",
    "current_status_label",
    "previous_status",
    "changed_by",
    "total",
    "total_minor",
    "currency",
    "updated_at",
    "user",
    "items_count",
    "items_summary",
)
_S4_FIX = ("driver_id", "driver_name", "latitude", "longitude", "last_location_updated_at", "minutes_away")


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the table. `live` is False where the system that fires it is not built yet."""

    name: str
    room: str
    fields: tuple[str, ...]
    moment: str
    live: bool = True
    stamp: tuple[str, ...] = ORDER_STAMP

    def message(self, room: str, data: Mapping[str, Any]) -> "Message":
        """This event for `room`; ValueError when `data` lacks a field of the line or has one too many."""
        expected = {*self.fields, *self.stamp}
        if data.keys() != expected:
            raise ValueError(f"{self.name} to {self.room}: fields differ by {sorted(expected ^ data.keys())}")
        return Message(self.name, room, data)


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one room, as it goes into one row of the log."""

    name: str
    room: str
    data: Mapping[str, Any]


# -- S1, S2: orders ----------------------------------------------------------------------------------------------

ORDER_RECEIVED = Event("OrderReceived", "vendor-orders.{id}", ("order",), "entry to placed, never earlier")
ORDER_CREATED_FOR_CUSTOMER = Event("OrderCreated", "user.{id}.orders", _S2_FIELDS, "the order is written")
ORDER_CREATED_FOR_ADMIN = Event("OrderCreated", "admin.orders", _S2_FIELDS, "the order is written")

_CHANGED = ("order", "previous_status", "changed_by")
STATUS_CHANGED_FOR_VENDOR = Event("OrderStatusChanged", "vendor-orders.{id}", _CHANGED, "every change of state")
STATUS_CHANGED_FOR_CUSTOMER = Event("OrderStatusChanged", "user.{id}", _CHANGED, "every change of state")
STATUS_CHANGED_FOR_FOLLOWER = Event(
    "OrderStatusChanged",
    "order.{number}",
    ("number", "status", "label", "version", "promised_from", "promised_by"),
    "every change of state; no name, phone, e-mail or address: a link may have been passed on",
)
STATUS_UPDATED_FOR_CUSTOMER = Event("order.status.updated", "user.{id}.orders", _S2_FIELDS, "every change of state")
STATUS_UPDATED_FOR_ADMIN = Event("order.status.updated", "admin.orders", _S2_FIELDS, "every change of state")

# Two facts of an order that are no change of state (Passline's own addition to the contract): the version stays.
CANCELLATION_REQUESTED_FOR_VENDOR = Event(
    "OrderCancellationRequested", "vendor-orders.{id}", ("order", "note"), "a customer asks to cancel"
)
CANCELLATION_REQUESTED_FOR_ADMIN = Event(
    "OrderCancellationRequested", "admin.orders", ("order", "note"), "a customer asks to cancel"
)
STOP_ACKNOWLEDGED_FOR_VENDOR = Event(
    "OrderStopAcknowledged", "vendor-orders.{id}", ("order",), "the kitchen confirms that it stopped"
)
STOP_ACKNOWLEDGED_FOR_ADMIN = Event(
    "OrderStopAcknowledged", "admin.orders", ("order",), "the kitchen confirms that it stopped"
)

# A line of an order was ticked off in the kitchen, or its tick was taken back (Passline's own): the version stays.
ITEM_TICKED = Event(
    "OrderItemTicked", "vendor-orders.{id}", ("order_number", "item_id", "done"), "a line was made, or is not after all"
)

# What admins decided about orders (Passline's own): `restaurant_id` null means all of them. Buttons are drawn anew.
POLICY_CHANGED = tuple(
    Event(
        "PolicyChanged", room, ("restaurant_id", "version"), "an admin changed roles, reasons or deadlines", stamp=STAMP
    )
    for room in ("vendor-orders.{id}", "admin.orders")
)
_DUE = ("order_number", "due_at")
_DUE_MOMENT = "an admin moved the deadline of an open order; the kitchen hears of those that it may see"
DEADLINE_MOVED = tuple(
    Event("OrderDeadlineMoved", room, _DUE, _DUE_MOMENT)
    for room in ("vendor-orders.{id}", "user.{id}", "order.{number}", "admin.orders")
)

# How a restaurant takes orders just now, and that its menu changed (Passline's own): its screens are drawn anew.
RESTAURANT_CHANGED = Event(
    "RestaurantChanged",
    "vendor-orders.{id}",
    ("restaurant",),
    "its mode (normal, busy, paused) or what can be had of its menu changed",
    stamp=STAMP,
)

# When its board warns and which words are an allergy (Passline's own): every card is drawn anew.
BOARD_CHANGED = Event(
    "BoardChanged",
    "vendor-orders.{id}",
    ("restaurant_id",),
    "a restaurant changed the settings of its board",
    stamp=STAMP,
)

# -- S3, S4: tickets and drivers ------------------------------------------------------------------------------------

_TICKET = ("ticket",)
_ASSIGNED = ("ticket_id", "status", *_S4_FIX)
TICKET_OFFERED = Event("TicketOffered", "driver.{id}.tickets", _TICKET, "an offer is made", stamp=STAMP)
TICKET_UPDATED = Event(
    "TicketUpdated", "driver.{id}.tickets", _TICKET, "any change of the ticket or its order", stamp=STAMP
)
TICKET_CANCELLED = Event(
    "TicketCancelled", "driver.{id}.tickets", _TICKET, "withdrawn, lapsed, declined, cancelled", stamp=STAMP
)
DRIVER_SOUGHT = Event(
    "ticket.offered",
    "customer.{id}.driver-location",
    ("ticket_id", "status", "driver_id", "driver_name", "message"),
    "first offer, and the first after a driver gave it back; nobody is named before they have accepted",
    stamp=STAMP,
)
DRIVER_ASSIGNED = Event("ticket.assigned", "customer.{id}.driver-location", _ASSIGNED, "assignment", stamp=STAMP)

# Passline's own additions: what the other screens need to follow a delivery.
_DELIVERY = ("order_number", "ticket")
_DELIVERY_MOMENT = "every change of a ticket; `ticket` is what the order's document says of it"
DELIVERY_UPDATED_FOR_VENDOR = Event("DeliveryUpdated", "vendor-orders.{id}", _DELIVERY, _DELIVERY_MOMENT)
DELIVERY_UPDATED_FOR_CUSTOMER = Event("DeliveryUpdated", "user.{id}", _DELIVERY, _DELIVERY_MOMENT)
DELIVERY_UPDATED_FOR_ADMIN = Event("DeliveryUpdated", "admin.orders", _DELIVERY, _DELIVERY_MOMENT)
DELIVERY_UPDATED_FOR_FOLLOWER = Event(
    "DeliveryUpdated", "order.{number}", ("order_number", "status", "label"), "every change of a ticket; no name"
)
_PROMISE = ("order_number", "promised_from", "promised_by", "reason")
_PROMISE_MOMENT = "the promised window moves while the order's state stays"
PROMISE_MOVED = tuple(
    Event("OrderPromiseMoved", room, _PROMISE, _PROMISE_MOMENT)
    for room in ("vendor-orders.{id}", "user.{id}", "order.{number}", "admin.orders")
)
_DUTY = ("driver_id", "driver_name", "on", "reason", "message")
DUTY_CHANGED_FOR_DRIVER = Event(
    "DriverDutyChanged", "driver.{id}.tickets", _DUTY, "on or off duty, by whomever", stamp=STAMP
)
DUTY_CHANGED_FOR_ADMIN = Event("DriverDutyChanged", "admin.dispatch", _DUTY, "on or off duty, by whomever", stamp=STAMP)

# -- S4: where the driver is. Not rows of the log: newest only, without a position, not replayed (live_fixes.py) -----

DRIVER_MOVED = "driver.location.updated"
DRIVER_MOVED_FOR_CUSTOMER, DRIVER_MOVED_FOR_FOLLOWER, DRIVER_MOVED_FOR_ADMIN = FIXES = tuple(
    Event(DRIVER_MOVED, room, ("ticket_id", *_S4_FIX), moment, stamp=STAMP)
    for room, moment in (
        ("customer.{id}.driver-location", "a new fix from assignment to delivery; before pickup only minutes_away"),
        ("order.{number}", "a new fix between pickup and delivery; `driver_name` is null"),
        ("admin.dispatch", "a new fix of any driver on duty"),
    )
)

# -- S5: payments and guest Wi-Fi ----------------------------------------------------------------------------------

_PASS = ("user", "package")
_ENDED = ("session", "duration", "data_used", "reason")
PAYMENT_COMPLETED = tuple(
    Event("PaymentCompleted", room, ("payment",), "settled", stamp=STAMP) for room in ("dashboard-stats", "payments")
)
HOTSPOT_USER_CREATED = tuple(
    Event("HotspotUserCreated", room, _PASS, "pass minted: no password", stamp=STAMP)
    for room in ("dashboard-stats", "hotspot-users")
)
CREDENTIALS_SENT = Event(
    "CredentialsSent",
    "dashboard-stats",
    ("phone", "sms_status", "sent_at"),
    "the provider took it",
    stamp=STAMP,
)
SESSION_EXPIRED, SESSION_EXPIRED_FOR_GUEST = (
    Event("SessionExpired", room, _ENDED, "a Wi-Fi session ended", stamp=STAMP)
    for room in ("dashboard-stats", "user.{id}")
)

# -- For the gateway itself ----------------------------------------------------------------------------------------

ACCESS_ENDED = Event(
    "access.ended",
    rooms.ACCESS,
    ("credential", "person_id", "reason"),
    "a session, token or link ended, or a person's role, restaurant, password or activity changed",
    stamp=STAMP,
)

EVENTS: tuple[Event, ...] = (
    ORDER_RECEIVED,
    ORDER_CREATED_FOR_CUSTOMER,
    ORDER_CREATED_FOR_ADMIN,
    STATUS_CHANGED_FOR_VENDOR,
    STATUS_CHANGED_FOR_CUSTOMER,
    STATUS_CHANGED_FOR_FOLLOWER,
    STATUS_UPDATED_FOR_CUSTOMER,
    STATUS_UPDATED_FOR_ADMIN,
    CANCELLATION_REQUESTED_FOR_VENDOR,
    CANCELLATION_REQUESTED_FOR_ADMIN,
    STOP_ACKNOWLEDGED_FOR_VENDOR,
    STOP_ACKNOWLEDGED_FOR_ADMIN,
    ITEM_TICKED,
    *POLICY_CHANGED,
    *DEADLINE_MOVED,
    RESTAURANT_CHANGED,
    BOARD_CHANGED,
    TICKET_OFFERED,
    TICKET_UPDATED,
    TICKET_CANCELLED,
    DRIVER_SOUGHT,
    DRIVER_ASSIGNED,
    DELIVERY_UPDATED_FOR_VENDOR,
    DELIVERY_UPDATED_FOR_CUSTOMER,
    DELIVERY_UPDATED_FOR_ADMIN,
    DELIVERY_UPDATED_FOR_FOLLOWER,
    *PROMISE_MOVED,
    DUTY_CHANGED_FOR_DRIVER,
    DUTY_CHANGED_FOR_ADMIN,
    *FIXES,
    *PAYMENT_COMPLETED,
    *HOTSPOT_USER_CREATED,
    CREDENTIALS_SENT,
    SESSION_EXPIRED,
    SESSION_EXPIRED_FOR_GUEST,
    ACCESS_ENDED,
)


def access_ended(*, credential: str | None, person_id: int | None, reason: str, stamp: Mapping[str, Any]) -> Message:
    """The row that ends an access: of one `credential`, or (None) of everything that `person_id` holds.

    `reason` is one of the names in gateway/refusals.py; the gateway closes the sockets, and a person who may come
    back is put into the rooms of who they are then.
    """
    return ACCESS_ENDED.message(
        rooms.ACCESS, {"credential": credential, "person_id": person_id, "reason": reason, **stamp}
    )
