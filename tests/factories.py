"""Rows that tests need, made by the domain's own verbs wherever there is one."""

import json
import secrets
from datetime import timedelta

import pyotp
from sqlalchemy import select

from app.contract.times import now
from app.contract.tokens import digest, new_bearer_token, new_session_id
from app.domain import (
    deliveries,
    drivers,
    fixes,
    offers,
    order_placement,
    orders,
    payment_messages,
    payment_push,
    payments,
    refunds,
    second_factors,
)
from app.domain.order_placement import Line, Placed
from app.domain.ticket_transition import walk
from app.extensions import atomic, db
from app.models import ApiToken, Job, Order, Payment, Person, Refund, Restaurant, Session, Ticket, WifiPackage
from tests.cast import COUNTER, Cast

# How an order comes to each state, by the verbs of the people whose turn it is.
_WAYS = {
    "placed": (),
    "accepted": ("accept",),
    "preparing": ("accept", "start"),
    "ready_for_pickup": ("accept", "start", "mark_ready"),
    "collected": ("accept", "start", "mark_ready", "hand_over"),
    "picked_up": ("accept", "start", "mark_ready", "hand_over"),
    "cancelled": ("cancel",),
}


def place(cast: Cast, *, customer: Person | None = None, **details: object) -> Placed:
    """A placed order of the customer with the first restaurant: two soups and a stew, cash, for pickup."""
    restaurant = details.pop("restaurant", cast.restaurant)
    soup, stew, _ = cast.items(restaurant)  # type: ignore[arg-type]
    wanted = {"fulfilment": "pickup", "payment": "cash", "lines": [Line(soup.id, 2, "no onion"), Line(stew.id, 1)]}
    return order_placement.place(customer or cast.customer, restaurant, **{**wanted, **details})  # type: ignore[arg-type]


def order_in(cast: Cast, status: str, **details: object) -> Order:
    """An order that its people took to `status`."""
    match status:
        case "awaiting_payment":
            return place(cast, payment="mpesa", **details).order
        case "scheduled":
            return place(cast, scheduled_for=now() + timedelta(hours=3), **details).order
        case "picked_up" | "delivered" | "undeliverable":
            details = {"fulfilment": "delivery", "address": "1 Street", **details}
    order = place(cast, **details).order
    staff = cast.vendor if order.restaurant_id == cast.restaurant.id else cast.other_vendor
    for verb in _WAYS["picked_up" if status in ("delivered", "undeliverable") else status]:
        if verb == "cancel":
            orders.cancel(order, by=staff, reason_code="too_busy")
        else:
            getattr(orders, verb)(order, by=staff)
    if status == "delivered":
        orders.deliver(order, by=cast.admin)
    if status == "undeliverable":
        orders.give_up(order, by=cast.admin, reason_code="not_found")
    assert order.status == status
    return order


def payment_of(thing: Order | WifiPackage, status: str = "paid", **details: object) -> Payment:
    """A payment for an order or a Wi-Fi package, as a row: by M-Pesa, of its price, with a receipt where money came."""
    at = details.pop("at", None) or now()
    is_order = isinstance(thing, Order)
    wanted = {
        "method": "mpesa",
        "phone": "+254712345678",
        "amount_minor": thing.total_minor if is_order else thing.price_minor,
        "currency": thing.currency if is_order else thing.restaurant.currency,
        "receipt": f"QK{secrets.token_hex(4).upper()}" if status in ("paid", "needs_review") else None,
        "settled_at": at if status == "paid" else None,
        "created_at": at,
        "changed_at": at,
        "order_id" if is_order else "wifi_package_id": thing.id,
        **details,
    }
    tokens = {"transaction_id": secrets.token_hex(16), "callback_token": secrets.token_hex(16)}
    with atomic() as session:
        payment = Payment(status=status, **tokens, **wanted)
        session.add(payment)
    return payment


def refund_of(payment: Payment, reason: str = "order_gone") -> Refund:
    """The money of `payment` is owed back."""
    with atomic() as session:
        return refunds.owe(session, payment, reason, at=now())


def wifi_package(restaurant: Restaurant, **details: object) -> WifiPackage:
    """An hour of Wi-Fi for 1.00."""
    with atomic() as session:
        package = WifiPackage(
            restaurant_id=restaurant.id, **{"name": "One hour", "minutes": 60, "price_minor": 100, **details}
        )
        session.add(package)
    return package


# A kilometre and a half north of the restaurants: 2.0 km by road, a ride of seven minutes.
DOOR = (38.7274, -9.1334)


def on_duty(driver: Person, latitude: float | None = None, longitude: float | None = None) -> None:
    """Set `driver` on duty, with a fix where one is given."""
    drivers.go_on_duty(driver)
    if latitude is not None and longitude is not None:
        fixes.record(driver, latitude, longitude)


def delivery(cast: Cast, status: str = "accepted", **details: object) -> Order:
    """An order of the customer to be delivered to DOOR, in a state of the kitchen's."""
    return order_in(cast, status, **{"fulfilment": "delivery", "address": "1 Street", "door": DOOR, **details})


def ticket_in(cast: Cast, status: str, *, driver: Person | None = None) -> Ticket:
    """A ticket that its people took to `status`; who rides or is asked is `driver` (default: the cast's)."""
    order = delivery(cast, "ready_for_pickup")
    ticket, driver = order.ticket, driver or cast.driver
    assert ticket is not None
    if status == "cancelled":
        orders.cancel(order, by=cast.vendor, reason_code="other")
        return ticket
    if status == "unassigned":
        return ticket
    if status == "needs_dispatcher":
        walk(ticket, "needs_dispatcher", by=cast.admin, at=now())
        return ticket
    on_duty(driver, *COUNTER)
    offers.offer(ticket, driver, by=cast.admin)
    for step in _RIDES[status]:
        step(ticket, driver)
    assert ticket.status == status
    return ticket


def _accepted(ticket: Ticket, driver: Person) -> None:
    offers.accept(ticket, by=driver)


def _picked_up(ticket: Ticket, driver: Person) -> None:
    deliveries.pick_up(ticket, by=driver, handover_code=ticket.order.handover_code)


def _delivered(ticket: Ticket, driver: Person) -> None:
    deliveries.deliver(ticket, by=driver, proof={"drop_code": ticket.drop_code})


def _failed(ticket: Ticket, driver: Person) -> None:
    deliveries.fail(ticket, by=driver, reason_code="not_found")


def _step(verb):  # type: ignore[no-untyped-def]
    return lambda ticket, driver: verb(ticket, by=driver)


_arrived, _at_the_door = _step(deliveries.arrive), _step(deliveries.reach)
_returning, _returned = _step(deliveries.bring_back), _step(deliveries.hand_back)
_FAILED = (_accepted, _picked_up, _failed)
_RIDES = {
    "offered": (),
    "assigned": (_accepted,),
    "at_pickup": (_accepted, _arrived),
    "picked_up": (_accepted, _arrived, _picked_up),
    "at_dropoff": (_accepted, _arrived, _picked_up, _at_the_door),
    "delivered": (_accepted, _arrived, _picked_up, _at_the_door, _delivered),
    "failed": _FAILED,
    "returning": (*_FAILED, _returning),
    "returned": (*_FAILED, _returning, _returned),
}


PHONE = "+254712345678"


def attempt(order: Order, *, phone: str = PHONE) -> Payment:
    """An attempt of the order's customer to pay for it, with its prompt on the phone (needs the fixture `daraja`)."""
    payment = payments.start(order, phone=phone, by=order.customer)
    payment_push.send(payment)
    return payment


def told(payment: Payment, body: object) -> str:
    """What comes of it when M-Pesa calls back about `payment` with this body."""
    message = payment_messages.receive(payment.callback_token, json.dumps(body), address="127.0.0.1")
    outcome = payment_messages.process(message.id)
    db.session.refresh(payment)
    return outcome


def asked_about(payment: Payment) -> None:
    """M-Pesa is asked once more about every callback that waits for it, whatever the clock says."""
    for job in db.session.scalars(select(Job).where(Job.kind == "verify_callback", Job.status == "waiting")).all():
        about = json.loads(job.payload)
        with atomic():
            job.status = "done"
        payment_messages.verify(about["message"], about["asked"])
    db.session.refresh(payment)


def session_of(person: Person) -> Session:
    """A browser session of `person`, without the cost of a password."""
    at = now()
    with atomic() as session:
        row = Session(id=new_session_id(), person_id=person.id, created_at=at, expires_at=at + timedelta(days=1))
        session.add(row)
    return row


def token_of(person: Person) -> str:
    """A bearer token of `person`, without the cost of a password."""
    at = now()
    token = new_bearer_token()
    with atomic() as session:
        row = ApiToken(person_id=person.id, token_hash=digest(token), created_at=at, expires_at=at + timedelta(days=1))
        session.add(row)
    return token


def two_factors(person: Person) -> tuple[str, list[str]]:
    """A confirmed second factor of `person`: its secret, and the recovery codes."""
    secret = second_factors.new_secret()
    return secret, second_factors.confirm(person, secret, pyotp.TOTP(secret).at(now()))
