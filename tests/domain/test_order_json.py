"""An order as JSON, for one audience."""

import pytest

from app.domain import order_json, orders
from app.domain.order_states import LABELS
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


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("status", LABELS)
def test_a_document_for_another_is_what_they_may_see(cast, status):
    order = order_in(cast, status)
    for role in ("customer", "driver", "admin"):
        assert order_json.for_another(order_json.whole(order, "vendor"), order, role) == order_json.whole(order, role)
