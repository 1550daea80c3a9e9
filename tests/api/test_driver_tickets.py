"""A driver's list and tickets: what is theirs, what they were asked, what waits for anybody; and the fields of S3."""

from datetime import timedelta

import pytest
import time_machine

from app.contract.positions import Position
from app.contract.times import now
from app.domain import drivers, offers, ticket_deadlines
from app.extensions import atomic
from app.models import Ticket
from tests.cast import COUNTER
from tests.factories import DOOR, delivery, on_duty, ticket_in

from .conftest import refused

# What S3 puts on the wire, and what the driver's page needs besides.
S3 = {"id", "ticket_id", "status", "location", "customer"}
TICKET = S3 | {
    "status_label", "version", "order", "restaurant", "latitude", "longitude", "driver", "distance_m", "pay_minor",
    "currency", "drop_proof", "ready_at", "promised_by", "offer", "allowed", "changed_at",
}  # fmt: skip
NORTH = (39.0, -9.1334)


@pytest.fixture
def driver(program, cast):
    return program(cast.driver)


@pytest.fixture
def other(program, cast):
    return program(cast.other_driver)


def waiting(cast, **details):
    """A ticket that the worker looks for somebody for, and finds nobody."""
    ticket = delivery(cast, "ready_for_pickup", **details).ticket
    with atomic() as session:
        session.merge(Ticket(id=ticket.id, sought_since=now()))
    return ticket


def ids(documents):
    return [document["id"] for document in documents]


# -- The list --------------------------------------------------------------------------------------------------------


def test_it_tells_duty_and_an_empty_list(driver):
    answer = driver.get("/driver/tickets")
    assert answer.status_code == 200
    duty = {"on": False, "reason": None, "message": "You are off duty."}
    assert answer.json == {"duty": duty, "items": [], "waiting": [], "next": None}
    assert Position.parse(answer.headers["Passline-Position"])


def test_it_tells_why_somebody_was_set_off(driver, cast):
    on_duty(cast.driver)
    for _ in range(3):
        ticket = delivery(cast, "ready_for_pickup").ticket
        offers.offer(ticket, cast.driver, by=cast.admin)
        with time_machine.travel(now() + timedelta(seconds=46), tick=False):
            ticket_deadlines.act_on_due()
    duty = driver.get("/driver/tickets").json["duty"]
    assert (duty["on"], duty["reason"]) == (False, "lapses")
    assert duty["message"] == drivers.says(drivers.of(cast.driver))


def test_it_shows_what_is_asked_with_its_offer(driver, cast):
    ticket = ticket_in(cast, "offered")
    [item] = driver.get("/driver/tickets").json["items"]
    assert item.keys() == TICKET
    assert (item["id"], item["ticket_id"], item["status"]) == (ticket.id, ticket.number, "offered")
    assert (item["location"], item["allowed"]) == ("1 Street", ["assigned", "unassigned"])
    offer = item["offer"]
    assert offer.keys() == {"id", "status", "offered_at", "lapses_at", "answered_at", "reason", "distance_m"}
    assert (offer["status"], offer["reason"]) == ("open", "Chosen by Admin Person.")


def test_phones_are_masked_until_it_is_accepted(driver, cast):
    ticket = ticket_in(cast, "offered")
    assert "•" in driver.get("/driver/tickets").json["items"][0]["customer"]["phone"]
    offers.accept(ticket, by=cast.driver)
    customer = driver.get("/driver/tickets").json["items"][0]["customer"]
    assert customer == {"name": "Customer Person", "phone": "+351910000001"}


@pytest.mark.parametrize("status", ["assigned", "at_pickup", "picked_up", "at_dropoff", "failed", "returning"])
def test_it_shows_what_is_under_way(driver, cast, status):
    ticket_in(cast, status)
    [item] = driver.get("/driver/tickets").json["items"]
    assert (item["status"], item["offer"], item["driver"]["id"]) == (status, None, cast.driver.id)
    assert item["allowed"]


def test_it_shows_what_ended_for_a_day_newest_first(driver, program, cast):
    first, second = ticket_in(cast, "delivered"), ticket_in(cast, "returned")
    assert ids(driver.get("/driver/tickets").json["items"]) == [second.id, first.id]
    assert "•" in driver.get("/driver/tickets").json["items"][0]["customer"]["phone"]
    with time_machine.travel(now() + timedelta(hours=25)):
        assert program(cast.driver).get("/driver/tickets").json["items"] == []


def test_what_ended_comes_in_pages_under_what_is_open(driver, cast):
    ended = [ticket_in(cast, "delivered").id for _ in range(3)]
    asked = ticket_in(cast, "offered").id
    one = driver.get("/driver/tickets", limit=2).json
    assert ids(one["items"]) == [asked, ended[2], ended[1]]
    two = driver.get("/driver/tickets", limit=2, after=one["next"]).json
    assert (ids(two["items"]), two["next"]) == ([ended[0]], None)


def test_it_shows_nothing_of_another_driver(other, cast):
    for status in ("delivered", "offered"):
        ticket_in(cast, status)
    on_duty(cast.other_driver)
    answer = other.get("/driver/tickets").json
    assert (answer["items"], answer["waiting"]) == ([], [])


def test_what_waits_is_shown_to_who_is_on_duty(driver, cast):
    ticket = waiting(cast)
    assert driver.get("/driver/tickets").json["waiting"] == []
    on_duty(cast.driver)
    [shown] = driver.get("/driver/tickets").json["waiting"]
    assert shown.keys() == TICKET
    assert (shown["id"], shown["offer"], shown["driver"]) == (ticket.id, None, None)
    assert "•" in shown["customer"]["phone"]


def test_nobody_is_looked_for_yet(driver, cast):
    delivery(cast, "ready_for_pickup")
    on_duty(cast.driver)
    assert driver.get("/driver/tickets").json["waiting"] == []


@pytest.mark.parametrize("status", ["offered", "picked_up", "failed"])
def test_who_is_not_free_sees_nothing_wait(driver, cast, status):
    ticket_in(cast, status)
    waiting(cast)
    assert driver.get("/driver/tickets").json["waiting"] == []


def test_the_nearest_is_first_and_what_is_too_far_is_not_there(driver, cast):
    with atomic() as session:
        second = session.merge(cast.other_restaurant)
        second.latitude, second.longitude = 38.7239, -9.1334
    far, near = waiting(cast, restaurant=cast.other_restaurant), waiting(cast)
    on_duty(cast.driver, *COUNTER)
    assert ids(driver.get("/driver/tickets").json["waiting"]) == [near.id, far.id]
    with atomic() as session:
        second.latitude, second.longitude = NORTH
    assert ids(driver.get("/driver/tickets").json["waiting"]) == [near.id]


def test_of_what_waits_twenty_are_shown_those_that_wait_longest(driver, cast):
    longest = [waiting(cast).id for _ in range(21)][:20]
    on_duty(cast.driver)
    assert ids(driver.get("/driver/tickets").json["waiting"]) == longest


@pytest.mark.parametrize("name", ["customer", "vendor", "admin", "outsider"])
@pytest.mark.parametrize("path", ["/driver/tickets", "/driver/tickets/1"])
def test_only_drivers_have_a_list(program, cast, name, path):
    refused(program(getattr(cast, name)).get(path), 403, "forbidden")


# -- One ticket ------------------------------------------------------------------------------------------------------


def test_it_reads_a_ticket_as_the_list_shows_it(driver, cast):
    ticket = ticket_in(cast, "offered")
    answer = driver.get(f"/driver/tickets/{ticket.id}")
    assert answer.json == driver.get("/driver/tickets").json["items"][0]
    assert Position.parse(answer.headers["Passline-Position"])


def test_who_was_ever_asked_may_read_it(driver, cast):
    ticket = ticket_in(cast, "offered")
    offers.decline(ticket, by=cast.driver)
    answer = driver.get(f"/driver/tickets/{ticket.id}").json
    assert (answer["offer"], answer["allowed"]) == (None, [])


GUEST = {"name": "C•••", "phone": "+351•••••••01"}


def knows_no_guest(document):
    """Whether it says neither who, nor which door, nor what they wrote."""
    assert (document["location"], document["latitude"], document["longitude"]) == ("• Street", None, None)
    assert (document["customer"], document["order"]["note"]) == (GUEST, "")
    return True


def test_what_waits_says_no_name_and_no_door(driver, cast):
    ticket = waiting(cast, note="Key under the mat")
    on_duty(cast.driver)
    [shown] = driver.get("/driver/tickets").json["waiting"]
    assert knows_no_guest(shown)
    assert knows_no_guest(driver.get(f"/driver/tickets/{ticket.id}").json)


def test_who_was_asked_once_forgets_the_guest(driver, cast):
    ticket = ticket_in(cast, "offered")
    assert driver.get(f"/driver/tickets/{ticket.id}").json["location"] == "1 Street"
    offers.decline(ticket, by=cast.driver)
    assert knows_no_guest(driver.get(f"/driver/tickets/{ticket.id}").json)


@pytest.mark.parametrize("status", ["delivered", "returned"])
def test_who_is_done_with_it_forgets_the_guest(driver, cast, status):
    ticket_in(cast, status)
    assert knows_no_guest(driver.get("/driver/tickets").json["items"][0])


@pytest.mark.parametrize("status", ["assigned", "at_dropoff", "failed", "returning"])
def test_who_has_it_knows_the_door(driver, cast, status):
    ticket_in(cast, status)
    [item] = driver.get("/driver/tickets").json["items"]
    assert (item["location"], item["latitude"], item["customer"]["name"]) == ("1 Street", DOOR[0], "Customer Person")


def test_who_is_on_duty_may_read_what_waits(other, cast):
    ticket = ticket_in(cast, "needs_dispatcher")
    refused(other.get(f"/driver/tickets/{ticket.id}"), 404, "not_found")
    on_duty(cast.other_driver)
    assert other.get(f"/driver/tickets/{ticket.id}").json["status"] == "needs_dispatcher"


@pytest.mark.parametrize("status", ["unassigned", "offered", "assigned", "picked_up", "delivered", "cancelled"])
def test_nobody_reads_what_is_not_theirs(other, cast, status):
    ticket = ticket_in(cast, status)
    on_duty(cast.other_driver)
    refused(other.get(f"/driver/tickets/{ticket.id}"), 404, "not_found")
    refused(other.get(f"/driver/tickets/{2**63 - 1}"), 404, "not_found")
