"""An order as JSON, for one audience: what the API answers and what events carry are the same document.

`audience` is a role. Customers and followers never see the names of staff: who changed it is then the restaurant,
or Passline. No document holds the hand-over code or a tracking token.
"""

from typing import Any

from app.contract.identity import Role
from app.contract.times import iso, iso_or_none
from app.models import Order, OrderChange

from . import ticket_json
from .actor import SYSTEM, SYSTEM_ROLE
from .money import decimal_string
from .order_states import LABELS

_SEES_STAFF = (Role.ADMIN, Role.VENDOR, SYSTEM_ROLE)


def whole(order: Order, audience: str) -> dict[str, Any]:
    """The order, whole, as `audience` may see it."""
    return {
        "id": order.id,
        "number": order.number,
        "restaurant": {"id": order.restaurant.id, "slug": order.restaurant.slug, "name": order.restaurant.name},
        "customer": {"id": order.customer.id, "name": order.customer.name},
        "status": order.status,
        "status_label": LABELS[order.status],
        "version": order.version,
        "fulfilment": order.fulfilment,
        "address": order.address,
        "note": order.note,
        "table": order.table_name,
        "items": [
            {"name": item.name, "quantity": item.quantity, "unit_price": item.unit_price_minor, "note": item.note}
            for item in order.items
        ],
        "total": order.total_minor,
        "currency": order.currency,
        "created_at": iso(order.created_at),
        "scheduled_for": iso_or_none(order.scheduled_for),
        "placed_at": iso_or_none(order.placed_at),
        "accept_by": iso_or_none(order.accept_by),
        "prep_minutes": order.prep_minutes,
        "promised_from": iso_or_none(order.promised_from),
        "promised_by": iso_or_none(order.promised_by),
        "cancellation": _cancellation(order, audience),
        "stop_acknowledged_at": iso_or_none(order.stop_acknowledged_at),
        "ticket": None if order.ticket is None else ticket_json.of_order(order.ticket),
        "payment": {"status": order.payment_status, "method": order.payment_method},
    }


def for_another(document: dict[str, Any], order: Order, audience: str) -> dict[str, Any]:
    """The `whole` of somebody, as `audience` may see it: what differs from one to the next is why it was cancelled."""
    return {**document, "cancellation": _cancellation(order, audience)}


def summary(order: Order, audience: str, *, previous: str | None) -> dict[str, Any]:
    """The fields of S2's `order.status.updated`; `total` is a decimal string, `total_minor` minor units."""
    return {
        "order_id": order.id,
        "order_number": order.number,
        "current_status": order.status,
        "current_status_label": LABELS[order.status],
        "previous_status": previous,
        "changed_by": changed_by(order, audience),
        "total": decimal_string(order.total_minor, order.currency),
        "total_minor": order.total_minor,
        "currency": order.currency,
        "updated_at": iso(order.changed_at),
        "user": {"id": order.customer.id, "name": order.customer.name, "email": order.customer.email},
        "items_count": order.items_count,
        "items_summary": [{"product_name": item.name, "quantity": item.quantity} for item in order.items[:3]],
    }


def glance(order: Order) -> dict[str, Any]:
    """What whoever holds the order's link may know: no name, phone, e-mail or address."""
    return {
        "number": order.number,
        "status": order.status,
        "label": LABELS[order.status],
        "version": order.version,
        "promised_from": iso_or_none(order.promised_from),
        "promised_by": iso_or_none(order.promised_by),
    }


def changed_by(order: Order, audience: str) -> dict[str, Any]:
    """Who made the order's last change of state, as `audience` may know it: `{id, name, role}`."""
    return _person(order, audience, order.changed_by_id, order.changed_by_name, order.changed_by_role)


def change(order: Order, row: OrderChange, audience: str) -> dict[str, Any]:
    """One change of `order` as `audience` may know it."""
    actor = _person(order, audience, row.actor_id, row.actor_name, row.role)
    return {
        "from": row.from_status,
        "to": row.to_status,
        "version": row.version,
        "actor": {"id": actor["id"], "name": actor["name"]},
        "role": row.role,
        "reason_code": row.reason_code,
        "note": row.note if audience in _SEES_STAFF or row.actor_id == order.customer_id else None,
        "at": iso(row.at),
    }


def _cancellation(order: Order, audience: str) -> dict[str, Any] | None:
    if order.cancellation_kind is None:
        return None
    by = changed_by(order, audience)
    return {
        "kind": order.cancellation_kind,
        "reason_code": order.cancellation_reason,
        # An admin writes for the staff; what the restaurant writes is for the customer too.
        "note": None if order.cancellation_kind == "admin" and audience not in _SEES_STAFF else order.cancellation_note,
        "by": {"id": by["id"], "name": by["name"]},
    }


def _person(order: Order, audience: str, id: int | None, name: str, role: str) -> dict[str, Any]:
    if audience in _SEES_STAFF or id == order.customer_id:
        return {"id": id, "name": name, "role": role}
    return {"id": None, "name": order.restaurant.name if role == Role.VENDOR else SYSTEM.name, "role": role}
