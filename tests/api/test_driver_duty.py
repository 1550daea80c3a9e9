"""A driver's duty over the API: on, off, and what becomes of an offer that is open."""

import pytest

from app.domain import drivers
from app.extensions import db
from app.models import Ticket, TicketOffer
from tests.factories import ticket_in

from .conftest import refused


@pytest.fixture
def backend():
    """One will do: the verbs are tested on both (tests/domain), and the document on the stricter one."""
    return "sqlite"


@pytest.fixture
def driver(program, cast):
    return program(cast.driver)


def test_it_sets_on_duty(driver, cast):
    answer = driver.post("/driver/duty", {"on": True})
    assert answer.status_code == 200
    assert answer.json == {"on": True, "reason": None, "message": "You are on duty.", "changed": True}
    assert drivers.of(cast.driver).on_duty


def test_the_same_again_changes_nothing(driver, nothing_left):
    driver.post("/driver/duty", {"on": True})
    with nothing_left():
        assert driver.post("/driver/duty", {"on": True}).json["changed"] is False


def test_who_was_never_on_is_off(driver):
    answer = driver.post("/driver/duty", {"on": False}).json
    assert (answer["on"], answer["changed"]) == (False, False)


def test_it_sets_off_duty(driver):
    driver.post("/driver/duty", {"on": True})
    answer = driver.post("/driver/duty", {"on": False}).json
    assert answer == {"on": False, "reason": "self", "message": "You are off duty.", "changed": True}


def test_an_open_offer_is_declined_first(driver, cast):
    ticket = ticket_in(cast, "offered")
    assert driver.post("/driver/duty", {"on": False}).json["changed"] is True
    db.session.expire_all()
    assert [offer.status for offer in TicketOffer.query] == ["declined"]
    assert (ticket.status, ticket.refusals, ticket.changed_by_id) == ("unassigned", 1, cast.driver.id)


def test_nobody_goes_off_with_a_delivery_under_way(driver, cast, nothing_left):
    ticket_in(cast, "picked_up")
    with nothing_left():
        assert "under way" in refused(driver.post("/driver/duty", {"on": False}), 409, "conflict")["detail"]


def test_a_key_gives_the_first_answer_again(driver):
    first = driver.post("/driver/duty", {"on": True}, key="a")
    again = driver.post("/driver/duty", {"on": True}, key="a")
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")


def test_with_a_key_what_waits_is_looked_at(driver, cast):
    ticket = ticket_in(cast, "needs_dispatcher")
    driver.post("/driver/duty", {"on": True}, key="a")
    assert driver.get("/driver/tickets").json["waiting"][0]["id"] == ticket.id
    assert db.session.get(Ticket, ticket.id).status == "needs_dispatcher"


@pytest.mark.parametrize("on", [1, 0, "true", "on", None, []])
def test_it_takes_true_and_false_alone(driver, nothing_left, on):
    with nothing_left():
        assert list(refused(driver.post("/driver/duty", {"on": on}), 422, "invalid")["errors"]) == ["on"]


@pytest.mark.parametrize("name", ["customer", "vendor", "admin", "outsider"])
def test_only_drivers_have_one(program, cast, nothing_left, name):
    client = program(getattr(cast, name))
    with nothing_left():
        refused(client.post("/driver/duty", {"on": True}), 403, "forbidden")


def test_who_goes_on_and_off_all_the_time_is_slowed_down(driver, program, cast, nothing_left):
    for number in range(10):
        driver.post("/driver/duty", {"on": number % 2 == 0})
    with nothing_left():
        refused(driver.post("/driver/duty", {"on": True}), 429, "too_many_requests")
    assert program(cast.other_driver).post("/driver/duty", {"on": True}).status_code == 200
