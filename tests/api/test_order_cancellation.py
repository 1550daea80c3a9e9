"""A customer asks to cancel what the kitchen works on; a kitchen confirms that it stopped."""

import pytest

from app.domain import orders
from app.models import CancellationRequest, EventLog
from tests.factories import order_in, place

from .conftest import refused


def ask(program, person, order, **body):
    return program(person).post(f"/orders/{order.number}/cancellation-requests", body)


def stop(program, person, order):
    return program(person).post(f"/orders/{order.number}/stop-acknowledgement", {})


@pytest.fixture
def stopped(cast):
    """An order that was cancelled while the kitchen worked on it."""
    order = order_in(cast, "preparing")
    orders.cancel(order, by=cast.admin, reason_code="customer_asked")
    return order


def test_a_customer_asks(program, cast):
    order = order_in(cast, "preparing")
    answer = ask(program, cast.customer, order, note="Please!")
    assert answer.status_code == 201
    row = CancellationRequest.query.one()
    assert answer.json.keys() == {"id", "order_number", "note", "created_at"}
    assert (answer.json["id"], answer.json["order_number"], answer.json["note"]) == (row.id, order.number, "Please!")
    assert EventLog.query.filter_by(name="OrderCancellationRequested").count() == 2


def test_a_customer_needs_say_nothing(program, cast):
    order = order_in(cast, "accepted")
    assert program(cast.customer).send(f"/orders/{order.number}/cancellation-requests", b"").status_code == 201


def test_asked_again_it_is_the_same_request(program, cast, nothing_left):
    order, customer = order_in(cast, "accepted"), program(cast.customer)
    path = f"/orders/{order.number}/cancellation-requests"
    first = customer.post(path, {"note": "Please!"})
    with nothing_left():
        assert customer.post(path, {"note": "Really!"}).json == first.json


@pytest.mark.parametrize("name", ["vendor", "admin"])
def test_only_the_customer_asks(program, cast, nothing_left, name):
    order = order_in(cast, "accepted")
    client = program(getattr(cast, name))
    with nothing_left():
        refused(client.post(f"/orders/{order.number}/cancellation-requests", {}), 403, "forbidden")


def test_what_is_only_placed_is_cancelled_directly(program, cast, nothing_left):
    order, customer = place(cast).order, program(cast.customer)
    with nothing_left():
        refused(customer.post(f"/orders/{order.number}/cancellation-requests", {}), 409, "conflict")


def test_nobody_asks_for_what_is_not_theirs(program, cast, nothing_left):
    order, outsider = order_in(cast, "accepted"), program(cast.outsider)
    with nothing_left():
        refused(outsider.post(f"/orders/{order.number}/cancellation-requests", {}), 404, "not_found")


@pytest.mark.parametrize("name", ["vendor", "colleague", "admin"])
def test_a_kitchen_confirms_that_it_stopped(program, cast, stopped, name):
    answer = stop(program, getattr(cast, name), stopped)
    assert answer.status_code == 200
    assert answer.json["stop_acknowledged_at"].endswith("Z")
    assert answer.json["version"] == stopped.version
    assert EventLog.query.filter_by(name="OrderStopAcknowledged").count() == 2


def test_confirmed_again_nothing_changes(program, cast, stopped, nothing_left):
    vendor, path = program(cast.vendor), f"/orders/{stopped.number}/stop-acknowledgement"
    first = vendor.post(path, {}).json
    with nothing_left():
        assert vendor.post(path, {}).json == first


def test_only_a_kitchen_confirms(program, cast, stopped, nothing_left):
    customer = program(cast.customer)
    with nothing_left():
        refused(customer.post(f"/orders/{stopped.number}/stop-acknowledgement", {}), 403, "forbidden")


def test_what_goes_on_is_not_confirmed(program, cast, nothing_left):
    order, vendor = order_in(cast, "accepted"), program(cast.vendor)
    with nothing_left():
        refused(vendor.post(f"/orders/{order.number}/stop-acknowledgement", {}), 409, "conflict")


def test_another_kitchen_finds_nothing(program, cast, stopped, nothing_left):
    other = program(cast.other_vendor)
    with nothing_left():
        refused(other.post(f"/orders/{stopped.number}/stop-acknowledgement", {}), 404, "not_found")
