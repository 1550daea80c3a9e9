"""Who fetches an order of the board, as its card says it: looked for, on the way, here; and the code they are told.

The drivers of a whole board are read in one statement.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.contract.times import now
from app.domain.live_fixes import minutes_to_counter
from app.domain.order_states import WITH_THE_KITCHEN
from app.extensions import db
from app.language import N_
from app.language import gettext as _
from app.models import Driver, Order, Ticket

_WORDS = {
    "unassigned": N_("Looking for a driver"),
    "offered": N_("Looking for a driver"),
    "needs_dispatcher": N_("No driver found: the dispatcher is called"),
    "assigned": N_("%(driver)s is on the way"),
    "at_pickup": N_("%(driver)s is here"),
}


@dataclass(frozen=True, slots=True)
class Ride:
    """`arrives_at`: about when they are at the counter, where that is known; `code`: what the driver types there."""

    status: str
    says: str
    arrives_at: datetime | None = None
    code: str | None = None

    @property
    def minutes(self) -> int | None:
        """Whole minutes until then."""
        return None if self.arrives_at is None else max(0, round((self.arrives_at - now()).total_seconds() / 60))


def of(order: Order, drivers: Mapping[int, Driver]) -> Ride | None:
    """The ride of `order`, from when a driver is looked for until the food has left; `drivers`: see `drivers_of`."""
    ticket = order.ticket
    if ticket is None or order.status not in WITH_THE_KITCHEN or ticket.status not in _WORDS:
        return None
    if ticket.driver_id is None:
        is_sought = ticket.sought_since is not None or order.status == "ready_for_pickup"
        return Ride(ticket.status, _(_WORDS[ticket.status])) if is_sought else None
    says = _(_WORDS[ticket.status], driver=ticket.driver_name)
    return Ride(ticket.status, says, _arrival(ticket, drivers.get(ticket.driver_id)), order.handover_code)


def drivers_of(orders: Iterable[Order]) -> dict[int, Driver]:
    """Who is on the way to the counter, by their id."""
    coming = {order.ticket.driver_id for order in orders if order.ticket and order.ticket.status == "assigned"}
    if not coming:
        return {}
    return {
        driver.person_id: driver for driver in db.session.scalars(select(Driver).where(Driver.person_id.in_(coming)))
    }


def _arrival(ticket: Ticket, driver: Driver | None) -> datetime | None:
    at = now()
    minutes = minutes_to_counter(ticket, driver, at) if ticket.status == "assigned" else None
    return None if minutes is None else at + timedelta(minutes=minutes)
