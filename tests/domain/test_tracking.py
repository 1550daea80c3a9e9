"""Tracking links: when they run out, and that nobody who ends or prolongs them waits for ever."""

import threading
import time
from functools import partial

import pytest
from sqlalchemy import select, text, update

from app.contract.times import now
from app.domain import orders, tracking
from app.domain.actor import SYSTEM
from app.domain.order_states import ENDS
from app.extensions import db
from app.models import Order, TrackingLink
from tests.factories import order_in, place


def expiry_of(order):
    return db.session.scalars(select(TrackingLink.expires_at).where(TrackingLink.order_id == order.id)).one()


@pytest.mark.parametrize("end", sorted(ENDS))
def test_a_link_runs_out_wherever_its_order_ends(cast, end):
    order = order_in(cast, end)
    assert expiry_of(order) == order.changed_at + tracking.LINGERS


def test_a_link_lasts_while_its_order_goes_on(cast):
    assert expiry_of(order_in(cast, "ready_for_pickup")) is None


def test_a_link_lasts_again_when_its_order_is_restored(cast):
    order = order_in(cast, "accepted")
    orders.cancel(order, by=cast.vendor, reason_code="too_busy")
    orders.restore(order, by=cast.admin, note="A mistake")
    assert expiry_of(order) is None


@pytest.mark.parametrize("backend", ["postgresql"])
@pytest.mark.parametrize("act", [partial(tracking.withdraw_links, by=SYSTEM), tracking.revive_links])
def test_whoever_changes_the_links_of_an_order_takes_the_oldest_first(app, cast, act):
    order_id = place(cast).order.id
    tracking.create_link(db.session.get(Order, order_id))
    oldest, newest = db.session.scalars(select(TrackingLink.id).order_by(TrackingLink.id)).all()
    with db.engine.begin() as somebody:
        # Its new row lies behind the other, in the table and in its indexes, and is found last.
        somebody.execute(update(TrackingLink).where(TrackingLink.id == oldest).values(expires_at=now()))

    def acting():
        with app.app_context():
            act(db.session.get(Order, order_id))

    thread = threading.Thread(target=acting)
    with db.engine.begin() as somebody:
        somebody.execute(select(TrackingLink.id).where(TrackingLink.id == oldest).with_for_update())
        thread.start()
        wait_for_a_lock()
        newest_link = select(TrackingLink.id).where(TrackingLink.id == newest)
        assert somebody.scalars(newest_link.with_for_update(nowait=True)).all() == [newest]
    thread.join(20)
    assert not thread.is_alive()


def wait_for_a_lock():
    """Return when somebody in this database waits for a row that another holds."""
    waiting = text(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    )
    until = time.monotonic() + 20
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watching:
        while not watching.scalar(waiting):
            assert time.monotonic() < until, "nobody waits"
            time.sleep(0.01)
