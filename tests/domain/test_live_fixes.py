"""What rooms are told of drivers, when two things happen in the same instant."""

import threading

import pytest
from sqlalchemy import text

from app.domain import deliveries, fixes
from app.extensions import db
from app.models import LiveFix, Person, Ticket
from tests.cast import COUNTER
from tests.factories import ticket_in
from tests.gateway.rows import until


def in_thread(app, work):
    """Do some work in a thread and a session of its own."""

    def run():
        with app.app_context():
            work()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def waiting():
    """How many statements of this database wait for a lock."""
    # What is going on is remembered until a transaction ends.
    db.session.rollback()
    waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    return db.session.scalar(text(waits))


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_fix_that_comes_as_the_delivery_ends_is_taken_back(app, cast):
    ticket = ticket_in(cast, "at_dropoff")
    number, driver, proof = ticket.id, cast.driver.id, {"drop_code": ticket.drop_code}
    db.session.rollback()
    with db.engine.connect() as other:
        # The fix has looked which tickets are under way, and cannot write its track yet.
        other.execute(text("lock table track_points in share mode"))
        fix = in_thread(app, lambda: fixes.record(db.session.get(Person, driver), *COUNTER))
        until(lambda: waiting() == 1)
        end = in_thread(
            app,
            lambda: deliveries.deliver(db.session.get(Ticket, number), by=db.session.get(Person, driver), proof=proof),
        )
        until(lambda: waiting() == 2 or not end.is_alive())
        other.rollback()
    fix.join()
    end.join()
    db.session.rollback()
    told = {row.room for row in LiveFix.query.filter(LiveFix.data.is_not(None))}
    assert told == {"admin.dispatch"}
