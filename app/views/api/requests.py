"""What the API is told: the bodies and queries of its calls. An unknown field is refused, by name.

Bounds are those of the columns (models/) and of the verbs (domain/).
"""

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from app.domain import passwords
from app.domain.deliveries import LARGEST_PHOTO
from app.domain.fixes import LEAST_ACCURATE_M
from app.domain.order_placement import MOST_LINES
from app.domain.order_states import FULFILMENTS, LABELS, PAYMENTS, REASONS
from app.domain.ticket_states import LABELS as TICKET_LABELS
from app.models.order import LONGEST_ADDRESS, LONGEST_LINE_NOTE, LONGEST_NOTE, MOST_OF_ONE, MOST_PREP_MINUTES
from app.models.policy import LONGEST_CODE

from .fields import BIGGEST_ID, Base64, Choice, Digits, Flag, Moment, Number, Text, Whole

_BIGGEST_VERSION = 2**31 - 1
# An admin may add some, and end some, for a restaurant or for all: another one is refused with those that there are.
_REASONS = f"{', '.join(REASONS)}, or what the restaurant has besides."
MOST_ON_A_PAGE = 100
_PREP_MINUTES = (
    "With `accepted`: minutes from now. Left out: the restaurant's, or until the time that its guest wished for or "
    "that a full kitchen gave it."
)
_CURSOR = Text(60, about="`next` of the page before this one.")
_LIMIT = Digits(1, MOST_ON_A_PAGE, load_default=50, about="How many at most.")


class Nothing(Schema):
    """A call that needs nothing said."""


class Credentials(Schema):
    """Whose token is asked for."""

    email = Text(254, shortest=1, required=True)
    password = Text(passwords.LONGEST, shortest=1, required=True)
    otp = Text(40, shortest=1, about="The code of the second factor, or a recovery code, where the account has one.")


class Paging(Schema):
    """Which page of a list."""

    after = _CURSOR
    limit = _LIMIT


class OrderFilter(Schema):
    """Which orders, newest first; an empty text counts as not given."""

    status = Choice(("", *LABELS))
    restaurant = Text(60, about="A restaurant's slug.")
    q = Text(100, about="Beginnings of words: number, customer's name, digits of the phone.")
    after = _CURSOR
    limit = _LIMIT


class Line(Schema):
    """So many of one item of the menu."""

    menu_item_id = Whole(1, BIGGEST_ID, required=True)
    quantity = Whole(1, MOST_OF_ONE, required=True)
    note = Text(LONGEST_LINE_NOTE, about="For the kitchen.")


class NewOrder(Schema):
    """What is ordered, and how it reaches the guest."""

    restaurant = Text(60, shortest=1, required=True, about="The restaurant's slug.")
    items = fields.List(fields.Nested(Line), required=True, validate=validate.Length(1, MOST_LINES))
    fulfilment = Choice(FULFILMENTS, required=True)
    payment = Choice(PAYMENTS, required=True)
    address = Text(LONGEST_ADDRESS, load_default="", about="Needed for a delivery.")
    latitude = Number(-90, 90, about="Where the address is, if the device knows; with `longitude`.")
    longitude = Number(-180, 180)
    note = Text(LONGEST_NOTE, load_default="", about="For the kitchen.")
    scheduled_for = Moment(about="When it shall be ready, up to 7 days from now. Left out: as soon as possible.")

    @validates_schema
    def _place_is_whole(self, data: dict[str, object], **_more: object) -> None:
        missing = {"latitude", "longitude"} - data.keys()
        if len(missing) == 1:
            raise ValidationError("Say both, or neither.", missing.pop())


class Transition(Schema):
    """Where an order shall go. What must come with it depends on the edge and on who walks it."""

    to = Choice(LABELS, required=True)
    expected_version = Whole(
        1, _BIGGEST_VERSION, about="The version on your screen: refused when it is another by now."
    )
    reason_code = Text(LONGEST_CODE, about=f"Staff must say why they decline or cancel: {_REASONS}")
    note = Text(LONGEST_NOTE, about="An admin must write why, or a reference, where an order is restored or settled.")
    prep_minutes = Whole(1, MOST_PREP_MINUTES, about=_PREP_MINUTES)
    handover_code = Text(8, about="With `picked_up`: what the guest's order is called for with.")
    occurred_at = Moment(about="The device's clock, kept beside the server's.")


class NewDuty(Schema):
    """Whether a driver takes offers."""

    on = Flag(required=True)


class Step(Schema):
    """What may come with any step of a delivery; what a step has no use for is not looked at."""

    expected_version = Whole(
        1, _BIGGEST_VERSION, about="The version on your screen: refused when it is another by now."
    )
    occurred_at = Moment(
        about="The device's clock, for what happened in a dead zone: believed from the last change until now, for 2 h."
    )
    handover_code = Text(8, about="With `picked-up`: what the restaurant says.")
    reason_code = Text(LONGEST_CODE, about=f"Needed with `failed`; may come with `decline`: {_REASONS}")
    note = Text(LONGEST_NOTE, about="With `delivered`: where it was left, where the restaurant asks for a note.")


class Delivery(Step):
    """The last step, with what the restaurant asks to be shown (`drop_proof`)."""

    drop_code = Text(8, about="What the guest says at the door.")
    photo = Base64(
        LARGEST_PHOTO,
        about=f"A JPEG, PNG or WebP of at most {LARGEST_PHOTO // 1000} kB, in base64.",
    )


class NewFix(Schema):
    """Where a driver is: degrees (WGS 84), metres."""

    latitude = Number(-90, 90, required=True)
    longitude = Number(-180, 180, required=True)
    accuracy = Number(0, LEAST_ACCURATE_M, about="Metres that it may be wrong by.")
    recorded_at = Moment(about="The device's clock, at most 15 minutes ago. Left out: now.")


class NewTicket(Schema):
    """Which order shall be delivered."""

    order_number = Text(16, shortest=1, required=True)


class TicketFilter(Schema):
    """Which tickets, newest first; an empty text counts as not given."""

    status = Choice(("", *TICKET_LABELS))
    after = _CURSOR
    limit = _LIMIT


class NewOffer(Schema):
    """Who shall be asked."""

    driver_id = Whole(1, BIGGEST_ID, required=True)
    expected_version = Whole(1, _BIGGEST_VERSION, about="Refused when the ticket's is another by now.")


class Withdrawal(Schema):
    """Why it is taken from them."""

    note = Text(LONGEST_NOTE)
    expected_version = Whole(1, _BIGGEST_VERSION, about="Refused when the ticket's is another by now.")


class NewCancellationRequest(Schema):
    """Why the customer would like to cancel what the kitchen works on."""

    note = Text(LONGEST_NOTE, load_default="")


class NewPayment(Schema):
    """What is paid, from which phone."""

    order_number = Text(16, shortest=1, about="An order of yours that waits for its payment. This or the next.")
    wifi_package_id = Whole(1, BIGGEST_ID, about="Guest Wi-Fi; needs no account.")
    phone = Text(30, shortest=1, required=True, about="Whose M-Pesa is asked. Without a country's code: Kenya.")
    provider = Choice(("mpesa",), load_default="mpesa")

    @validates_schema
    def _is_for_one_thing(self, data: dict[str, object], **_more: object) -> None:
        if len({"order_number", "wifi_package_id"} & data.keys()) != 1:
            raise ValidationError("Say either order_number or wifi_package_id.", "order_number")


class KnownPayment(Schema):
    """How a payment is known without an account."""

    transaction_id = Text(32, about="As it was told when the payment was begun.")
