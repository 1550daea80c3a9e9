"""An order as JSON, for one audience."""

from app.domain import order_json, orders
from tests.factories import order_in, place


def test_an_admins_note_is_for_the_staff(cast):
    order = place(cast).order
    orders.cancel(order, by=cast.admin, reason_code="other", note="The card was stolen")
    notes = {role: order_json.whole(order, role)["cancellation"]["note"] for role in ("admin", "vendor", "customer")}
    assert notes == {"admin": "The card was stolen", "vendor": "The card was stolen", "customer": None}


def test_the_restaurants_note_is_for_the_customer_too(cast):
    order = order_in(cast, "accepted")
    orders.cancel(order, by=cast.vendor, reason_code="sold_out", note="No more soup")
    assert order_json.whole(order, "customer")["cancellation"]["note"] == "No more soup"
