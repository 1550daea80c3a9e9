"""What the API answers, described for its OpenAPI document. Nothing is dumped through these schemas: the answers are
made in domain/order_json.py and beside the views, and a test holds them to what is said here.

Money is whole minor units (cents) beside an ISO 4217 code. Times are ISO 8601 in UTC with `Z`.
"""

from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, fields, validate

from app.contract.identity import Role
from app.domain.order_states import CANCELLATION_KINDS, FULFILMENTS, LABELS, PAYMENTS
from app.domain.ticket_states import LABELS as TICKET_LABELS
from app.models.restaurant import MODES


def _id(about: str = "") -> fields.Integer:
    return fields.Integer(metadata={"description": about} if about else {})


def minor(about: str = "Minor units of `currency`.") -> fields.Integer:
    return fields.Integer(validate=validate.Range(min=0), metadata={"description": about})


def moment(about: str = "", *, empty: bool = False) -> fields.DateTime:
    return fields.DateTime(allow_none=empty, metadata={"description": about} if about else {})


def one_of(words: Any, *, empty: bool = False) -> fields.String:
    return fields.String(validate=validate.OneOf(tuple(words)), allow_none=empty)


class Document(Schema):
    """Every field is always there, but those in `optional`. Clients must bear fields that they do not know."""

    optional: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        unknown = EXCLUDE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Required, unless it is optional."""
        field_obj.required = field_name not in self.optional


def page_of(document: type[Document], name: str) -> type[Document]:
    """A page of a list: `next` is the `after` of the page behind it, null on the last."""
    return type(
        name,
        (Document,),
        {"items": fields.List(fields.Nested(document)), "next": fields.String(allow_none=True), "__doc__": ""},
    )


class Problem(Document):
    """Why something was refused (RFC 9457)."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String(metadata={"description": "A sentence for people."})
    code = fields.String(metadata={"description": "A word for programs."})


class InvalidProblem(Problem):
    """Which fields were not right, by their path: `items.0.quantity`."""

    optional = frozenset({"errors"})
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


class Named(Document):
    """Somebody, as the reader may know them: to a customer, staff are their restaurant, and have no id."""

    id = fields.Integer(allow_none=True)
    name = fields.String()


class ChangedBy(Named):
    """Who made a change, and in which role."""

    role = fields.String()


class ConflictProblem(Problem):
    """What the order or the ticket is now, and where it may go from there by you."""

    optional = frozenset(
        {"current_status", "version", "changed_by", "changed_at", "allowed", "sold_out", "next_time", "payment_id"}
    )
    current_status = fields.String()
    version = fields.Integer()
    changed_by = fields.Nested(ChangedBy)
    changed_at = fields.DateTime()
    allowed = fields.List(fields.String())
    sold_out = fields.List(fields.String(), metadata={"description": "What cannot be ordered now."})
    next_time = moment("`kitchen_full`: what can be ordered for next; null: nothing within a week.", empty=True)
    payment_id = fields.Integer(metadata={"description": "The attempt that is under way."})


# A header of whatever shows rows that a socket then keeps up to date.
POSITION = {
    "Passline-Position": {
        "schema": {"type": "string"},
        "required": True,
        "description": "How far the log of events was before the rows were read: the `since` of a socket that goes on.",
    }
}

# -- Tokens ----------------------------------------------------------------------------------------------------------


class User(Document):
    """Whose token it is."""

    optional = frozenset({"restaurant_id"})
    id = fields.Integer()
    name = fields.String()
    role = one_of(Role)
    restaurant_id = fields.Integer(metadata={"description": "Of vendor staff alone."})


class IssuedToken(Document):
    """A new bearer token. It is told this once and stored as a hash."""

    id = _id("To take it back: DELETE /api/tokens/{id}.")
    token = fields.String()
    expires_at = moment()
    user = fields.Nested(User)


class Token(Document):
    """A bearer token that lasts, without the token."""

    id = fields.Integer()
    created_at = moment()
    expires_at = moment()
    device = fields.String(metadata={"description": "The User-Agent that asked for it."})
    address = fields.String(metadata={"description": "The address that asked for it."})
    current = fields.Boolean(metadata={"description": "Whether this request came with it."})


Tokens = page_of(Token, "Tokens")

# -- Restaurants -----------------------------------------------------------------------------------------------------


class OpeningHours(Document):
    """Open from `opens` to `closes` in the restaurant's zone; `closes` not after `opens`: after midnight."""

    weekday = fields.Integer(validate=validate.Range(0, 6), metadata={"description": "Monday is 0."})
    opens = fields.String(metadata={"description": "HH:MM"})
    closes = fields.String(metadata={"description": "HH:MM"})


class Restaurant(Document):
    """A restaurant. Orders are taken when it is `open` and `accepting`."""

    id = fields.Integer()
    slug = fields.String()
    name = fields.String()
    kitchen = fields.String()
    description = fields.String()
    address = fields.String()
    phone = fields.String()
    time_zone = fields.String()
    currency = fields.String()
    preparation_minutes = fields.Integer()
    delivery_minutes = fields.Integer()
    accepting = fields.Boolean(metadata={"description": "False while the kitchen has paused."})
    mode = fields.String(validate=validate.OneOf(MODES), metadata={"description": "How it takes orders just now."})
    busy_minutes = fields.Integer(metadata={"description": "How many minutes more everything takes now."})
    mode_reason = fields.String(metadata={"description": "Why it is busy or paused, if they said so."})
    mode_until = moment("Until when it is busy or paused, where that is known.", empty=True)
    open = fields.Boolean(metadata={"description": "Whether now lies within the opening hours."})
    opening_hours = fields.List(fields.Nested(OpeningHours))


class MenuItem(Document):
    """Something one can order."""

    id = fields.Integer()
    name = fields.String()
    description = fields.String()
    price = minor("Minor units of the restaurant's `currency`.")
    available = fields.Boolean(metadata={"description": "False while it is sold out."})


class Category(Document):
    """A heading of the menu."""

    id = fields.Integer()
    name = fields.String()
    items = fields.List(fields.Nested(MenuItem))


class RestaurantWithMenu(Restaurant):
    """A restaurant with its menu, and when an order that is placed now would be ready."""

    earliest_time = moment(
        "When a dish is ready at the earliest, before any ride; null: none is taken for now.", empty=True
    )
    kitchen_full = fields.Boolean(
        metadata={"description": "Whether that is later than usual, as there is as much to cook as the kitchen can."}
    )
    categories = fields.List(fields.Nested(Category))


Restaurants = page_of(Restaurant, "Restaurants")

# -- Orders ----------------------------------------------------------------------------------------------------------


class OrderRestaurant(Document):
    """Where it was ordered."""

    id = fields.Integer()
    slug = fields.String()
    name = fields.String()


class OrderCustomer(Document):
    """Who ordered."""

    id = fields.Integer()
    name = fields.String()


class OrderItem(Document):
    """A line of an order, at the price of the moment it was placed."""

    name = fields.String()
    quantity = fields.Integer()
    unit_price = minor("Minor units of the order's `currency`.")
    note = fields.String()


class Cancellation(Document):
    """What kind of end it was, and by whom."""

    kind = one_of(CANCELLATION_KINDS)
    reason_code = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    by = fields.Nested(Named)


class OrderTicket(Document):
    """What an order tells of its delivery; `driver` is who has accepted it."""

    id = fields.Integer()
    ticket_id = fields.String(metadata={"description": "What people call it by."})
    status = one_of(TICKET_LABELS)
    status_label = fields.String()
    driver = fields.Nested(Named, allow_none=True)


class Payment(Document):
    """How it is paid, and whether."""

    status = fields.String()
    method = one_of(PAYMENTS)


class Order(Document):
    """An order. `version` starts at 1 and grows by one with every change of state."""

    id = fields.Integer()
    number = fields.String()
    restaurant = fields.Nested(OrderRestaurant)
    customer = fields.Nested(OrderCustomer)
    status = one_of(LABELS)
    status_label = fields.String()
    version = fields.Integer()
    fulfilment = one_of(FULFILMENTS)
    address = fields.String()
    note = fields.String()
    table = fields.String(
        metadata={"description": "Where in the house it is eaten; empty where nobody said. An addition of Passline's."}
    )
    items = fields.List(fields.Nested(OrderItem))
    total = minor()
    currency = fields.String()
    created_at = moment()
    scheduled_for = moment("When it was ordered for; null: as soon as possible.", empty=True)
    placed_at = moment("When the kitchen received it.", empty=True)
    accept_by = moment("Until when the kitchen may accept; null in every state but `placed`.", empty=True)
    prep_minutes = fields.Integer(allow_none=True)
    promised_from = moment(empty=True)
    promised_by = moment(empty=True)
    cancellation = fields.Nested(Cancellation, allow_none=True)
    stop_acknowledged_at = moment("When the kitchen confirmed that it stopped.", empty=True)
    ticket = fields.Nested(OrderTicket, allow_none=True)
    payment = fields.Nested(Payment)


class PlacedOrder(Order):
    """An order that was just placed."""

    tracking_url = fields.String(
        metadata={"description": "Opens its status page without a log-in. Told this once, in the 201."}
    )


class WalkedOrder(Order):
    """An order after a transition."""

    changed = fields.Boolean(metadata={"description": "False: it was there already, nothing was written."})


Orders = page_of(Order, "Orders")


class Change(Document):
    """A change of state. The first one, from null, is how the order began."""

    from_ = fields.String(data_key="from", allow_none=True, validate=validate.OneOf(tuple(LABELS)))
    to = one_of(LABELS)
    version = fields.Integer()
    actor = fields.Nested(Named)
    role = fields.String()
    reason_code = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    at = moment()


History = page_of(Change, "History")


class CancellationRequest(Document):
    """That the customer asked to cancel. The answer to it is a change of state, or none."""

    id = fields.Integer()
    order_number = fields.String()
    note = fields.String()
    created_at = moment()
