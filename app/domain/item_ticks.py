"""Ticking off the lines of an order while it is made. No change of the order: its version stays.

Every screen of the kitchen hears of it (`OrderItemTicked`).
"""

from collections.abc import Iterable
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.contract import events, rooms
from app.contract.identity import Role
from app.contract.times import now
from app.errors import Conflict, Forbidden, NotFound
from app.extensions import atomic
from app.language import gettext as _
from app.models import ItemTick, Order

from . import log, staff
from .actor import Actor, name_of
from .locks import hold

# While it is on the stove; of what was ready and came back, what is ticked off still is.
_IN_WORK: tuple[Literal["accepted", "preparing"], ...] = ("accepted", "preparing")


def may_tick(order: Order) -> bool:
    """Whether its lines can be ticked off now."""
    return order.status in _IN_WORK


def tick(order: Order, item_id: int, *, by: Actor, done: bool) -> bool:
    """Tick a line off, or take the tick back; False when it is so already, and nobody is told.

    Refuses with NotFound a line of another order, Forbidden who is not in the kitchen, Conflict an order that is not
    in work.
    """
    if by.role not in (Role.VENDOR, Role.ADMIN):
        raise Forbidden(_("Only the kitchen ticks off what it has made."))
    staff.check(by, staff.COOK_ORDERS)
    if item_id not in {item.id for item in order.items}:
        raise NotFound
    at = now()
    with atomic() as session:
        hold(session, order)
        if not may_tick(order):
            raise Conflict(_("This order is not in work any more."))
        if not _write(session, order, item_id, by, done):
            return False
        data = {"order_number": order.number, "item_id": item_id, "done": done}
        stamp = log.stamp(at, order_version=order.version)
        message = events.ITEM_TICKED.message(rooms.vendor_orders(order.restaurant_id), data | stamp)
        log.append(session, [message], at=at, order_id=order.id)
    return True


def _write(session: Session, order: Order, item_id: int, by: Actor, done: bool) -> bool:
    """Whether this was news. The order is held, so nobody else writes its ticks."""
    if (session.get(ItemTick, item_id) is not None) == done:
        return False
    if done:
        session.add(ItemTick(order_item_id=item_id, order_id=order.id, by_id=by.id, by_name=name_of(by)))
        session.flush()
    else:
        session.execute(delete(ItemTick).where(ItemTick.order_item_id == item_id))
    return True


def ticked(session: Session, orders: Iterable[Order]) -> frozenset[int]:
    """The ids of the lines of `orders` that are ticked off."""
    ids = [order.id for order in orders]
    return frozenset(session.scalars(select(ItemTick.order_item_id).where(ItemTick.order_id.in_(ids))))
