"""What the API answers about deliveries, described for its OpenAPI document, as documents.py does for orders.

The tickets themselves are made in domain/ticket_json.py. Places are degrees (WGS 84), distances metres.
"""

from marshmallow import fields

from app.domain.order_states import LABELS as ORDER_LABELS
from app.domain.ticket_states import LABELS

from .documents import Document, Named, minor, moment, one_of


def _degrees(about: str = "") -> fields.Float:
    return fields.Float(allow_none=True, metadata={"description": about} if about else {})


# -- The ticket, as drivers and admins know it -----------------------------------------------------------------------


class TicketOrder(Document):
    """What is delivered."""

    number = fields.String()
    status = one_of(ORDER_LABELS)
    items_count = fields.Integer()
    note = fields.String()
    to_collect_minor = minor("What the guest pays at the door; 0: it is paid.")


class TicketRestaurant(Document):
    """Where it is fetched."""

    id = fields.Integer()
    name = fields.String()
    address = fields.String()
    phone = fields.String()
    latitude = _degrees()
    longitude = _degrees()


class TicketCustomer(Document):
    """Who receives it."""

    name = fields.String()
    phone = fields.String(
        allow_none=True, metadata={"description": "Whole for admins and for the driver under way with it, else masked."}
    )


class Offer(Document):
    """That a driver is or was asked, and why this one."""

    id = fields.Integer()
    status = one_of(("open", "accepted", "declined", "lapsed", "withdrawn"))
    offered_at = moment()
    lapses_at = moment("Until when there is an answer, on the server's clock.")
    answered_at = moment(empty=True)
    reason = fields.String(metadata={"description": "Why it was this driver."})
    distance_m = fields.Integer(allow_none=True, metadata={"description": "To the restaurant; null: not known."})


class _Ticket(Document):
    """A ticket. `version` starts at 1 and grows by one with every change of state."""

    id = fields.Integer()
    ticket_id = fields.String(metadata={"description": "What people call it by."})
    status = one_of(LABELS)
    status_label = fields.String()
    version = fields.Integer()
    order = fields.Nested(TicketOrder)
    restaurant = fields.Nested(TicketRestaurant)
    location = fields.String(metadata={"description": "The address that it goes to."})
    latitude = _degrees("Of that address; null: not known.")
    longitude = _degrees()
    customer = fields.Nested(TicketCustomer)
    driver = fields.Nested(Named, allow_none=True)
    distance_m = fields.Integer(allow_none=True, metadata={"description": "From the restaurant; null: not known."})
    pay_minor = minor("What the driver earns, in minor units of `currency`.")
    currency = fields.String()
    drop_proof = one_of(("none", "code", "photo", "note"))
    ready_at = moment("When the food will be ready, as far as is known.", empty=True)
    promised_by = moment(empty=True)
    allowed = fields.List(
        one_of(LABELS), metadata={"description": "The states that you may take it to from where it is."}
    )
    changed_at = moment()


class Ticket(_Ticket):
    """A delivery ticket, as its driver may know it; `offer` is the one that waits for your answer."""

    offer = fields.Nested(Offer, allow_none=True)


class WalkedTicket(Ticket):
    """A ticket after a step."""

    changed = fields.Boolean(metadata={"description": "False: it was there already, nothing was written."})


# -- For drivers -----------------------------------------------------------------------------------------------------


class Duty(Document):
    """Whether a driver takes offers, and why not."""

    on = fields.Boolean()
    reason = one_of(("self", "lapses", "admin"), empty=True)
    message = fields.String(metadata={"description": "The same in a sentence."})


class ChangedDuty(Duty):
    """The duty after it was set."""

    changed = fields.Boolean(metadata={"description": "False: it was so already, nothing was written."})


class DriverTickets(Document):
    """A driver's work."""

    duty = fields.Nested(Duty)
    items = fields.List(fields.Nested(Ticket))
    waiting = fields.List(fields.Nested(Ticket))
    next = fields.String(allow_none=True)


class Taken(Document):
    """That a fix was taken."""

    newest = fields.Boolean(metadata={"description": "False: a later one is here already; it is a point of the track."})
