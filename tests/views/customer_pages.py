"""What the tests of the customer's pages share: the form of a menu as a browser posts it, and what it left behind."""

import re

from app.extensions import db
from app.models import EventLog, IdempotencyKey, MenuItem, Order, OrderItem, TrackingLink


def order_form(items: list[MenuItem], **changes: object) -> dict[str, object]:
    """Two of the first item, one of the second with a note: picked up, as soon as possible, in cash."""
    soup, stew, _ = items
    form = {
        f"quantity-{soup.id}": "2",
        f"quantity-{stew.id}": "1",
        f"note-{stew.id}": "no onion",
        "fulfilment": "pickup",
        "when": "now",
        "payment": "cash",
        "note": "",
        "key": "a key of this form",
        "who": "account",
    }
    return {**form, **changes}


def csrf_in(page: str) -> str:
    """The token that a page's forms carry."""
    return re.search(r'name="csrf_token" value="([^"]+)"', page)[1]


def left_behind() -> int:
    """How many rows an order would have left."""
    db.session.rollback()
    return sum(db.session.query(table).count() for table in (Order, OrderItem, EventLog, IdempotencyKey, TrackingLink))


def number_in(location: str) -> str:
    """The order's number in the address of its page."""
    return re.fullmatch(r"/orders/([0-9A-Z]{7})(?:#.*)?", location)[1]
