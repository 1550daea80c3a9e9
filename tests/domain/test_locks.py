"""Held rows: others wait for them, but not those who merely refer to them."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain import offers
from app.domain.locks import hold
from app.extensions import db
from app.models import Order
from tests.factories import on_duty, ticket_in


@pytest.fixture
def backend():
    """SQLite has one lock, for all rows."""
    return "postgresql"


def test_a_ticket_may_move_twice_while_its_order_is_held(app, cast):
    """The second time PostgreSQL looks whether there is such an order."""
    ticket = ticket_in(cast, "assigned")
    on_duty(cast.other_driver)
    with Session(db.engine) as elsewhere:
        hold(elsewhere, elsewhere.get_one(Order, ticket.order_id))
        db.session.execute(text("set local lock_timeout = '2s'"))
        offers.offer(ticket, cast.other_driver, by=cast.admin)
    assert ticket.status == "offered"
