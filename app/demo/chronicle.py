"""The rows of orders: a story and a moment become an order with its items, its whole history and its words.

What a verb would have written stands in the rows: the version counts the steps, promises and prices are those of the
time, who took the last step is on the order. What is missing on purpose is the log of events: nobody waits for those.
"""

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.domain.codes import ALPHABET
from app.domain.order_clock import PROMISE_WIDTH
from app.domain.order_placement import NUMBER_LENGTH
from app.models import CancellationRequest, Order, OrderChange, OrderItem, OrderTerm, Payment

from . import bulk
from .bulk import instant
from .calendar import Moment
from .cast import Cast
from .course import Course
from .restaurants import Place

_PROMISE_WIDTH = PROMISE_WIDTH // timedelta(milliseconds=1)
_NUMBERS = len(ALPHABET) ** NUMBER_LENGTH
# Shares no factor with _NUMBERS: multiplied by it, different ids give different numbers that look like dice.
_SPREAD = 13_466_917_147

_ORDER_NOTES = (
    "Please ring twice, the bell is shy.",
    "Leave it with the guard at the gate.",
    "It is a birthday: a candle, if you have one?",
    "No cutlery, thank you.",
    "Allergic to peanuts. Really.",
    "Third floor, no lift. Sorry!",
)
_ITEM_NOTES = ("no onion", "extra spicy", "sauce on the side", "well done", "without coriander", "cut in half, please")

# How many dishes an order has, and how many of each: a line's length is how often.
_MANY = (1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 7)
_OF_EACH = (1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 4)
_ASKED_BEFORE = 75_000

_ORDER = (
    "id number restaurant_id customer_id status version fulfilment address note currency total_minor items_count "
    "payment_method payment_status created_at confirmed_at scheduled_for placed_at accepted_at prep_minutes "
    "promised_from promised_by handover_code changed_at changed_by_id changed_by_name changed_by_role "
    "cancellation_kind cancellation_reason cancellation_note stop_acknowledged_at"
)
_ITEM = "order_id menu_item_id name quantity unit_price_minor note"
_CHANGE = "order_id version from_status to_status actor_id actor_name role reason_code note at"
_TERM = "term order_id"
_REQUEST = "order_id person_id note created_at"
_PAYMENT = (
    "transaction_id callback_token method status version order_id person_id phone amount_minor currency receipt "
    "created_at prompted_at changed_at settled_at queries"
)

Row = tuple[Any, ...]


def number_of(order_id: int) -> str:
    """The number of the demo's order with this id: spelt as any other, another one for each id."""
    rest = order_id * _SPREAD % _NUMBERS
    digits = []
    for _ in range(NUMBER_LENGTH):
        rest, digit = divmod(rest, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(digits)


@dataclass(slots=True)
class Chronicle:
    """Collects the rows of orders until they are written."""

    places: Sequence[Place]
    cast: Cast
    rng: random.Random
    orders: list[Row] = field(default_factory=list)
    items: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    terms: list[tuple[str, int]] = field(default_factory=list)
    requests: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)

    def tell(self, order_id: int, moment: Moment) -> None:
        """The order that begins at `moment`; its guest is a regular more often than not."""
        place = self.places[moment.place]
        guests = self.cast.guests[place.town]
        guest = guests[int(len(guests) * self.rng.random() ** 1.5)]
        course = Course(moment.story, place, self.cast, guest, moment.slot, self.rng)
        course.begin(moment.at)
        self.record(order_id, course)

    def record(self, order_id: int, course: Course) -> None:
        """Collect the rows of the order that `course` has become."""
        rng, number, place, guest = self.rng, number_of(order_id), course.place, course.guest
        lines = self._lines(order_id, place)
        self.items.extend(lines)
        self.terms.extend((term, order_id) for term in (number.lower(), *guest.words))
        for change in course.history:
            version, previous, status, by, reason, note, at = change
            self.changes.append((order_id, version, previous, status, *by, reason, note, instant(at)))
        if course.reason == "customer_asked":
            self.requests.append((order_id, guest.who.id, course.note or "", instant(course.changed - _ASKED_BEFORE)))
        total = sum(quantity * price for _, _, _, quantity, price, _ in lines)
        if course.payment[1] == "paid" and total:
            self.payments.append(_payment(order_id, number, course, total))
        self.orders.append(
            (
                *(order_id, number, place.restaurant.id, guest.who.id, course.status, course.version),
                course.fulfilment,
                guest.address if course.fulfilment == "delivery" else "",
                rng.choice(_ORDER_NOTES) if rng.random() < 0.06 else "",
                place.restaurant.currency,
                total,
                sum(quantity for _, _, _, quantity, _, _ in lines),
                *course.payment,
                *map(_instant, (course.begun, course.confirmed, course.slot, course.placed, course.accepted)),
                course.prep_minutes,
                *(instant(course.promised), instant(course.promised + _PROMISE_WIDTH)),
                f"{rng.randrange(10_000):04}",
                *(instant(course.changed), *course.by),
                *(course.kind, course.reason, course.note, _instant(course.stopped)),
            )
        )

    def write(self, session: Session) -> int:
        """Put all that was collected into the database and forget it; how many rows."""
        # In the order of the terms' own index, which is their table: its pages are filled one after the other.
        self.terms.sort()
        written = 0
        for model, columns, rows in (
            (Order, _ORDER, self.orders),
            (OrderItem, _ITEM, self.items),
            (OrderChange, _CHANGE, self.changes),
            (OrderTerm, _TERM, self.terms),
            (CancellationRequest, _REQUEST, self.requests),
            (Payment, _PAYMENT, self.payments),
        ):
            bulk.write(session, model.__table__, columns.split(), rows)
            written += len(rows)
            rows.clear()
        return written

    def _lines(self, order_id: int, place: Place) -> list[tuple[int, int, str, int, int, str]]:
        """What was ordered: each dish once, most of them single."""
        rng = self.rng
        dishes = rng.choices(place.dishes, cum_weights=place.appetites, k=_MANY[int(rng.random() * len(_MANY))])
        return [
            (
                *(order_id, dish.id, dish.name, _OF_EACH[int(rng.random() * len(_OF_EACH))], dish.price_minor),
                rng.choice(_ITEM_NOTES) if rng.random() < 0.05 else "",
            )
            for dish in dict.fromkeys(dishes)
        ]


def _payment(order_id: int, number: str, course: Course, total: int) -> Row:
    """The money of a paid order: cash when the food changed hands, M-Pesa before the kitchen saw it."""
    method, currency = course.payment[0], course.place.restaurant.currency
    names = (secrets.token_hex(16), secrets.token_hex(16), method, "paid")
    if method == "cash":
        taken = instant(course.changed)
        return (*names, 1, order_id, course.by.id, "", total, currency, None, taken, None, taken, taken, 0)
    begun, came = instant(course.begun), _instant(course.confirmed)
    return (*names, 3, order_id, course.guest.who.id, "", total, currency, f"S{number}", begun, begun, came, came, 0)


def _instant(millis: int | None) -> str | None:
    return None if millis is None else instant(millis)
