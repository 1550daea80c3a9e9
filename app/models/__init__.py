"""What is stored: one file per noun, with its columns, constraints, questions and `visible_to(person)`.

Rules of change live in domain/; facts are stored, what follows from facts is computed. Every table is named here so
that importing the package is enough for migrations.
"""

from .driver import Driver, LiveFix, TrackPoint
from .event_log import EventLog, LogHead
from .idempotency_key import IdempotencyKey
from .menu import Category, MenuItem
from .order import CancellationRequest, Order, OrderItem, OrderTerm
from .order_change import OrderChange
from .person import Person
from .process import Process
from .promise import Promise
from .receipt import Receipt
from .recovery import Recovery
from .restaurant import OpeningHours, Restaurant
from .session import ApiToken, Session
from .ticket import DropProof, Ticket, TicketChange, TicketOffer
from .tracking_link import TrackingLink

__all__ = [
    "ApiToken",
    "CancellationRequest",
    "Category",
    "Driver",
    "DropProof",
    "EventLog",
    "IdempotencyKey",
    "LiveFix",
    "LogHead",
    "MenuItem",
    "OpeningHours",
    "Order",
    "OrderChange",
    "OrderItem",
    "OrderTerm",
    "Person",
    "Process",
    "Promise",
    "Receipt",
    "Recovery",
    "Restaurant",
    "Session",
    "Ticket",
    "TicketChange",
    "TicketOffer",
    "TrackPoint",
    "TrackingLink",
]
