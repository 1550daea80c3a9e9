"""What the API answers about deliveries, described for its OpenAPI document, as documents.py does for orders.

The tickets themselves are made in domain/ticket_json.py. Places are degrees (WGS 84), distances metres.
"""

from marshmallow import fields, validate

from app.domain.order_states import LABELS as ORDER_LABELS
from app.domain.ticket_states import LABELS

from .documents import Document, Named, OrderTicket, minor, moment, one_of, page_of

# What is shown at the door, and why somebody is off duty (models/restaurant.py, models/driver.py).
_PROOFS = ("none", "code", "photo", "note")
_OFF_DUTY = ("self", "lapses", "admin")


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

    name = fields.String(metadata={"description": "An initial, unless you are asked for it or have it."})
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
    location = fields.String(
        metadata={
            "description": "The address that it goes to; without numbers, unless you are asked for it or have it."
        }
    )
    latitude = _degrees("Of that address; null: not known, or not for you.")
    longitude = _degrees()
    customer = fields.Nested(TicketCustomer)
    driver = fields.Nested(Named, allow_none=True)
    distance_m = fields.Integer(allow_none=True, metadata={"description": "From the restaurant; null: not known."})
    pay_minor = minor("What the driver earns, in minor units of `currency`.")
    currency = fields.String()
    drop_proof = one_of(_PROOFS)
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
    reason = one_of(_OFF_DUTY, empty=True)
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


class TakenFix(Document):
    """That a fix was taken."""

    newest = fields.Boolean(metadata={"description": "False: a later one is here already; it is a point of the track."})


# -- For guests ------------------------------------------------------------------------------------------------------


class GuestTicket(OrderTicket):
    """The delivery of an order of one's own."""

    order_number = fields.String()
    drop_code = fields.String(
        allow_none=True,
        metadata={
            "description": "What is said at the door; null unless the restaurant asks and a driver is under way."
        },
    )


class GuestFix(Document):
    """What `driver.location.updated` says: before pickup only minutes, after it a place."""

    ticket_id = fields.Integer()
    driver_id = fields.Integer()
    driver_name = fields.String()
    latitude = _degrees()
    longitude = _degrees()
    last_location_updated_at = moment(empty=True)
    minutes_away = fields.Integer(allow_none=True, metadata={"description": "Until the door; null: nobody can say."})


class Promise(Document):
    """A window that was promised, and why it was that one."""

    promised_from = moment()
    promised_by = moment()
    reason = fields.String()
    at = moment()


class FollowedTicket(GuestTicket):
    """A delivery, where it is, and what was promised."""

    fix = fields.Nested(GuestFix, allow_none=True)
    promises = fields.List(fields.Nested(Promise))


# -- For admins ------------------------------------------------------------------------------------------------------


class AdminOffer(Offer):
    """An offer, with whom it was made to and by whom."""

    driver = fields.Nested(Named)
    offered_by = fields.String()


class AdminTicket(_Ticket):
    """A ticket; `offer` is the one that is open."""

    offer = fields.Nested(AdminOffer, allow_none=True)


AdminTickets = page_of(AdminTicket, "AdminTickets")


class ActedTicket(Document):
    """A ticket after a dispatcher did something."""

    message = fields.String()
    ticket = fields.Nested(AdminTicket)


class Considered(Document):
    """A driver on duty, as they were weighed when somebody was asked. `why_not` is empty for those who were free."""

    driver_id = fields.Integer()
    name = fields.String()
    distance_m = fields.Integer(allow_none=True)
    seen_seconds_ago = fields.Integer(allow_none=True)
    asked_seconds_ago = fields.Integer(allow_none=True)
    why_not = fields.String()


class WeighedOffer(AdminOffer):
    """An offer, with everybody who was weighed for it."""

    decline_reason = fields.String(allow_none=True)
    considered = fields.List(fields.Nested(Considered))


class TicketChange(Document):
    """A change of state. `at` is the server's clock, `occurred_at` the device's."""

    from_ = fields.String(data_key="from", allow_none=True, validate=validate.OneOf(tuple(LABELS)))
    to = one_of(LABELS)
    version = fields.Integer()
    actor = fields.Nested(Named)
    role = fields.String()
    reason_code = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    at = moment()
    occurred_at = moment(empty=True)


class Fix(Document):
    """Where a driver was. `fixed_at` is the device's clock."""

    latitude = fields.Float()
    longitude = fields.Float()
    accuracy = fields.Float(allow_none=True, metadata={"description": "Metres."})
    fixed_at = moment()
    received_at = moment()


class Proof(Document):
    """What the driver showed for the delivery."""

    kind = one_of(_PROOFS)
    note = fields.String()
    at = moment()


class WholeTicket(AdminTicket):
    """A ticket with everything that is known of it."""

    offers = fields.List(fields.Nested(WeighedOffer))
    history = fields.List(fields.Nested(TicketChange))
    track = fields.List(fields.Nested(Fix))
    promises = fields.List(fields.Nested(Promise))
    proof = fields.Nested(Proof, allow_none=True)


class BriefTicket(Document):
    """Which ticket."""

    id = fields.Integer()
    ticket_id = fields.String()
    status = one_of(LABELS)


class DriverDuty(Document):
    """Whether on duty, since when, and why not."""

    on = fields.Boolean()
    reason = one_of(_OFF_DUTY, empty=True)
    since = moment(empty=True)


class AdminDriver(Document):
    """A driver."""

    id = fields.Integer()
    name = fields.String()
    phone = fields.String(allow_none=True)
    duty = fields.Nested(DriverDuty)
    fix = fields.Nested(Fix, allow_none=True)
    busy_with = fields.Nested(BriefTicket, allow_none=True)
    asked_for = fields.Nested(BriefTicket, allow_none=True)
    delivered_today = fields.Integer()


AdminDrivers = page_of(AdminDriver, "AdminDrivers")
