"""Every window that a guest was promised is kept with its reason, and none is promised twice or without cause."""

from datetime import timedelta

import pytest
import time_machine

from app.contract.times import now
from app.domain import deliveries, order_deadlines, promises
from app.extensions import db
from tests.factories import order_in, ticket_in


def reasons(order):
    db.session.rollback()
    return [promise.reason for promise in promises.history(order)]


@pytest.mark.parametrize("fulfilment", ["pickup", "delivery"])
def test_an_order_for_later_keeps_its_promise_when_the_kitchen_gets_it(cast, fulfilment):
    order = order_in(cast, "scheduled", fulfilment=fulfilment, address="1 Street")
    with time_machine.travel(order.due_at, tick=False):
        order_deadlines.act_on_due()
    assert order.status == "placed"
    assert reasons(order) == ["The time that was wished for."]


def test_what_was_picked_up_in_a_dead_zone_is_promised_from_then(cast):
    """Told ten minutes later, the food is where it would be anyhow."""
    ticket = ticket_in(cast, "at_pickup")
    order, code, left = ticket.order, ticket.order.handover_code, now()
    before = reasons(order)
    with time_machine.travel(order.promised_by - timedelta(minutes=1), tick=False):
        deliveries.pick_up(ticket, by=cast.driver, handover_code=code, occurred_at=left + timedelta(minutes=1))
    assert reasons(order) == before
