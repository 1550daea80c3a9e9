"""Weeks and exceptions as an admin writes them, and what they do to openings."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from app.contract.times import now
from app.domain import opening_hours
from app.domain.opening import opening
from app.domain.opening_hours import read
from app.errors import Invalid, NotFound, RestaurantClosed
from app.extensions import db
from app.models import AuditEntry, OpeningException, OpeningHours, Restaurant
from tests.factories import place

FRIDAY = date(2026, 11, 20)


def house(*exceptions: OpeningException) -> Restaurant:
    """Open from 18:00 to 02:00 every day, UTC."""
    hours = [OpeningHours(weekday=day, opens=time(18), closes=time(2)) for day in range(7)]
    return Restaurant(time_zone="UTC", hours=hours, exceptions=list(exceptions), day_starts=time(5))


def at(hours: float) -> datetime:
    return datetime(2026, 11, 20, tzinfo=UTC) + timedelta(hours=hours)


def test_a_line_of_hours_is_read():
    assert read("18.30 – 2:00, 11:00-15:00") == [(time(11), time(15)), (time(18, 30), time(2))]
    assert read(" ") == []
    assert read("10:00-24:00") == [(time(10), time(0))]


@pytest.mark.parametrize(
    "line", ["11-15", "25:00-26:00", "11:00", "11:00-15:00, 14:00-18:00", "20:00-02:00, 22:00-23:00"]
)
def test_what_is_no_line_of_hours_is_refused(line):
    with pytest.raises(Invalid):
        read(line)


def test_a_closed_day_is_closed_but_for_the_end_of_the_evening_before():
    closed = house(OpeningException(day=FRIDAY, note="Holiday"))
    assert closed.is_open(at(1))
    assert not closed.is_open(at(20))
    assert opening(closed, at(20)).changes_at == at(24 + 18)


def test_other_hours_count_before_those_of_the_week():
    late = house(OpeningException(day=FRIDAY, opens=time(12), closes=time(4)))
    assert late.is_open(at(13))
    assert late.is_open(at(27))
    assert opening(late, at(13)).changes_at == at(28)


def test_the_week_is_set_and_told_once(cast):
    lines = ["", "11:00-15:00, 18:00-01:00", *["10:00-22:00"] * 5]
    assert opening_hours.set_week(cast.restaurant, lines, by=cast.admin)
    assert not opening_hours.set_week(cast.restaurant, lines, by=cast.admin)
    db.session.expire_all()
    assert opening_hours.week_of(cast.restaurant) == lines
    [entry] = db.session.scalars(select(AuditEntry))
    assert (entry.action, "Tuesday" in entry.after) == ("restaurant.hours_changed", True)


def test_a_wrong_line_is_named_and_nothing_is_written(cast):
    with pytest.raises(Invalid) as refusal:
        opening_hours.set_week(cast.restaurant, ["", "all day", *[""] * 5], by=cast.admin)
    assert set(refusal.value.members["errors"]) == {"day_1"}
    assert opening_hours.week_of(cast.restaurant)[0] == "00:00-00:00"


def test_closed_days_take_no_orders_and_end(cast):
    today = cast.restaurant.service_day(now())
    opening_hours.set_days(
        cast.restaurant, today - timedelta(days=0), today + timedelta(days=2), "", note="Away", by=cast.admin
    )
    # It is open around the clock: of the day before nothing is left at noon.
    noon = datetime.combine(today, time(12), cast.restaurant.zone)
    assert not cast.restaurant.is_open(noon)
    assert list(opening_hours.exceptions_ahead(cast.restaurant).values()) == ["closed (Away)"] * 3
    with pytest.raises(RestaurantClosed):
        place(cast, scheduled_for=datetime.combine(today + timedelta(days=2), time(12), cast.restaurant.zone))
    opening_hours.drop_day(cast.restaurant, today, by=cast.admin)
    assert cast.restaurant.is_open(noon)
    with pytest.raises(NotFound):
        opening_hours.drop_day(cast.restaurant, today, by=cast.admin)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_days_that_cannot_be_are_refused(cast):
    today = cast.restaurant.service_day(now())
    day = timedelta(days=1)
    for first, last in ((today - day, today), (today, today - day), (today, today + 92 * day)):
        with pytest.raises(Invalid):
            opening_hours.set_days(cast.restaurant, first, last, "", by=cast.admin)
    assert not cast.restaurant.exceptions
