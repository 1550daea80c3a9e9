"""Dispatchers over the API: every delivery, whole, and who is asked; for admins alone."""

from datetime import timedelta

import pytest
import time_machine

from app.contract.positions import Position
from app.contract.times import now
from app.domain import deliveries, drivers, fixes, offers
from app.extensions import db
from app.models import Ticket, TicketOffer
from tests.factories import on_duty, ticket_in

from .conftest import refused
from .test_driver_steps import JPEG, asks_for
from .test_driver_tickets import TICKET, ids, waiting

# A hundred metres from the counter: no jump from there.
NEAR = (38.7148, -9.1334)
OFFER = {
    "id", "status", "offered_at", "lapses_at", "answered_at", "reason", "distance_m", "driver", "offered_by",
}  # fmt: skip


@pytest.fixture
def admin(program, cast):
    return program(cast.admin)


@pytest.fixture
def ticket(cast):
    """One that waits for anybody."""
    return waiting(cast)


def path(ticket, *more):
    return "/".join(("/admin/tickets", str(ticket.id), *more))


# -- The list --------------------------------------------------------------------------------------------------------


def test_it_lists_them_newest_first(admin, cast):
    first, second = ticket_in(cast, "delivered"), ticket_in(cast, "offered")
    answer = admin.get("/admin/tickets")
    assert ids(answer.json["items"]) == [second.id, first.id]
    assert answer.json["items"][0].keys() == TICKET
    assert answer.json["items"][0]["offer"].keys() == OFFER
    assert answer.json["items"][1]["offer"] is None
    assert Position.parse(answer.headers["Passline-Position"])


def test_it_tells_admins_the_whole_phone(admin, ticket):
    assert admin.get("/admin/tickets").json["items"][0]["customer"]["phone"] == "+351910000001"


def test_it_finds_them_by_status(admin, cast):
    ticket_in(cast, "delivered")
    calling = ticket_in(cast, "needs_dispatcher")
    assert ids(admin.get("/admin/tickets", status="needs_dispatcher").json["items"]) == [calling.id]
    assert admin.get("/admin/tickets", status="failed").json["items"] == []
    assert list(refused(admin.get("/admin/tickets", status="eaten"), 422, "invalid")["errors"]) == ["status"]


def test_it_pages_through_them(admin, cast):
    all_of_them = [waiting(cast).id for _ in range(3)]
    one = admin.get("/admin/tickets", limit=2).json
    two = admin.get("/admin/tickets", limit=2, after=one["next"]).json
    assert ids(one["items"] + two["items"]) == all_of_them[::-1]
    assert two["next"] is None


# -- One of them -----------------------------------------------------------------------------------------------------


def test_it_tells_everything_of_one(admin, cast):
    on_duty(cast.other_driver)
    asks_for(cast, "photo")
    ticket = ticket_in(cast, "picked_up")
    fixes.record(cast.driver, *NEAR)
    deliveries.deliver(ticket, by=cast.driver, proof={"photo": JPEG}, note="By the door")
    whole = admin.get(path(ticket)).json
    assert whole.keys() == TICKET | {"offers", "history", "track", "promises", "proof"}
    [offer] = whole["offers"]
    assert offer.keys() == OFFER | {"considered", "decline_reason"}
    assert offer["driver"] == {"id": cast.driver.id, "name": "Driver Person"}
    assert [one["name"] for one in offer["considered"]] == ["Driver Person", "Other Driver Person"]
    assert [change["to"] for change in whole["history"]][-2:] == ["picked_up", "delivered"]
    assert whole["history"][-1]["actor"] == {"id": cast.driver.id, "name": "Driver Person"}
    assert (whole["track"][-1]["latitude"], whole["track"][-1]["longitude"]) == NEAR
    assert whole["promises"][0]["reason"]
    assert (whole["proof"]["kind"], whole["proof"]["note"]) == ("photo", "By the door")
    assert "drop_code" not in whole


def test_it_knows_none(admin):
    refused(admin.get("/admin/tickets/1"), 404, "not_found")


# -- Offering, withdrawing, giving to somebody else ------------------------------------------------------------------


def test_it_offers_to_a_chosen_driver(admin, cast, ticket):
    on_duty(cast.driver)
    answer = admin.post(path(ticket, "offer"), {"driver_id": cast.driver.id})
    assert answer.status_code == 200
    assert answer.json.keys() == {"message", "ticket"}
    assert answer.json["message"] == "Ticket offered to driver."
    assert answer.json["ticket"].keys() == TICKET
    assert answer.json["ticket"]["status"] == "offered"
    assert answer.json["ticket"]["offer"]["driver"] == {"id": cast.driver.id, "name": "Driver Person"}


def test_a_key_offers_once(admin, cast, ticket):
    on_duty(cast.driver)
    first = admin.post(path(ticket, "offer"), {"driver_id": cast.driver.id}, key="a")
    again = admin.post(path(ticket, "offer"), {"driver_id": cast.driver.id}, key="a")
    assert again.json == first.json
    assert TicketOffer.query.count() == 1


@pytest.mark.parametrize("status", ["offered", "assigned", "at_pickup"])
def test_it_gives_it_to_another_driver(admin, cast, status):
    ticket = ticket_in(cast, status)
    on_duty(cast.other_driver)
    answer = admin.post(path(ticket, "offer"), {"driver_id": cast.other_driver.id}).json
    assert answer["ticket"]["offer"]["driver"]["id"] == cast.other_driver.id
    assert [offer.status for offer in TicketOffer.query.order_by(TicketOffer.id)] == ["withdrawn", "open"]


@pytest.mark.parametrize("driver", ["customer", "nobody"])
def test_only_drivers_are_asked(admin, cast, ticket, nothing_left, driver):
    driver_id = cast.customer.id if driver == "customer" else 10**9
    with nothing_left():
        problem = refused(admin.post(path(ticket, "offer"), {"driver_id": driver_id}), 422, "invalid")
    assert list(problem["errors"]) == ["driver_id"]


def test_who_is_off_duty_is_not_asked(admin, cast, ticket, nothing_left):
    with nothing_left():
        problem = refused(admin.post(path(ticket, "offer"), {"driver_id": cast.driver.id}), 409, "conflict")
    assert problem["detail"] == "Driver Person is off duty."


def test_who_is_busy_is_not_asked(admin, cast, nothing_left):
    ticket_in(cast, "picked_up")
    another = waiting(cast)
    with nothing_left():
        refused(admin.post(path(another, "offer"), {"driver_id": cast.driver.id}), 409, "conflict")


@pytest.mark.parametrize("action", ["offer", "withdraw"])
def test_a_stale_version_loses(admin, cast, nothing_left, action):
    ticket = ticket_in(cast, "assigned")
    on_duty(cast.other_driver)
    said = {"driver_id": cast.other_driver.id} if action == "offer" else {}
    with nothing_left():
        answer = admin.post(path(ticket, action), {"expected_version": 2, **said})
        problem = refused(answer, 409, "changed_meanwhile")
    assert (problem["current_status"], problem["version"]) == ("assigned", 3)
    assert problem["changed_by"]["name"] == "Driver Person"


def test_what_is_with_the_guest_is_not_offered(admin, cast, nothing_left):
    ticket = ticket_in(cast, "delivered")
    with nothing_left():
        answer = admin.post(path(ticket, "offer"), {"driver_id": cast.driver.id})
    assert refused(answer, 409, "transition_not_allowed")["current_status"] == "delivered"


@pytest.mark.parametrize("status", ["offered", "assigned"])
def test_it_withdraws(admin, cast, status):
    ticket = ticket_in(cast, status)
    answer = admin.post(path(ticket, "withdraw"), {"note": "The bike broke down"}).json
    assert answer["message"] == "Ticket withdrawn from driver."
    assert (answer["ticket"]["status"], answer["ticket"]["driver"], answer["ticket"]["offer"]) == (
        "unassigned",
        None,
        None,
    )
    assert admin.get(path(ticket)).json["history"][-1]["note"] == "The bike broke down"


def test_what_nobody_has_cannot_be_withdrawn(admin, ticket, nothing_left):
    with nothing_left():
        answer = admin.post(path(ticket, "withdraw"))
    assert (answer.status_code, answer.json["message"]) == (200, "Nobody has this ticket, and nobody is being asked.")


@pytest.mark.parametrize("name", ["customer", "vendor", "driver", "other_driver", "outsider"])
def test_it_is_for_admins_alone(program, cast, nothing_left, name):
    ticket, client = ticket_in(cast, "offered"), program(getattr(cast, name))
    with nothing_left():
        refused(client.get("/admin/tickets"), 403, "forbidden")
        refused(client.get(path(ticket)), 403, "forbidden")
        refused(client.get("/admin/drivers"), 403, "forbidden")
        refused(client.post(path(ticket, "offer"), {"driver_id": cast.other_driver.id}), 403, "forbidden")
        refused(client.post(path(ticket, "withdraw")), 403, "forbidden")
    assert db.session.get(Ticket, ticket.id, populate_existing=True).status == "offered"


# -- Drivers ---------------------------------------------------------------------------------------------------------


def test_it_lists_drivers_those_on_duty_first(admin, cast):
    on_duty(cast.other_driver, *NEAR)
    free, off = admin.get("/admin/drivers").json["items"]
    assert (free["id"], free["duty"]["on"]) == (cast.other_driver.id, True)
    assert (free["fix"]["latitude"], free["fix"]["longitude"]) == NEAR
    assert (free["busy_with"], free["asked_for"], free["delivered_today"]) == (None, None, 0)
    assert off == {
        "id": cast.driver.id,
        "name": "Driver Person",
        "phone": "+351910000001",
        "duty": {"on": False, "reason": None, "since": None},
        "fix": None,
        "busy_with": None,
        "asked_for": None,
        "delivered_today": 0,
    }


def test_it_tells_what_each_of_them_does(admin, cast):
    asked, rides = ticket_in(cast, "offered"), ticket_in(cast, "at_pickup", driver=cast.other_driver)
    one, other = admin.get("/admin/drivers").json["items"]
    assert (one["asked_for"]["id"], one["busy_with"]) == (asked.id, None)
    assert other["busy_with"] == {"id": rides.id, "ticket_id": rides.number, "status": "at_pickup"}


def test_it_counts_what_they_delivered_today(admin, program, cast):
    with time_machine.travel(now() - timedelta(hours=25)):
        ticket_in(cast, "delivered")
    for _ in range(2):
        ticket_in(cast, "delivered")
    assert admin.get("/admin/drivers").json["items"][0]["delivered_today"] == 2


def test_who_is_off_duty_is_nowhere(admin, cast):
    on_duty(cast.driver, *NEAR)
    drivers.go_off_duty(cast.driver, by=cast.driver)
    fixes_of = {item["id"]: item["fix"] for item in admin.get("/admin/drivers").json["items"]}
    assert fixes_of[cast.driver.id] is None


def test_it_pages_through_drivers(admin, cast):
    on_duty(cast.other_driver)
    one = admin.get("/admin/drivers", limit=1).json
    two = admin.get("/admin/drivers", limit=1, after=one["next"]).json
    assert ids(one["items"] + two["items"]) == [cast.other_driver.id, cast.driver.id]
    assert two["next"] is None


def test_a_driver_who_declined_is_told_apart(admin, cast):
    ticket = ticket_in(cast, "offered")
    offers.decline(ticket, by=cast.driver, reason_code="too_busy")
    [offer] = admin.get(path(ticket)).json["offers"]
    assert (offer["status"], offer["decline_reason"]) == ("declined", "too_busy")
