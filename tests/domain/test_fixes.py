"""A driver's fixes: what is not credible is refused and says why, who may know is told, and all of it goes in a day."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from app.contract import rooms
from app.contract.times import now
from app.domain import deliveries, drivers, fixes, orders
from app.errors import Conflict, Forbidden, Invalid
from app.extensions import atomic, db
from app.jobs import pruning
from app.models import LiveFix, TrackPoint
from tests.cast import COUNTER
from tests.factories import DOOR, on_duty, ticket_in

LATITUDE, LONGITUDE = COUNTER


def told(room):
    """What the screens of `room` are told now: one document for each driver."""
    rows = db.session.scalars(select(LiveFix).where(LiveFix.room == room, LiveFix.data.is_not(None)))
    return [json.loads(row.data) for row in rows]


def of_guest(ticket):
    return told(rooms.driver_location(ticket.order.customer_id))


def of_link(ticket):
    return told(rooms.order(ticket.order.number))


@pytest.mark.parametrize(
    ("fix", "field"),
    [
        ({"latitude": 90.1, "longitude": 0.0}, "latitude"),
        ({"latitude": 0.0, "longitude": -180.5}, "longitude"),
        ({"latitude": LATITUDE, "longitude": LONGITUDE, "accuracy": 501.0}, "accuracy"),
        ({"latitude": LATITUDE, "longitude": LONGITUDE, "recorded_at": timedelta(minutes=2)}, "recorded_at"),
        ({"latitude": LATITUDE, "longitude": LONGITUDE, "recorded_at": -timedelta(minutes=16)}, "recorded_at"),
    ],
)
def test_it_says_why_it_refuses(cast, fix, field):
    on_duty(cast.driver)
    if "recorded_at" in fix:
        fix = fix | {"recorded_at": now() + fix["recorded_at"]}
    with pytest.raises(Invalid) as refusal:
        fixes.record(cast.driver, **fix)
    assert list(refusal.value.members["errors"]) == [field]
    assert drivers.of(cast.driver).latitude is None


def test_nobody_flies(cast):
    on_duty(cast.driver, *COUNTER)
    with pytest.raises(Invalid, match="nobody is that fast"):
        fixes.record(cast.driver, LATITUDE + 0.5, LONGITUDE)
    assert drivers.of(cast.driver).latitude == LATITUDE


def test_one_that_agrees_with_what_was_doubted_is_believed(cast):
    """The first fix was the wrong one: a phone that was switched on in another town."""
    on_duty(cast.driver, LATITUDE + 0.5, LONGITUDE)
    with pytest.raises(Invalid):
        fixes.record(cast.driver, *COUNTER, recorded_at=now() + timedelta(seconds=1))
    assert fixes.record(cast.driver, *COUNTER, recorded_at=now() + timedelta(seconds=2))
    assert drivers.of(cast.driver).latitude == LATITUDE


def test_an_older_one_is_track_and_not_news(cast):
    ticket = ticket_in(cast, "picked_up")
    fixes.record(cast.driver, *DOOR, recorded_at=now() + timedelta(seconds=59))
    assert not fixes.record(cast.driver, *COUNTER, recorded_at=now() - timedelta(minutes=1))
    assert drivers.of(cast.driver).latitude == DOOR[0]
    assert db.session.scalars(select(func.count()).where(TrackPoint.ticket_id == ticket.id)).one() == 2


def test_only_drivers_on_duty_are_followed(cast):
    with pytest.raises(Conflict, match="off duty"):
        fixes.record(cast.driver, *COUNTER)
    with pytest.raises(Forbidden):
        fixes.record(cast.customer, *COUNTER)


def test_before_pickup_the_guest_hears_minutes_and_no_place(cast):
    ticket = ticket_in(cast, "assigned")
    fixes.record(cast.driver, *COUNTER)
    [document] = of_guest(ticket)
    assert (document["latitude"], document["longitude"]) == (None, None)
    # The food is ready, the driver a minute away, and the ride takes seven.
    assert document["minutes_away"] == 8
    assert of_link(ticket) == []


def test_after_pickup_guest_and_link_hear_the_place(cast):
    ticket = ticket_in(cast, "picked_up")
    fixes.record(cast.driver, *COUNTER)
    for [document] in (of_guest(ticket), of_link(ticket)):
        assert (document["latitude"], document["longitude"]) == COUNTER
        assert (document["ticket_id"], document["minutes_away"]) == (ticket.id, 7)


def test_the_link_hears_where_and_not_who(cast):
    ticket = ticket_in(cast, "picked_up")
    fixes.record(cast.driver, *COUNTER)
    assert [document["driver_name"] for document in of_guest(ticket) + of_link(ticket)] == [cast.driver.name, None]


@pytest.mark.parametrize(("seconds", "is_told"), [(74, True), (76, False)])
def test_where_a_driver_was_before_they_took_it_is_told_to_nobody(cast, seconds, is_told):
    """At home, say, or at another guest's door: no fix came since. A phone at rest speaks once a minute."""
    ticket = ticket_in(cast, "assigned")
    with atomic():
        drivers.of(cast.driver).fixed_at = ticket.assigned_at - timedelta(seconds=seconds)
    deliveries.pick_up(ticket, by=cast.driver, handover_code=ticket.order.handover_code)
    [document] = of_guest(ticket)
    assert (document["latitude"] is not None) == (document["minutes_away"] is not None) == is_told
    assert bool(of_link(ticket)) == is_told


@pytest.mark.parametrize("status", ["offered", "unassigned", "delivered", "failed", "cancelled"])
def test_outside_of_the_ride_nobody_hears_anything(cast, status):
    ticket = ticket_in(cast, status)
    if drivers.of(cast.driver) is None or not drivers.of(cast.driver).on_duty:
        on_duty(cast.driver)
    fixes.record(cast.driver, *COUNTER, recorded_at=now() + timedelta(seconds=5))
    assert of_guest(ticket) == of_link(ticket) == []


def test_a_cancelled_ride_is_silent_at_once(cast):
    ticket = ticket_in(cast, "assigned")
    fixes.record(cast.driver, *COUNTER)
    orders.cancel(ticket.order, by=cast.admin, reason_code="other")
    assert of_guest(ticket) == []


def test_dispatch_hears_everybody_on_duty_and_nobody_off(cast):
    on_duty(cast.driver, *COUNTER)
    on_duty(cast.other_driver, *DOOR)
    mine = {cast.driver.id, cast.other_driver.id}
    assert {fix["driver_id"] for fix in told(rooms.ADMIN_DISPATCH)} & mine == mine
    drivers.go_off_duty(cast.driver, by=cast.driver)
    assert {fix["driver_id"] for fix in told(rooms.ADMIN_DISPATCH)} & mine == {cast.other_driver.id}


def test_the_newest_has_the_largest_number(cast):
    ticket = ticket_in(cast, "picked_up")
    numbers = []
    for seconds in range(3):
        fixes.record(cast.driver, LATITUDE + seconds / 1e5, LONGITUDE, recorded_at=now() + timedelta(seconds=seconds))
        numbers.append(db.session.scalars(select(func.max(LiveFix.n))).one())
    assert numbers == sorted(set(numbers))
    assert of_link(ticket)[0]["latitude"] == LATITUDE + 2 / 1e5


def test_all_of_it_goes_after_a_day(cast):
    ticket = ticket_in(cast, "picked_up")
    fixes.record(cast.driver, *COUNTER)
    with time_machine.travel(now() + timedelta(hours=23, minutes=59), tick=False):
        pruning.forget_positions()
        assert of_link(ticket)
    with time_machine.travel(now() + timedelta(hours=24, minutes=1), tick=False):
        assert pruning.forget_positions() > 0
    db.session.expire_all()
    assert of_link(ticket) == of_guest(ticket) == []
    assert drivers.of(cast.driver).latitude is None
    assert db.session.scalars(select(func.count()).where(TrackPoint.ticket_id == ticket.id)).one() == 0


def test_a_long_track_goes_in_short_transactions(cast):
    """So that nobody waits long for SQLite's one lock."""
    ticket = ticket_in(cast, "picked_up")
    for seconds in range(3):
        fixes.record(cast.driver, *COUNTER, recorded_at=now() + timedelta(seconds=seconds))
    tomorrow = now() + timedelta(hours=25)
    fixes.forget(tomorrow, most=2)
    assert TrackPoint.query.filter_by(ticket_id=ticket.id).count() == 1
    assert fixes.forget(tomorrow, most=2) == 1
    assert fixes.forget(tomorrow, most=2) == 0
