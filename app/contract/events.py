"""Every event of the contract: its name, the room it goes to, its fields, and when it happens.

A line is one message to one kind of room; an event for three rooms has three lines and, on the wire, one `event_id`.
`Message` refuses data whose fields are not exactly those of the line, so no event can drift from this table.
Who builds the data: domain/order_events.py. Who sends it: the gateway, from the log.
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

# -- S3, S4: tickets and drivers (declared; fired when deliveries are built) ---------------------------------------

_TICKET = ("ticket",)
_ASSIGNED = ("ticket_id", "status", *_S4_FIX)
TICKET_EVENTS = (
    Event("TicketOffered", "driver.{id}.tickets", _TICKET, "an offer is made", live=False, stamp=STAMP),
    Event("TicketUpdated", "driver.{id}.tickets", _TICKET, "any change", live=False, stamp=STAMP),
    Event(
        "TicketCancelled",
        "driver.{id}.tickets",
        _TICKET,
        "withdrawn, lapsed, cancelled",
        live=False,
        stamp=STAMP,
    ),
    Event(
        "ticket.offered",
        "customer.{id}.driver-location",
        ("ticket_id", "status", "driver_id", "driver_name", "message"),
        "first offer",
        live=False,
        stamp=STAMP,
    ),
    Event("ticket.assigned", "customer.{id}.driver-location", _ASSIGNED, "assignment", live=False, stamp=STAMP),
    *(
        Event(
            "driver.location.updated",
            room,
            ("ticket_id", *_S4_FIX),
            "a new fix between pickup and delivery; before pickup only minutes_away",
            live=False,
            stamp=STAMP,
        )
        for room in ("customer.{id}.driver-location", "order.{number}", "admin.orders")
    ),
)

# -- S5: payments and guest Wi-Fi (declared; fired when payments are built) ----------------------------------------

_S5 = {
    "PaymentCompleted": (("dashboard-stats", "payments"), ("payment",), "settled"),
    "HotspotUserCreated": (
        ("dashboard-stats", "hotspot-users"),
        ("user", "package"),
        "pass minted: no password",
    ),
    "CredentialsSent": (("dashboard-stats",), ("phone", "sms_status", "sent_at"), "the provider took it"),
    "SessionExpired": (
        ("dashboard-stats", "user.{id}"),
        ("session", "duration", "data_used", "reason"),
        "a Wi-Fi session ended",
    ),
}
PAYMENT_EVENTS = tuple(
    Event(name, room, fields, moment, live=False, stamp=STAMP)
    for name, (heard_in, fields, moment) in _S5.items()
    for room in heard_in
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
    *TICKET_EVENTS,
    *PAYMENT_EVENTS,
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
