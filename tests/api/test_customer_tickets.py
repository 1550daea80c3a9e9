"""A guest asks for a delivery and follows it: the fields of S4, no place before pickup, nothing of anybody else's."""

import pytest

from app.domain import fixes, orders
from app.models import Ticket
from tests.factories import delivery, order_in, place, ticket_in

from .conftest import refused

TICKET = {"id", "ticket_id", "status", "status_label", "driver", "order_number", "drop_code"}
# The event `driver.location.updated`, and minutes_away (CONTRACT).
S4 = {"ticket_id", "driver_id", "driver_name", "latitude", "longitude", "last_location_updated_at", "minutes_away"}
# A hundred metres from the counter: no jump from there.
NEAR = (38.7148, -9.1334)


@pytest.fixture
def backend():
    """One will do: the verbs are tested on both (tests/domain), and the document on the stricter one."""
    return "sqlite"


@pytest.fixture
def customer(program, cast):
    return program(cast.customer)


@pytest.fixture
def order(cast):
    return place(cast, fulfilment="delivery", address="1 Street").order


def follow(client, ticket):
    return client.get(f"/customer/tickets/{ticket.id}")


# -- Asking ----------------------------------------------------------------------------------------------------------


def test_it_asks_for_a_delivery(customer, order):
    answer = customer.post("/customer/tickets", {"order_number": order.number})
    assert answer.status_code == 201
    assert answer.json.keys() == TICKET
    assert (answer.json["order_number"], answer.json["status"]) == (order.number, "unassigned")
    assert (answer.json["driver"], answer.json["drop_code"]) == (None, None)
    assert answer.headers["Location"] == f"/api/customer/tickets/{answer.json['id']}"


def test_asked_again_it_is_the_same(customer, order, nothing_left):
    first = customer.post("/customer/tickets", {"order_number": order.number})
    with nothing_left():
        again = customer.post("/customer/tickets", {"order_number": order.number})
    assert (again.status_code, again.json) == (200, first.json)
    assert "Location" not in again.headers


def test_a_key_gives_the_first_answer_again(customer, order):
    first = customer.post("/customer/tickets", {"order_number": order.number}, key="a")
    again = customer.post("/customer/tickets", {"order_number": order.number}, key="a")
    assert (first.status_code, again.status_code, again.json) == (201, 200, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_the_kitchen_opened_it_already(customer, cast):
    order = delivery(cast)
    answer = customer.post("/customer/tickets", {"order_number": order.number})
    assert (answer.status_code, answer.json["id"]) == (200, Ticket.query.one().id)


def test_there_is_nothing_to_deliver(customer, cast, nothing_left):
    fetched, over = place(cast).order, order_in(cast, "delivered")
    with nothing_left():
        refused(customer.post("/customer/tickets", {"order_number": fetched.number}), 409, "conflict")
        refused(customer.post("/customer/tickets", {"order_number": over.number}), 409, "conflict")


def test_what_is_not_paid_yet_is_told_to_no_kitchen(customer, cast, nothing_left):
    unpaid = delivery(cast, "awaiting_payment")
    with nothing_left():
        refused(customer.post("/customer/tickets", {"order_number": unpaid.number}), 409, "conflict")


def test_what_left_with_another_courier_needs_nobody(customer, cast, nothing_left):
    gone = delivery(cast, "picked_up")
    with nothing_left():
        refused(customer.post("/customer/tickets", {"order_number": gone.number}), 409, "conflict")


@pytest.mark.parametrize("name", ["other_customer", "outsider"])
def test_nobody_asks_for_a_strangers_order(program, cast, order, nothing_left, name):
    client = program(getattr(cast, name))
    with nothing_left():
        refused(client.post("/customer/tickets", {"order_number": order.number}), 404, "not_found")
        refused(client.post("/customer/tickets", {"order_number": "2222222"}), 404, "not_found")


@pytest.mark.parametrize("name", ["vendor", "driver", "other_driver", "admin"])
def test_only_customers_ask(program, cast, order, nothing_left, name):
    client = program(getattr(cast, name))
    with nothing_left():
        refused(client.post("/customer/tickets", {"order_number": order.number}), 403, "forbidden")


@pytest.mark.parametrize("number", [None, 7, "", "x" * 17, "\0"])
def test_it_needs_a_number(customer, cast, nothing_left, number):
    with nothing_left():
        problem = refused(customer.post("/customer/tickets", {"order_number": number}), 422, "invalid")
    assert list(problem["errors"]) == ["order_number"]


# -- Following -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["unassigned", "offered", "delivered", "failed", "cancelled"])
def test_while_nobody_is_under_way_there_is_no_fix(customer, cast, status):
    answer = follow(customer, ticket_in(cast, status)).json
    assert answer.keys() == TICKET | {"fix", "promises"}
    assert (answer["fix"], answer["drop_code"]) == (None, None)


def test_nobody_is_named_before_they_accepted(customer, cast):
    assert follow(customer, ticket_in(cast, "offered")).json["driver"] is None


@pytest.mark.parametrize("status", ["assigned", "at_pickup"])
def test_before_pickup_it_tells_minutes_and_no_place(customer, cast, status):
    ticket = ticket_in(cast, status)
    answer = follow(customer, ticket).json
    assert answer["driver"] == {"id": cast.driver.id, "name": "Driver Person"}
    assert answer["drop_code"] == ticket.drop_code
    assert answer["fix"].keys() == S4
    assert (answer["fix"]["latitude"], answer["fix"]["longitude"]) == (None, None)
    assert answer["fix"]["minutes_away"] == (8 if status == "assigned" else 7)


@pytest.mark.parametrize("status", ["picked_up", "at_dropoff"])
def test_after_pickup_it_tells_the_place(customer, cast, status):
    ticket = ticket_in(cast, status)
    fixes.record(cast.driver, *NEAR)
    fix = follow(customer, ticket).json["fix"]
    assert (fix["ticket_id"], fix["driver_id"], fix["driver_name"]) == (ticket.id, cast.driver.id, "Driver Person")
    assert (fix["latitude"], fix["longitude"]) == NEAR
    assert fix["last_location_updated_at"].endswith("Z")
    assert fix["minutes_away"] == 7


def test_it_lists_every_window_that_was_promised(customer, cast):
    ticket = ticket_in(cast, "unassigned")
    promises = follow(customer, ticket).json["promises"]
    assert [promise["reason"] for promise in promises] == [
        "As long as the kitchen usually takes.",
        "The kitchen said how long it takes.",
    ]
    assert promises[0].keys() == {"promised_from", "promised_by", "reason", "at"}


@pytest.mark.parametrize("name", ["other_customer", "outsider"])
def test_nobody_follows_a_strangers_delivery(program, cast, name):
    refused(follow(program(getattr(cast, name)), ticket_in(cast, "picked_up")), 404, "not_found")


@pytest.mark.parametrize("name", ["vendor", "driver", "other_driver", "admin"])
def test_only_guests_follow(program, cast, name):
    refused(follow(program(getattr(cast, name)), ticket_in(cast, "picked_up")), 403, "forbidden")


def test_the_order_tells_of_its_ticket(customer, cast):
    ticket = ticket_in(cast, "assigned")
    shown = customer.get(f"/orders/{ticket.order.number}").json["ticket"]
    assert shown == {
        "id": ticket.id,
        "ticket_id": ticket.number,
        "status": "assigned",
        "status_label": "Driver on the way to the restaurant",
        "driver": {"id": cast.driver.id, "name": "Driver Person"},
    }
    orders.cancel(ticket.order, by=cast.vendor, reason_code="other")
    assert customer.get(f"/orders/{ticket.order.number}").json["ticket"] is None
