"""What the kitchen is busy with at this moment: orders in every state of a working evening, and two that just came in.

Those under way began minutes ago and are therefore rows; those that begin now are placed by the verb, with their
events. The worker treats them as any other: what nobody accepts in time expires.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import tickets
from app.domain.order_placement import Line, place
from app.domain.order_states import WITH_THE_KITCHEN
from app.models import Order, Person

from . import bulk, streets
from .calendar import millis
from .chronicle import Chronicle
from .course import Course
from .restaurants import ALWAYS_OPEN, Place, counter
from .stories import (
    ACCEPT,
    COLLECTED,
    COOKED,
    DECLINED,
    DELIVERED,
    DELIVERY,
    LEFT,
    PAID,
    PRESENT,
    START,
    Story,
)

# Minutes since the last step, whose it is (0 and 1 are the demo's own customers), and how it went so far.
_UNDER_WAY: tuple[tuple[int, int, Story], ...] = (
    (52, 2, Story(1, "placed", DELIVERY, (*COOKED, LEFT, DELIVERED))),
    (41, 3, Story(1, "placed", PRESENT, (*COOKED, COLLECTED))),
    (37, 4, Story(1, "placed", PRESENT, (DECLINED,), "declined")),
    (23, 5, Story(1, "awaiting_payment", PRESENT, (PAID, *COOKED, COLLECTED))),
    (8, 0, Story(1, "placed", DELIVERY, COOKED)),
    (6, 6, Story(1, "placed", PRESENT, COOKED)),
    (2, 7, Story(1, "placed", DELIVERY, COOKED)),
    (11, 8, Story(1, "placed", PRESENT, (ACCEPT, START))),
    (7, 0, Story(1, "awaiting_payment", DELIVERY, (PAID, ACCEPT, START))),
    (3, 9, Story(1, "placed", PRESENT, (ACCEPT, START))),
    (2, 10, Story(1, "placed", PRESENT, (ACCEPT,))),
    (1, 11, Story(1, "awaiting_payment", DELIVERY, (PAID, ACCEPT))),
)
_AHEAD = timedelta(hours=3)


def fill_the_kitchen(session: Session, chronicle: Chronicle, at: datetime) -> None:
    """Give the always-open restaurant its work as of `at`."""
    kitchen = next(place for place in chronicle.places if place.restaurant.slug == ALWAYS_OPEN)
    guests = chronicle.cast.guests[kitchen.town]
    courses = []
    for minutes, index, story in _UNDER_WAY:
        course = Course(story, kitchen, chronicle.cast, guests[index], None, chronicle.rng)
        course.until(millis(at - timedelta(minutes=minutes)))
        courses.append(course)
    courses.sort(key=lambda course: course.begun)
    for id, course in zip(bulk.take_ids(session, Order.__table__, len(courses)), courses, strict=True):
        chronicle.record(id, course)
    chronicle.write(session)
    _look_for_drivers(session, kitchen)
    _place_new_ones(session, chronicle, kitchen, at)


def _look_for_drivers(session: Session, kitchen: Place) -> None:
    """Those to be delivered have a door, and somebody is looked for."""
    wanted = Order.fulfilment == "delivery", Order.status.in_(WITH_THE_KITCHEN)
    for order in session.scalars(select(Order).where(Order.restaurant_id == kitchen.restaurant.id, *wanted)).unique():
        order.latitude, order.longitude = streets.door(counter(kitchen.restaurant), order.address)
        session.flush()
        tickets.request(order, by=order.customer)


def _place_new_ones(session: Session, chronicle: Chronicle, kitchen: Place, at: datetime) -> None:
    """Two that ring, one for later today, one whose guest is still looking for the PIN."""
    dishes = [dish for dish in kitchen.dishes if dish.available]
    guests = chronicle.cast.guests[kitchen.town][-4:]
    later = at.replace(minute=0, second=0, microsecond=0) + _AHEAD
    for guest, payment, scheduled_for in zip(
        guests, ("cash", "mpesa", "cash", "cash"), (None, None, later, None), strict=True
    ):
        customer = session.get_one(Person, guest.who.id)
        lines = [Line(dish.id, 1 + rank % 2) for rank, dish in enumerate(chronicle.rng.sample(dishes, 3))]
        place(customer, kitchen.restaurant, lines, fulfilment="pickup", payment=payment, scheduled_for=scheduled_for)
