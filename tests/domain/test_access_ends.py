"""What ends an access, and that the log tells the gateway."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.contract import rooms
from app.contract.times import now
from app.domain import access, orders, people, sessions, tracking
from app.errors import Conflict, WrongCredentials
from app.extensions import db
from app.models import EventLog, TrackingLink
from tests.cast import PASSWORD
from tests.factories import place, session_of, token_of
from tests.trail import trail


def told() -> list[dict[str, object]]:
    rows = db.session.scalars(select(EventLog).where(EventLog.room == rooms.ACCESS).order_by(EventLog.id))
    return [json.loads(row.data) for row in rows]


def test_it_ends_one_session_once(cast):
    row = session_of(cast.customer)
    assert access.end(row, reason="logged_out")
    assert not access.end(row, reason="logged_out")
    assert [(d["credential"], d["person_id"]) for d in told()] == [(f"session:{row.id}", None)]
    assert sessions.by_id(row.id) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda cast: people.change_password(cast.vendor, "another password"),
        lambda cast: people.change_role(cast.vendor, "driver"),
        lambda cast: people.change_role(cast.vendor, "vendor", cast.other_restaurant),
        lambda cast: people.deactivate(cast.vendor),
        lambda cast: access.end_all(cast.vendor, reason="logged_out_everywhere"),
    ],
    ids=["password", "role", "restaurant", "deactivated", "everywhere"],
)
def test_it_ends_all_that_a_person_holds(cast, change):
    row, token = session_of(cast.vendor), token_of(cast.vendor)
    kept = session_of(cast.colleague)
    change(cast)
    assert sessions.by_id(row.id) is None
    assert sessions.by_token(token) is None
    assert sessions.by_id(kept.id) is not None
    assert [d["person_id"] for d in told()] == [cast.vendor.id]


def test_it_ends_what_ran_out_by_itself(cast):
    row = session_of(cast.customer)
    with time_machine.travel(now() + timedelta(days=2)):
        assert access.end_expired() == 1
        assert access.end_expired() == 0
    assert [d["credential"] for d in told()] == [f"session:{row.id}"]


def test_it_lets_a_tracking_link_run_out_two_days_after_the_end(cast):
    placed = place(cast)
    link = tracking.by_token(placed.tracking_token)
    assert link is not None
    assert link.expires_at is None
    orders.cancel(placed.order, by=cast.customer)
    with time_machine.travel(now() + timedelta(hours=47)):
        assert tracking.by_token(placed.tracking_token) is not None
    with time_machine.travel(now() + timedelta(hours=49)):
        assert tracking.by_token(placed.tracking_token) is None


def test_it_withdraws_every_link_of_an_order(cast):
    placed = place(cast)
    tracking.create_link(placed.order)
    assert [tracking.withdraw_links(placed.order, by=cast.admin) for _ in range(2)] == [2, 0]
    assert tracking.by_token(placed.tracking_token) is None
    assert trail() == [(cast.admin.name, "order.links_withdrawn", placed.order.number, {"links": 2}, {})]


def test_it_logs_in_with_the_right_password_only(cast):
    assert sessions.sign_in(" Customer@Example.com ", PASSWORD).person_id == cast.customer.id
    for email, password in (("customer@example.com", "wrong"), ("nobody@example.com", PASSWORD)):
        with pytest.raises(WrongCredentials):
            sessions.sign_in(email, password)


def test_it_never_logs_in_who_is_deactivated(cast):
    people.deactivate(cast.customer)
    with pytest.raises(WrongCredentials):
        sessions.sign_in("customer@example.com", PASSWORD)


def test_no_link_is_made_to_an_order_that_has_ended(cast):
    order = place(cast).order
    orders.cancel(order, by=cast.customer)
    with pytest.raises(Conflict):
        tracking.create_link(order)
    assert TrackingLink.query.count() == 1
