"""How requests are read: JSON that is JSON, no field unknown, no type bent, each error by its field."""

import pytest

from app.views.api.reading import paths
from tests.factories import order_in

from .conftest import refused


@pytest.fixture
def backend():
    """One will do: what is refused here never comes to it."""
    return "sqlite"


@pytest.fixture
def vendor(program, cast):
    return program(cast.vendor)


@pytest.fixture
def transitions(cast):
    return f"/orders/{order_in(cast, 'placed').number}/transitions"


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("body", [b"{", b"nonsense", b'{"to": NaN}', b'{"to": "\\ud800"}', b"\xff", b"[" * 5000])
def test_it_refuses_what_is_no_json(vendor, transitions, nothing_left, body):
    with nothing_left():
        refused(vendor.send(transitions, body, **JSON), 400, "bad_request")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_it_refuses_another_content_type(vendor, transitions, nothing_left, kind):
    with nothing_left():
        answer = vendor.send(transitions, b'{"to": "accepted"}', **{"Content-Type": kind})
        refused(answer, 415, "unsupported_media_type")


def test_it_reads_json_with_a_charset(vendor, transitions):
    kind = {"Content-Type": "application/json; charset=utf-8"}
    assert vendor.send(transitions, b'{"to": "accepted"}', **kind).status_code == 200


def test_it_refuses_a_body_beyond_measure(vendor, transitions, nothing_left):
    with nothing_left():
        refused(vendor.send(transitions, b" " * 300_000, **JSON), 413, "request_entity_too_large")


@pytest.mark.parametrize("body", [[], "accepted", 1, None, [{"to": "accepted"}]])
def test_it_refuses_what_is_no_object(vendor, transitions, nothing_left, body):
    with nothing_left():
        problem = refused(vendor.post(transitions, body), 422, "invalid")
    assert problem["errors"].keys() == {"to"} if body is None else {"body"}


def test_no_body_is_an_empty_object(vendor, transitions):
    assert refused(vendor.send(transitions, b""), 422, "invalid")["errors"].keys() == {"to"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nonsense", 1),
        ("status", "accepted"),
        ("expected_version", "1"),
        ("expected_version", 1.0),
        ("expected_version", True),
        ("expected_version", 0),
        ("expected_version", 2**31),
        ("expected_version", None),
        ("expected_version", 123456789012345678901234567890),
        ("note", 1),
        ("note", "x" * 501),
        ("note", "\0"),
        ("reason_code", "x" * 41),
        ("reason_code", ["other"]),
        ("prep_minutes", 0),
        ("prep_minutes", 241),
        ("prep_minutes", "20"),
        ("handover_code", 1234),
        ("occurred_at", "2026-11-20T18:04:05"),
        ("occurred_at", "yesterday"),
        ("occurred_at", "0001-01-01T00:00:00+14:00"),
        ("occurred_at", "9999-12-31T23:59:59-14:00"),
        ("occurred_at", 1763661845),
        ("to", "eaten"),
        ("to", ""),
        ("to", None),
        ("to", ["accepted"]),
    ],
)
def test_it_names_the_field_that_is_wrong(vendor, transitions, nothing_left, field, value):
    with nothing_left():
        problem = refused(vendor.post(transitions, {"to": "accepted", field: value}), 422, "invalid")
    assert list(problem["errors"]) == [field]
    assert all(isinstance(message, str) for message in problem["errors"][field])


@pytest.mark.parametrize(
    "at", ["2026-11-20T18:04:05Z", "2026-11-20T18:04:05.123456+05:45", "2026-11-20 18:04:05-03:00"]
)
def test_it_takes_a_time_with_a_zone(vendor, transitions, at):
    assert vendor.post(transitions, {"to": "accepted", "occurred_at": at}).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"nonsense": "1"}, "nonsense"),
        ({"status": "eaten"}, "status"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "1_0"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"after": "nonsense"}, "after"),
        ({"after": "9" * 40}, "after"),
        ({"restaurant": "nowhere"}, "restaurant"),
        ({"q": "\0"}, "q"),
        ({"q": "a"}, "q"),
        ({"q": "x" * 101}, "q"),
        ({"status": ["placed", "accepted"]}, "status"),
    ],
)
def test_it_names_the_parameter_that_is_wrong(vendor, query, field):
    assert list(refused(vendor.get("/orders", **query), 422, "invalid")["errors"]) == [field]


def test_an_empty_parameter_counts_as_not_given(vendor):
    assert vendor.get("/orders", status="", restaurant="", q="", after="").status_code == 200


def test_it_names_fields_within_lists_by_their_path(program, cast, wanted):
    wanted["items"][1]["quantity"] = "1"
    wanted["items"][0]["colour"] = "red"
    problem = refused(program(cast.customer).post("/orders", wanted), 422, "invalid")
    assert problem["errors"].keys() == {"items.1.quantity", "items.0.colour"}


def test_what_is_wrong_with_the_whole_is_said_of_the_body():
    assert dict(paths({"_schema": ["No."]})) == {"body": ["No."]}
