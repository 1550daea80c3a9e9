"""What time does to orders: unaccepted ones expire, scheduled ones reach the kitchen, unpaid ones are given up.

Called once a second by the worker. Any number of workers may call it at once: the guard of each walk names one winner.
"""

import structlog
from sqlalchemy import select

from app.contract.times import now
from app.errors import Conflict, DomainError
from app.extensions import atomic, db
from app.models import Order

from . import order_money, orders
from .actor import SYSTEM
from .locks import hold

_BATCH = 200
_log = structlog.get_logger(__name__)


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
        except DomainError:
            # One order that cannot be moved must not hold up those that are due after it.
            _log.exception("deadlines.refused", order=order.number)
    db.session.rollback()
    return moved


def _act(order: Order) -> bool:
    match order.status:
        case "placed":
            return orders.cancel(order, by=SYSTEM, kind="expired", expected_version=order.version)
        case "awaiting_payment":
            return _give_up(order)
        case "scheduled":
            return orders.release(order, by=SYSTEM, expected_version=order.version)
    # After a race that was lost the batch is read anew: a person moved this one meanwhile.
    return False


def _give_up(order: Order) -> bool:
    """Nobody paid in time. What a callback said that has come to nothing yet may be the money: it waits for that."""
    with atomic() as session:
        hold(session, order)
        if order.status != "awaiting_payment" or order.due_at is None or order.due_at > now():
            return False
        if order_money.is_being_paid(session, order, now()):
            return False
        kind = order_money.given_up_as(session, order)
        return orders.cancel(order, by=SYSTEM, kind=kind, expected_version=order.version)
