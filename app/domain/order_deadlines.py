"""What time does to orders: unaccepted ones expire, scheduled ones reach the kitchen, unpaid ones are given up.

Called once a second by the worker. Any number of workers may call it at once: the guard of each walk names one winner.
"""

from sqlalchemy import select

from app.contract.times import now
from app.errors import Conflict
from app.extensions import atomic, db
from app.models import Order

from . import orders
from .actor import SYSTEM
from .order_placement import accept_by_rule

_BATCH = 200


def act_on_due() -> int:
    """Act on every order whose time has come, oldest first; how many moved."""
    due = select(Order).where(Order.due_at <= now()).order_by(Order.due_at).limit(_BATCH)
    moved = 0
    for order in db.session.scalars(due).all():
        try:
            moved += _act(order)
        except Conflict:
            # A person was faster between our reading and the guarded update: that is what the guard is for.
            continue
    db.session.rollback()
    return moved


def _act(order: Order) -> bool:
    match order.status:
        case "placed":
            return orders.cancel(order, by=SYSTEM, kind="expired", expected_version=order.version)
        case "awaiting_payment":
            return orders.cancel(order, by=SYSTEM, kind="abandoned", expected_version=order.version)
        case "scheduled":
            with atomic():
                moved = orders.release(order, by=SYSTEM, expected_version=order.version)
                accept_by_rule(order)
            return moved
    # After a race that was lost the batch is read anew: a person moved this one meanwhile.
    return False
