"""A driver's phone says where it is: taken, refused with the reason by field, slowed down when it says too much."""

from datetime import timedelta

import pytest

from app.contract.times import iso, now
from app.extensions import db
from app.models import Driver, TrackPoint
from tests.cast import COUNTER
from tests.factories import on_duty, ticket_in

from .conftest import refused

HERE = {"latitude": COUNTER[0], "longitude": COUNTER[1]}


@pytest.fixture
def backend():
    """One will do: the verbs are tested on both (tests/domain), and the document on the stricter one."""
    return "sqlite"


@pytest.fixture
def driver(program, cast):
    """The phone of a driver on duty."""
    on_duty(cast.driver)
    return program(cast.driver)


def say(phone, **fix):
    return phone.post("/driver/location", HERE | fix)


def test_it_takes_a_fix(driver, cast):
    answer = say(driver, accuracy=8)
    assert (answer.status_code, answer.json) == (202, {"newest": True})
    row = db.session.get(Driver, cast.driver.id)
    assert (row.latitude, row.longitude, row.accuracy) == (*COUNTER, 8.0)


def test_an_older_one_is_not_the_newest(driver):
    say(driver)
    assert say(driver, recorded_at=iso(now() - timedelta(minutes=2))).json == {"newest": False}


def test_it_keeps_the_track_of_what_is_under_way(program, cast):
    ticket = ticket_in(cast, "picked_up")
    phone = program(cast.driver)
    for minutes in (3, 2, 1):
        say(phone, recorded_at=iso(now() - timedelta(minutes=minutes)))
    assert TrackPoint.query.filter_by(ticket_id=ticket.id).count() == 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("latitude", 90.1),
        ("latitude", -91),
        ("latitude", "38.7"),
        ("latitude", True),
        ("latitude", None),
        ("latitude", [38.7]),
        ("latitude", 10**17),
        ("longitude", 180.5),
        ("longitude", -1e308),
        ("accuracy", -1),
        ("accuracy", 501),
        ("accuracy", "8"),
        ("recorded_at", "yesterday"),
        ("recorded_at", 1763661845),
        ("recorded_at", "2026-11-20T18:04:05"),
        ("speed", 3),
    ],
)
def test_it_names_the_field_that_is_wrong(driver, nothing_left, field, value):
    with nothing_left():
        assert list(refused(say(driver, **{field: value}), 422, "invalid")["errors"]) == [field]


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_what_is_no_json_number_is_no_json(driver, nothing_left, number):
    with nothing_left():
        body = b'{"latitude": ' + number + b', "longitude": 0}'
        refused(driver.send("/driver/location", body, **{"Content-Type": "application/json"}), 400, "bad_request")


@pytest.mark.parametrize("minutes", [-16, 2])
def test_it_refuses_a_clock_that_is_wrong(driver, nothing_left, minutes):
    with nothing_left():
        answer = say(driver, recorded_at=iso(now() + timedelta(minutes=minutes)))
        assert list(refused(answer, 422, "invalid")["errors"]) == ["recorded_at"]


def test_it_refuses_a_jump_and_says_why(driver):
    say(driver)
    problem = refused(say(driver, latitude=39.7), 422, "invalid")
    assert "nobody is that fast" in problem["errors"]["latitude"][0]


def test_off_duty_nobody_needs_to_know(program, cast, nothing_left):
    phone = program(cast.driver)
    with nothing_left():
        refused(say(phone), 409, "conflict")


def test_a_phone_that_returns_hands_over_a_hundred_at_once(driver):
    start = now() - timedelta(minutes=5)
    answers = [say(driver, recorded_at=iso(start + timedelta(seconds=second))) for second in range(121)]
    assert {answer.status_code for answer in answers[:120]} == {202}
    refused(answers[120], 429, "too_many_requests")
    assert 0 < int(answers[120].headers["Retry-After"]) <= 40


def test_each_driver_has_a_limit_of_their_own(driver, program, cast):
    for _ in range(121):
        say(driver)
    on_duty(cast.other_driver)
    assert say(program(cast.other_driver)).status_code == 202


@pytest.mark.parametrize("name", ["customer", "vendor", "admin", "outsider"])
def test_only_drivers_say_where_they_are(program, cast, nothing_left, name):
    client = program(getattr(cast, name))
    with nothing_left():
        refused(say(client), 403, "forbidden")
