"""The events of an order: which messages a change makes, for which rooms. The table they follow is contract/events.py.

A kitchen hears of an order only once it is its business (`confirmed_at`): an unpaid order that is given up never
existed for it.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from app.contract import events, rooms
from app.contract.events import Message
from app.contract.identity import Role
from app.models import Order

from . import log, order_json


def created(session: Session, order: Order, *, at: datetime) -> None:
    """The order was written; if it is placed at once, its kitchen receives it."""
    stamp = _stamp(order, at)
    messages = [
        events.ORDER_CREATED_FOR_CUSTOMER.message(
            rooms.user_orders(order.customer_id), order_json.summary(order, Role.CUSTOMER, previous=None) | stamp
        ),
        events.ORDER_CREATED_FOR_ADMIN.message(
            rooms.ADMIN_ORDERS, order_json.summary(order, Role.ADMIN, previous=None) | stamp
        ),
    ]
    log.append(session, messages, at=at, order_id=order.id)
    if order.status == "placed":
        _received(session, order, at)


def changed(session: Session, order: Order, *, previous: str, at: datetime) -> None:
    """The order walked from `previous` to what it is now."""
    log.append(session, list(_changed(order, previous, at)), at=at, order_id=order.id)
    if order.status == "placed":
        _received(session, order, at)


def cancellation_requested(session: Session, order: Order, note: str, *, at: datetime) -> None:
    """The customer asked to cancel what the kitchen works on."""
    stamp = _stamp(order, at)
    messages = [
        events.CANCELLATION_REQUESTED_FOR_VENDOR.message(
            rooms.vendor_orders(order.restaurant_id),
            {"order": order_json.whole(order, Role.VENDOR), "note": note, **stamp},
        ),
        events.CANCELLATION_REQUESTED_FOR_ADMIN.message(
            rooms.ADMIN_ORDERS, {"order": order_json.whole(order, Role.ADMIN), "note": note, **stamp}
        ),
    ]
    log.append(session, messages, at=at, order_id=order.id)


def stop_acknowledged(session: Session, order: Order, *, at: datetime) -> None:
    """The kitchen confirmed that it stopped working on a cancelled order."""
    stamp = _stamp(order, at)
    messages = [
        events.STOP_ACKNOWLEDGED_FOR_VENDOR.message(
            rooms.vendor_orders(order.restaurant_id), {"order": order_json.whole(order, Role.VENDOR), **stamp}
        ),
        events.STOP_ACKNOWLEDGED_FOR_ADMIN.message(
            rooms.ADMIN_ORDERS, {"order": order_json.whole(order, Role.ADMIN), **stamp}
        ),
    ]
    log.append(session, messages, at=at, order_id=order.id)


def _received(session: Session, order: Order, at: datetime) -> None:
    data = {"order": order_json.whole(order, Role.VENDOR), **_stamp(order, at)}
    message = events.ORDER_RECEIVED.message(rooms.vendor_orders(order.restaurant_id), data)
    log.append(session, [message], at=at, order_id=order.id)


def _changed(order: Order, previous: str, at: datetime) -> Iterator[Message]:
    stamp, document = _stamp(order, at), order_json.whole(order, Role.VENDOR)

    def whole(audience: str) -> dict[str, object]:
        return {
            "order": document if audience == Role.VENDOR else order_json.for_another(document, order, audience),
            "previous_status": previous,
            "changed_by": order_json.changed_by(order, audience),
            **stamp,
        }

    if order.confirmed_at is not None:
        yield events.STATUS_CHANGED_FOR_VENDOR.message(rooms.vendor_orders(order.restaurant_id), whole(Role.VENDOR))
    yield events.STATUS_CHANGED_FOR_CUSTOMER.message(rooms.user(order.customer_id), whole(Role.CUSTOMER))
    yield events.STATUS_CHANGED_FOR_FOLLOWER.message(rooms.order(order.number), order_json.glance(order) | stamp)
    yield events.STATUS_UPDATED_FOR_CUSTOMER.message(
        rooms.user_orders(order.customer_id), order_json.summary(order, Role.CUSTOMER, previous=previous) | stamp
    )
    yield events.STATUS_UPDATED_FOR_ADMIN.message(
        rooms.ADMIN_ORDERS, order_json.summary(order, Role.ADMIN, previous=previous) | stamp
    )


def _stamp(order: Order, at: datetime) -> dict[str, object]:
    return log.stamp(at, order_version=order.version)
