"""The house's days: one zone, midnight to midnight, also where clocks are changed."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.domain import days
from app.extensions import db

LISBON = ZoneInfo("Europe/Lisbon")


def test_without_restaurants_it_is_utc(app):
    assert days.house_zone(db.session()).key == "UTC"


def test_the_zone_is_that_of_most_restaurants_and_of_one_where_they_are_even(cast):
    assert days.house_zone(db.session()).key == "Asia/Tokyo"
    cast.other_restaurant.time_zone = "Europe/Lisbon"
    db.session.flush()
    assert days.house_zone(db.session()).key == "Europe/Lisbon"
    db.session.rollback()


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 7, 1), 24), (date(2026, 10, 25), 25)], ids=str
)
def test_a_day_has_as_many_hours_as_clocks_say(day, hours):
    each, whole = days.hours_of(day, LISBON), days.span_of(day, LISBON)
    assert len(each) == hours
    assert (each[0].begins, each[-1].ends) == (whole.begins, whole.ends)
    assert all(before.ends == after.begins for before, after in itertools.pairwise(each))


def test_a_day_begins_at_midnight_of_its_zone():
    assert days.midnight(date(2026, 7, 1), LISBON) == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert days.span_of(date(2026, 7, 1), LISBON, 7).ends == datetime(2026, 7, 7, 23, tzinfo=UTC)


def test_a_week_begins_on_monday():
    assert {days.monday_of(date(2026, 11, 23) + timedelta(days=n)) for n in range(7)} == {date(2026, 11, 23)}
