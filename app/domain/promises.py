"""The window that a guest is promised: every one is kept with its reason, and none moves without a word.

The order's own walks move it where they must (order_clock.py), and `keep` writes down why. What happens on the road
moves it here: only ever later, because a guest who was told a time has planned with it.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.contract import events, rooms
from app.contract.times import iso
from app.extensions import db
from app.language import N_
from app.models import Order, Promise, Ticket

from . import log
from .order_clock import PROMISE_WIDTH, held_until
from .order_states import ENDS, LABELS

# The order's verbs that set the window, as a guest understands them.
REASONS = {
    "placed": N_("As long as the kitchen usually takes."),
    "scheduled": N_("The time that was wished for."),
    "awaiting_payment": N_("As long as the kitchen usually takes, once it is paid."),
    "accepted": N_("The kitchen said how long it takes."),
}
FULL = N_("The kitchen has as many orders as it can cook until then.")


def keep(session: Session, order: Order, *, at: datetime, reason: str | None = None) -> None:
    """Write down the window that `order` has now, as its state explains it."""
    if order.promised_from is None or order.promised_by is None:
        return
    session.add(
        Promise(
            order_id=order.id,
            promised_from=order.promised_from,
            promised_by=order.promised_by,
            reason=reason or _reason(order, at),
            at=at,
        )
    )
    session.flush()


def reach(session: Session, ticket: Ticket, arrival: datetime, reason: str, *, at: datetime) -> bool:
    """The food will come at `arrival`: where that is later than promised, promise anew and say why."""
    order = ticket.order
    if order.promised_by is None or arrival <= order.promised_by:
        return False
    # Whole minutes: nobody is promised a second.
    start = arrival.replace(second=0, microsecond=0) + timedelta(minutes=1)
    window = {"promised_from": start, "promised_by": start + PROMISE_WIDTH}
    moved = session.execute(
        update(Order)
        .where(Order.id == order.id, Order.promised_by == order.promised_by, Order.status.not_in(ENDS))
        .values(window)
        .execution_options(synchronize_session=False)
    )
    if not moved.rowcount:  # type: ignore[attr-defined]
        return False
    for name, value in window.items():
        set_committed_value(order, name, value)
    keep(session, order, at=at, reason=reason)
    data = {
        "order_number": order.number,
        "promised_from": iso(start),
        "promised_by": iso(start + PROMISE_WIDTH),
        "reason": reason,
        **log.stamp(at, order_version=order.version),
    }
    of_room = {
        "vendor-orders.{id}": rooms.vendor_orders(order.restaurant_id),
        "user.{id}": rooms.user(order.customer_id),
        "order.{number}": rooms.order(order.number),
        "admin.orders": rooms.ADMIN_ORDERS,
    }
    log.append(
        session, [line.message(of_room[line.room], data) for line in events.PROMISE_MOVED], at=at, order_id=order.id
    )
    return True


def _reason(order: Order, at: datetime) -> str:
    if order.status in ("placed", "awaiting_payment") and held_until(order, at):
        return FULL
    return REASONS.get(order.status, LABELS[order.status])


def history(order: Order) -> list[Promise]:
    """Every window that was promised, the first one first."""
    return list(db.session.scalars(select(Promise).where(Promise.order_id == order.id).order_by(Promise.id)))
