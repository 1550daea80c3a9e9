"""What was read of a ticket is a moment old when it is acted on: nothing is told, or refused, by it."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm.attributes import set_committed_value

from app.contract.times import now
from app.domain import deliveries, orders, ticket_deadlines
from app.extensions import db
from app.models import EventLog, Order, Person, Ticket
from tests.domain.test_live_fixes import in_thread, waiting
from tests.factories import delivery, ticket_in
from tests.gateway.rows import until


def told(ticket):
    db.session.rollback()
    query = select(EventLog.data).where(EventLog.order_id == ticket.order_id, EventLog.name == "DeliveryUpdated")
    return list(db.session.scalars(query.order_by(EventLog.id)))


def stale(ticket, **was):
    """The ticket as it was read before."""
    for name, value in was.items():
        set_committed_value(ticket, name, value)
    return ticket


def test_a_search_that_another_worker_began_is_told_once(app, cast):
    ticket = delivery(cast, "ready_for_pickup").ticket
    # As one worker has read it; meanwhile the other looks.
    in_thread(app, ticket_deadlines.act_on_due).join()
    before = told(ticket)
    db.session.refresh(ticket)
    ticket_deadlines._look_for_a_driver(stale(ticket, sought_since=None), [], set(), now())
    assert told(ticket) == before


def test_a_delivery_that_is_over_is_not_looked_for(app, cast):
    ticket = ticket_in(cast, "unassigned")
    order_id, vendor_id = ticket.order_id, cast.vendor.id

    def call_off():
        orders.cancel(db.session.get(Order, order_id), by=db.session.get(Person, vendor_id), reason_code="other")

    db.session.rollback()
    in_thread(app, call_off).join()
    ticket_deadlines._look_for_a_driver(stale(ticket, status="unassigned", version=1), [], set(), now())
    assert '"status":"cancelled"' in told(ticket)[-1]


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_kitchen_hands_over_to_a_driver_who_arrives_in_the_same_moment(app, cast):
    ticket = ticket_in(cast, "assigned")
    number, order_id, driver, vendor = ticket.id, ticket.order_id, cast.driver.id, cast.vendor.id
    db.session.rollback()
    with db.engine.connect() as other:
        # The driver's step is made, and cannot write its history yet.
        other.execute(text("lock table ticket_changes in share mode"))
        arrival = in_thread(
            app, lambda: deliveries.arrive(db.session.get(Ticket, number), by=db.session.get(Person, driver))
        )
        until(lambda: waiting() == 1)
        handing = in_thread(
            app, lambda: orders.hand_over(db.session.get(Order, order_id), by=db.session.get(Person, vendor))
        )
        until(lambda: waiting() == 2)
        other.rollback()
    arrival.join()
    handing.join()
    db.session.rollback()
    db.session.expire_all()
    assert (ticket.status, ticket.order.status) == ("picked_up", "picked_up")
