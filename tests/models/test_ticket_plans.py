"""However many deliveries there were, nobody's page and no second of the worker reads them all."""

import re

import pytest
from sqlalchemy import event

from app.domain import ticket_deadlines
from app.domain.ticket_states import ENDS, LABELS
from app.extensions import db
from app.models import Ticket
from tests.factories import delivery, on_duty, ticket_in, token_of

# A whole table, by none of its indexes.
READS_ALL = re.compile(r"(?:SCAN (tickets|ticket_offers)\b(?! USING)|Seq Scan on (tickets|ticket_offers))")


@pytest.fixture
def plans(app):
    """Do something, and learn how the database looks for what it asks."""

    def explained(work):
        asked = []

        def remember(_connection, _cursor, statement, parameters, *_more):
            if statement.startswith("SELECT"):
                asked.append((statement, parameters))

        event.listen(db.engine, "before_cursor_execute", remember)
        try:
            work()
        finally:
            event.remove(db.engine, "before_cursor_execute", remember)
        db.session.rollback()
        with db.engine.connect() as connection:
            is_sqlite = connection.dialect.name == "sqlite"
            if not is_sqlite:
                # Small tables are read as they lie, unless that is forbidden.
                connection.exec_driver_sql("set local enable_seqscan = off")
            explain = "explain query plan" if is_sqlite else "explain"
            return {
                statement: str(connection.exec_driver_sql(f"{explain} {statement}", parameters).all())
                for statement, parameters in asked
            }

    return explained


def assert_no_table_is_read_whole(plans):
    assert {statement: plan for statement, plan in plans.items() if READS_ALL.search(plan)} == {}


@pytest.fixture
def get(app):
    return lambda person, path: app.test_client().get(path, headers={"Authorization": f"Bearer {token_of(person)}"})


def test_orders_find_their_deliveries(cast, plans, get):
    number = delivery(cast).number
    for person, path in ((cast.customer, f"/api/orders/{number}"), (cast.vendor, "/api/orders")):
        found = plans(lambda person=person, path=path: get(person, path))
        assert_no_table_is_read_whole(found)
        if db.engine.dialect.name == "sqlite":
            # With a row or two one index is as dear to PostgreSQL as another.
            assert "ix_tickets_order_id" in str(found)


def test_a_driver_finds_what_they_ride(cast, plans, get):
    ticket_in(cast, "assigned")
    assert_no_table_is_read_whole(plans(lambda: get(cast.driver, "/api/driver/tickets")))


@pytest.mark.parametrize("backend", ["sqlite"])
def test_who_is_late_is_told_so_at_once(cast, plans):
    """By the offers of this ticket, not by all that were accepted."""
    ticket = ticket_in(cast, "assigned")
    late = Ticket.answerable_by(cast.other_driver).where(Ticket.id == ticket.id)
    assert "uq_ticket_offers_accepted (ticket_id=?)" in str(plans(lambda: db.session.scalars(late)))


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("status", LABELS)
def test_an_admin_finds_those_in_a_state(cast, plans, get, status):
    index = "ix_tickets_over" if status in ENDS else "ix_tickets_open"
    assert index in str(plans(lambda: get(cast.admin, f"/api/admin/tickets?status={status}")))


def test_the_worker_finds_what_is_due(cast, plans):
    ticket_in(cast, "unassigned")
    on_duty(cast.driver)
    assert_no_table_is_read_whole(plans(ticket_deadlines.act_on_due))
    assert_no_table_is_read_whole(plans(ticket_deadlines.renew_promises))
