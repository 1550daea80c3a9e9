"""Placing an order: what is asked for is checked against the restaurant and its menu, and frozen at today's price."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.contract.times import now
from app.errors import Conflict, Forbidden, Invalid, RestaurantClosed
from app.extensions import atomic, db
from app.language import gettext as _
from app.models import MenuItem, Order, OrderItem, OrderTerm, Person, Restaurant
from app.models.order import LONGEST_TABLE, MOST_OF_ONE

from . import busy, codes, order_clock, orders, tracking
from .actor import name_of
from .order_search import terms
from .order_states import FULFILMENTS, PAYMENTS, once_paid
from .order_transition import begin

NUMBER_LENGTH = 7
MOST_LINES = 50
SCHEDULE_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Line:
    """So many of one item, with a note for the kitchen."""

    menu_item_id: int
    quantity: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A placed order and the token of its tracking link, which is told this once and stored only as a hash."""

    order: Order
    tracking_token: str


def place(
    customer: Person,
    restaurant: Restaurant,
    lines: Sequence[Line],
    *,
    fulfilment: str,
    payment: str,
    address: str = "",
    note: str = "",
    table: str = "",
    scheduled_for: datetime | None = None,
    door: tuple[float, float] | None = None,
) -> Placed:
    """Place an order of `customer` with `restaurant`; the kitchen receives it now, when paid, or when its time comes.

    `table`: where in the house it is eaten, of `dine_in` alone.
    `door`: latitude and longitude of the address in degrees, where the guest's device knows them.
    Refuses with Forbidden (no customer), RestaurantClosed (paused, or closed then), Invalid (what was asked for) and
    Conflict (an item is sold out).
    """
    if customer.role != "customer":
        raise Forbidden(_("Only customers place orders."))
    at = now()
    items = _check(restaurant, lines, fulfilment, payment, address, scheduled_for, at)
    if door is not None:
        _check_place(door)
    with atomic() as session:
        order = Order(
            number=_fresh_number(session),
            restaurant=restaurant,
            customer=customer,
            status=once_paid(scheduled_for) if payment == "cash" else "awaiting_payment",
            version=1,
            fulfilment=fulfilment,
            address=address.strip() if fulfilment == "delivery" else "",
            latitude=door[0] if door and fulfilment == "delivery" else None,
            longitude=door[1] if door and fulfilment == "delivery" else None,
            table_name=table.strip()[:LONGEST_TABLE] if fulfilment == "dine_in" else "",
            note=note.strip(),
            currency=restaurant.currency,
            total_minor=sum(items[line.menu_item_id].price_minor * line.quantity for line in lines),
            items_count=sum(line.quantity for line in lines),
            payment_method=payment,
            created_at=at,
            confirmed_at=at if payment == "cash" else None,
            scheduled_for=scheduled_for,
            handover_code=f"{secrets.randbelow(10_000):04}",
            changed_at=at,
            changed_by_id=customer.id,
            changed_by_name=name_of(customer),
            changed_by_role=customer.role,
        )
        for column, value in order_clock.entering(order, order.status, at).items():
            setattr(order, column, value)
        order.items = [_frozen(items[line.menu_item_id], line) for line in lines]
        session.add(order)
        session.flush()
        session.execute(
            insert(OrderTerm.__table__),
            [{"term": term, "order_id": order.id} for term in terms(order.number, customer.name, customer.phone)],
        )
        begin(session, order, by=customer, at=at)
        token = tracking.create_link(order)
        orders.accept_by_rule(order)
    return Placed(order, token)


def _check(
    restaurant: Restaurant,
    lines: Sequence[Line],
    fulfilment: str,
    payment: str,
    address: str,
    scheduled_for: datetime | None,
    at: datetime,
) -> dict[int, MenuItem]:
    """The menu items by id, when all of the request is in order."""
    errors: dict[str, list[str]] = {}
    if fulfilment not in FULFILMENTS:
        errors["fulfilment"] = [_("One of %(codes)s.", codes=", ".join(FULFILMENTS))]
    if payment not in PAYMENTS:
        errors["payment"] = [_("One of %(codes)s.", codes=", ".join(PAYMENTS))]
    if fulfilment == "delivery" and not address.strip():
        errors["address"] = [_("Where to?")]
    if not 1 <= len(lines) <= MOST_LINES:
        errors["items"] = [_("From 1 to %(most)s lines.", most=MOST_LINES)]
    elif any(not 1 <= line.quantity <= MOST_OF_ONE for line in lines):
        errors["items"] = [_("From 1 to %(most)s of each.", most=MOST_OF_ONE)]
    if errors:
        raise Invalid(_("The order is not right yet."), errors=errors)
    _check_open(restaurant, scheduled_for, at)
    return _on_the_menu(restaurant, lines)


def _check_place(door: tuple[float, float]) -> None:
    latitude, longitude = door
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        wrong = _("From -90 to 90 and from -180 to 180 degrees.")
        raise Invalid(_("There is no such place."), errors={"latitude": [wrong]})


def _check_open(restaurant: Restaurant, scheduled_for: datetime | None, at: datetime) -> None:
    if not restaurant.accepting:
        why = busy.told(restaurant, at)
        raise RestaurantClosed(_("%(name)s is not taking orders right now. %(why)s.", name=restaurant.name, why=why))
    if scheduled_for is None:
        if not restaurant.is_open(at):
            raise RestaurantClosed(_("%(name)s is closed now.", name=restaurant.name))
        return
    earliest = at + timedelta(minutes=restaurant.lead_minutes)
    if not earliest <= scheduled_for <= at + SCHEDULE_WITHIN:
        wanted = _("From %(minutes)s minutes to 7 days from now.", minutes=restaurant.lead_minutes)
        raise Invalid(_("That time cannot be ordered for."), errors={"scheduled_for": [wanted]})
    if not restaurant.is_open(scheduled_for):
        raise RestaurantClosed(_("%(name)s is closed at that time.", name=restaurant.name))


def _on_the_menu(restaurant: Restaurant, lines: Sequence[Line]) -> dict[int, MenuItem]:
    wanted = {line.menu_item_id for line in lines}
    query = select(MenuItem).where(
        MenuItem.restaurant_id == restaurant.id, MenuItem.id.in_(wanted), MenuItem.is_hidden.is_(False)
    )
    items = {item.id: item for item in db.session.scalars(query)}
    if wanted - items.keys():
        raise Invalid(_("Something you ask for is not on this menu."), errors={"items": [_("Not on this menu.")]})
    sold_out = [item.name for item in items.values() if not item.available]
    if sold_out:
        sold_out.sort()
        raise Conflict(_("Sold out: %(dishes)s.", dishes=_(", ").join(sold_out)), sold_out=sold_out)
    return items


def _frozen(item: MenuItem, line: Line) -> OrderItem:
    return OrderItem(
        menu_item_id=item.id,
        name=item.name,
        quantity=line.quantity,
        unit_price_minor=item.price_minor,
        note=line.note.strip(),
        station=item.station,
    )


def _fresh_number(session: Session) -> str:
    """A number that no order has: seven characters, 22 thousand million of them, so that none can be guessed."""
    while True:
        number = codes.fresh(NUMBER_LENGTH)
        if session.execute(select(Order.id).where(Order.number == number)).first() is None:
            return number
