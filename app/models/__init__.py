"""What is stored: one file per noun, with its columns, constraints, questions and `visible_to(person)`.

Rules of change live in domain/; facts are stored, what follows from facts is computed. Every table is named here so
that importing the package is enough for migrations.
"""

from .audit_entry import AuditEntry
from .board import BoardSettings, ItemTick, Print
from .driver import Driver, LiveFix, TrackPoint
from .event_log import EventLog, LogHead
from .idempotency_key import IdempotencyKey
from .job import Job, ScheduledRun
from .menu import Category, MenuItem
from .menu_picture import MenuPicture
from .one_time_link import OneTimeLink
from .order import CancellationRequest, Order, OrderItem, OrderTerm
from .order_change import OrderChange
from .payment import Payment, ProviderMessage, Refund
from .person import Person
from .policy import EdgePolicy, PolicyDefaults, ReasonCode
from .process import Process
from .promise import Promise
from .radius import nas, nasreload, radacct, radcheck, radgroupcheck, radgroupreply, radpostauth, radreply, radusergroup
from .receipt import Receipt
from .recovery import Recovery
from .restaurant import OpeningException, OpeningHours, Restaurant
from .saved_filter import SavedFilter
from .second_factor import RecoveryCode, SecondFactor
from .session import ApiToken, Session
from .sms import SmsMessage
from .ticket import DropProof, Ticket, TicketChange, TicketOffer
from .tracking_link import TrackingLink
from .wifi import HotspotUser, WifiPackage, WifiSession

__all__ = [
    "ApiToken",
    "AuditEntry",
    "BoardSettings",
    "CancellationRequest",
    "Category",
    "Driver",
    "DropProof",
    "EdgePolicy",
    "EventLog",
    "HotspotUser",
    "IdempotencyKey",
    "ItemTick",
    "Job",
    "LiveFix",
    "LogHead",
    "MenuItem",
    "MenuPicture",
    "OneTimeLink",
    "OpeningException",
    "OpeningHours",
    "Order",
    "OrderChange",
    "OrderItem",
    "OrderTerm",
    "Payment",
    "Person",
    "PolicyDefaults",
    "Print",
    "Process",
    "Promise",
    "ProviderMessage",
    "ReasonCode",
    "Receipt",
    "Recovery",
    "RecoveryCode",
    "Refund",
    "Restaurant",
    "SavedFilter",
    "ScheduledRun",
    "SecondFactor",
    "Session",
    "SmsMessage",
    "Ticket",
    "TicketChange",
    "TicketOffer",
    "TrackPoint",
    "TrackingLink",
    "WifiPackage",
    "WifiSession",
    "nas",
    "nasreload",
    "radacct",
    "radcheck",
    "radgroupcheck",
    "radgroupreply",
    "radpostauth",
    "radreply",
    "radusergroup",
]
