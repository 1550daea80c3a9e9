"""Guests who order in the demo, and a cook who works beside whoever plays the vendor: so that riders have work.

One delivery at a time, a new one a while after the last has ended. The cook touches these orders alone.
"""

import random
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from app.contract.identity import Role
from app.contract.times import now
from app.domain import order_placement, orders
from app.domain.order_placement import Line
from app.domain.order_states import ENDS
from app.errors import DomainError
from app.extensions import db
from app.models import MenuItem, Order, Person, Restaurant

from . import streets
from .restaurants import ALWAYS_OPEN, counter

NOTE = "Please ring twice, the bell is shy."
# After the last one ended; and how long the cook takes for each step.
_REST = timedelta(seconds=40)
_ACCEPTS, _COOKS = timedelta(seconds=6), timedelta(seconds=35)
_MINUTES = 5
_DISHES = 2
_log = structlog.get_logger(__name__)


def step() -> None:
    """What guests and cook do in this second."""
    try:
        _step(now())
    except DomainError as refusal:
        db.session.rollback()
        _log.info("regulars.refused", why=refusal.detail)


def _step(at: datetime) -> None:
    kitchen = db.session.scalars(select(Restaurant).where(Restaurant.slug == ALWAYS_OPEN)).one()
    order = _last(kitchen)
    if order is None or (order.status in ENDS and at - order.changed_at > _REST):
        _place(kitchen, random.Random(at.timestamp()))
    elif order.status == "placed" and at - order.changed_at > _ACCEPTS:
        orders.accept(order, by=_cook(kitchen), prep_minutes=_MINUTES)
    elif order.status == "accepted":
        orders.start(order, by=_cook(kitchen))
    elif order.status == "preparing" and at - order.changed_at > _COOKS:
        orders.mark_ready(order, by=_cook(kitchen))


def _last(kitchen: Restaurant) -> Order | None:
    """The regulars' last order; until it has ended there is no other."""
    query = select(Order).where(Order.restaurant_id == kitchen.id, Order.note == NOTE)
    query = query.order_by(Order.id.desc()).limit(1).execution_options(populate_existing=True)
    return db.session.scalars(query).unique().one_or_none()


def _place(kitchen: Restaurant, dice: random.Random) -> None:
    guests = select(Person).where(
        Person.is_demo, Person.role == Role.CUSTOMER, Person.phone.startswith(kitchen.phone[:4])
    )
    guest = dice.choice(db.session.scalars(guests.order_by(Person.id).limit(8)).all())
    items = db.session.scalars(
        select(MenuItem).where(MenuItem.restaurant_id == kitchen.id, MenuItem.available).order_by(MenuItem.id)
    ).all()
    lines = [Line(item.id, 1) for item in dice.sample(list(items), _DISHES)]
    address = f"Ngong Road {dice.randint(1, 180)}, Nairobi"
    door = streets.door(counter(kitchen), address)
    order_placement.place(
        guest, kitchen, lines, fulfilment="delivery", payment="cash", address=address, note=NOTE, door=door
    )


def _cook(kitchen: Restaurant) -> Person:
    """Whoever of the staff no visitor logs in as."""
    staff = select(Person).where(Person.restaurant_id == kitchen.id, Person.is_demo, ~Person.email.startswith("vendor"))
    return db.session.scalars(staff.order_by(Person.id).limit(1)).one()
