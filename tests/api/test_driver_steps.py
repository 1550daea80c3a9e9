"""The steps of a delivery over the API: each walked, said again, refused, lost; a refusal leaves nothing behind."""

from base64 import b64encode
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.contract.times import iso, now
from app.domain import deliveries, offers, orders
from app.extensions import atomic, db
from app.models import DropProof, Restaurant, Ticket, TicketChange, TicketOffer
from tests.factories import on_duty, ticket_in

from .conftest import refused
from .test_driver_tickets import TICKET, waiting

MEMBERS = {"current_status", "version", "changed_by", "changed_at", "allowed"}
JPEG = b"\xff\xd8\xff\xe0" + bytes(1000)
# From where each step is taken, to where it leads, and what must be said.
STEPS = {
    "accept": ("offered", "assigned", {}),
    "decline": ("offered", "unassigned", {"reason_code": "too_busy"}),
    "at-pickup": ("assigned", "at_pickup", {}),
    "picked-up": ("at_pickup", "picked_up", {"handover_code": "the restaurant's"}),
    "at-dropoff": ("picked_up", "at_dropoff", {}),
    "delivered": ("at_dropoff", "delivered", {"drop_code": "the guest's"}),
    "failed": ("at_dropoff", "failed", {"reason_code": "not_found"}),
    "returning": ("failed", "returning", {}),
    "returned": ("returning", "returned", {}),
}
each_step = pytest.mark.parametrize("step", STEPS)
# Where the database makes no difference.
on_one = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.fixture
def driver(program, cast):
    return program(cast.driver)


@pytest.fixture
def other(program, cast):
    return program(cast.other_driver)


def body_of(step, ticket):
    """What must be said, with the codes of this ticket."""
    codes = {"the restaurant's": ticket.order.handover_code, "the guest's": ticket.drop_code}
    return {name: codes.get(value, value) for name, value in STEPS[step][2].items()}


def path(ticket, step):
    return f"/driver/tickets/{ticket.id}/{step}"


def changes(ticket):
    query = select(TicketChange).where(TicketChange.ticket_id == ticket.id).order_by(TicketChange.version)
    return db.session.scalars(query).all()


def asks_for(cast, proof):
    """The restaurant wants another proof at the door."""
    with atomic() as session:
        session.get_one(Restaurant, cast.restaurant.id).drop_proof = proof


# -- Each step -------------------------------------------------------------------------------------------------------


@each_step
def test_it_takes_a_step(driver, cast, step):
    start, to, _ = STEPS[step]
    ticket = ticket_in(cast, start)
    before = ticket.version
    answer = driver.post(path(ticket, step), {"expected_version": before, **body_of(step, ticket)})
    assert answer.status_code == 200, answer.text
    assert answer.json.keys() == TICKET | {"changed"}
    assert (answer.json["status"], answer.json["version"], answer.json["changed"]) == (to, before + 1, True)
    assert changes(ticket)[-1].actor_id == cast.driver.id


@on_one
@each_step
def test_its_answer_is_what_is_read_afterwards(driver, cast, step):
    ticket = ticket_in(cast, STEPS[step][0])
    answer = driver.post(path(ticket, step), body_of(step, ticket)).json
    assert driver.get(f"/driver/tickets/{ticket.id}").json | {"changed": True} == answer


@each_step
def test_the_same_step_again_changes_nothing(driver, cast, nothing_left, step):
    ticket = ticket_in(cast, STEPS[step][0])
    said = body_of(step, ticket)
    first = driver.post(path(ticket, step), said).json
    with nothing_left():
        again = driver.post(path(ticket, step), said)
    assert (again.status_code, again.json) == (200, first | {"changed": False})


@on_one
@each_step
def test_a_key_gives_the_first_answer_again(driver, cast, step):
    ticket = ticket_in(cast, STEPS[step][0])
    said = body_of(step, ticket)
    first = driver.post(path(ticket, step), said, key="a")
    again = driver.post(path(ticket, step), said, key="a")
    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (200, first.json, "true")


@on_one
@each_step
def test_a_stale_version_loses(driver, cast, nothing_left, step):
    ticket = ticket_in(cast, STEPS[step][0])
    with nothing_left():
        stale = {"expected_version": ticket.version - 1, **body_of(step, ticket)}
        problem = refused(driver.post(path(ticket, step), stale), 409, "changed_meanwhile")
    assert problem.keys() >= MEMBERS
    assert (problem["current_status"], problem["version"]) == (ticket.status, ticket.version)
    assert problem["changed_at"].endswith("Z")


@on_one
@each_step
def test_a_step_that_is_not_from_here_says_where_it_is(driver, cast, nothing_left, step):
    ticket = ticket_in(cast, "delivered" if step != "delivered" else "at_pickup")
    with nothing_left():
        answer = driver.post(path(ticket, step), body_of(step, ticket))
    assert answer.status_code == 409
    problem = answer.get_json(force=True)
    assert problem.keys() >= MEMBERS
    assert (problem["current_status"], problem["version"]) == (ticket.status, ticket.version)


@on_one
@each_step
def test_another_driver_finds_no_ticket(other, cast, nothing_left, step):
    ticket = ticket_in(cast, STEPS[step][0])
    on_duty(cast.other_driver)
    with nothing_left():
        refused(other.post(path(ticket, step), body_of(step, ticket)), 404, "not_found")


@on_one
@each_step
def test_who_was_asked_and_lost_is_told_who_has_it(other, cast, nothing_left, step):
    """Also where somebody else stands already where the step would lead: it is not theirs."""
    ticket = ticket_in(cast, "offered", driver=cast.other_driver)
    offers.decline(ticket, by=cast.other_driver)
    on_duty(cast.driver)
    offers.offer(ticket, cast.driver, by=cast.admin)
    offers.accept(ticket, by=cast.driver)
    deliveries.arrive(ticket, by=cast.driver)
    for _ in range(2):
        if step == "decline":
            assert other.post(path(ticket, step)).json["changed"] is False
            return
        with nothing_left():
            problem = refused(other.post(path(ticket, step), body_of(step, ticket)), 409, "changed_meanwhile")
        assert problem["changed_by"] == {"id": cast.driver.id, "name": "Driver Person", "role": "driver"}
        assert (problem["current_status"], problem["allowed"]) == (ticket.status, [])
        assert problem["detail"].startswith("Driver Person was faster")
        if ticket.status == "at_pickup":
            deliveries.pick_up(ticket, by=cast.driver, handover_code=ticket.order.handover_code)


@on_one
@each_step
def test_only_drivers_take_steps(program, cast, nothing_left, step):
    ticket = ticket_in(cast, STEPS[step][0])
    clients = [program(getattr(cast, name)) for name in ("customer", "vendor", "admin", "outsider")]
    with nothing_left():
        for client in clients:
            refused(client.post(path(ticket, step), body_of(step, ticket)), 403, "forbidden")


@on_one
@each_step
def test_an_unknown_field_is_refused(driver, cast, nothing_left, step):
    ticket = ticket_in(cast, STEPS[step][0])
    with nothing_left():
        problem = refused(driver.post(path(ticket, step), {"status": "delivered"}), 422, "invalid")
    assert list(problem["errors"]) == ["status"]


# -- Accepting and declining -----------------------------------------------------------------------------------------


def test_who_is_on_duty_takes_what_waits(driver, cast):
    ticket = waiting(cast)
    on_duty(cast.driver)
    assert driver.post(path(ticket, "accept")).json["status"] == "assigned"


def test_of_two_who_take_it_one_is_told_who_was_faster(driver, other, cast):
    ticket = waiting(cast)
    on_duty(cast.driver)
    on_duty(cast.other_driver)
    driver.post(path(ticket, "accept"))
    problem = refused(other.post(path(ticket, "accept")), 409, "changed_meanwhile")
    assert problem["detail"].startswith("Driver Person was faster")
    refused(other.post(path(ticket, "at-pickup")), 404, "not_found")
    with time_machine.travel(now() + timedelta(minutes=3)):
        refused(other.post(path(ticket, "accept")), 404, "not_found")


def test_an_offer_that_ran_out_says_so(driver, program, cast):
    ticket = ticket_in(cast, "offered")
    with time_machine.travel(now() + timedelta(seconds=46), tick=False):
        problem = refused(program(cast.driver).post(path(ticket, "accept")), 409, "offer_lapsed")
    assert "ran out" in problem["detail"]
    assert (problem["current_status"], problem["allowed"]) == ("offered", [])


def test_who_has_a_delivery_takes_no_other(driver, cast, nothing_left):
    ticket_in(cast, "picked_up")
    with atomic() as session:
        another = session.merge(ticket_in(cast, "unassigned"))
        another.sought_since = now()
    refused(driver.post(path(another, "accept")), 409, "conflict")


def test_what_was_never_offered_cannot_be_declined(driver, cast):
    ticket = waiting(cast)
    on_duty(cast.driver)
    refused(driver.post(path(ticket, "decline")), 409, "conflict")


def test_who_declines_may_say_why(driver, cast):
    ticket = ticket_in(cast, "offered")
    driver.post(path(ticket, "decline"), {"reason_code": "too_busy", "note": "Flat tyre"})
    assert TicketOffer.query.one().decline_reason == "too_busy"
    assert changes(ticket)[-1].note == "Flat tyre"


# -- Picking up and delivering ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [{}, {"handover_code": "nope"}, {"handover_code": "é"}])
def test_the_restaurants_code_is_needed(driver, cast, nothing_left, said):
    ticket = ticket_in(cast, "at_pickup")
    with nothing_left():
        problem = refused(driver.post(path(ticket, "picked-up"), said), 422, "invalid")
    assert list(problem["errors"]) == ["handover_code"]


def test_food_that_is_not_ready_stays(driver, cast, nothing_left):
    ticket = ticket_in(cast, "at_pickup")
    orders.recall(ticket.order, by=cast.vendor)
    with nothing_left():
        answer = driver.post(path(ticket, "picked-up"), {"handover_code": ticket.order.handover_code})
        problem = refused(answer, 409, "transition_not_allowed")
    assert (problem["current_status"], problem["version"]) == ("at_pickup", ticket.version)
    assert "unassigned" in problem["allowed"]


def test_what_the_restaurant_handed_over_is_picked_up_already(driver, cast):
    ticket = ticket_in(cast, "at_pickup")
    orders.hand_over(ticket.order, by=cast.vendor)
    answer = driver.post(path(ticket, "picked-up"), {"expected_version": 4}).json
    assert (answer["status"], answer["changed"]) == ("picked_up", False)


@pytest.mark.parametrize("said", [{}, {"drop_code": "nope"}, {"photo": b64encode(JPEG).decode()}])
def test_the_guests_code_is_needed(driver, cast, nothing_left, said):
    ticket = ticket_in(cast, "at_dropoff")
    with nothing_left():
        problem = refused(driver.post(path(ticket, "delivered"), said), 422, "invalid")
    assert list(problem["errors"]) == ["drop_code"]


def test_a_photograph_is_kept(driver, cast):
    ticket = ticket_in(cast, "at_dropoff")
    asks_for(cast, "photo")
    answer = driver.post(path(ticket, "delivered"), {"photo": b64encode(JPEG).decode(), "note": "By the door"})
    assert answer.json["status"] == "delivered"
    proof = DropProof.query.one()
    assert (proof.kind, proof.photo, proof.photo_type, proof.note) == ("photo", JPEG, "image/jpeg", "By the door")


@on_one
@pytest.mark.parametrize(
    "photo",
    [
        "no base64!",
        "A",
        b64encode(JPEG).decode() + "\n",
        "data:image/jpeg;base64," + b64encode(JPEG).decode(),
        b64encode(b"GIF89a" + bytes(100)).decode(),
        b64encode(b"RIFF1234WAVE").decode(),
        b64encode(JPEG + bytes(150_000)).decode(),
        b64encode(JPEG + bytes(149_000) + b"1").decode()[:-1],
        "",
        None,
        7,
    ],
)
def test_a_photograph_is_base64_of_a_picture(driver, cast, nothing_left, photo):
    ticket = ticket_in(cast, "at_dropoff")
    asks_for(cast, "photo")
    with nothing_left():
        problem = refused(driver.post(path(ticket, "delivered"), {"photo": photo}), 422, "invalid")
    assert list(problem["errors"]) == ["photo"]


def test_a_photograph_may_have_150_kilobytes(driver, cast):
    ticket = ticket_in(cast, "at_dropoff")
    asks_for(cast, "photo")
    webp = b"RIFF1234WEBP" + bytes(149_988)
    assert driver.post(path(ticket, "delivered"), {"photo": b64encode(webp).decode()}).status_code == 200


def test_a_note_is_kept(driver, cast):
    ticket = ticket_in(cast, "at_dropoff")
    asks_for(cast, "note")
    assert list(refused(driver.post(path(ticket, "delivered")), 422, "invalid")["errors"]) == ["note"]
    driver.post(path(ticket, "delivered"), {"note": "With the neighbour"})
    assert DropProof.query.one().note == "With the neighbour"


def test_who_tries_codes_is_slowed_down(driver, cast):
    ticket = ticket_in(cast, "at_dropoff")
    answers = [driver.post(path(ticket, "delivered"), {"drop_code": "nope"}) for _ in range(11)]
    refused(answers[9], 422, "invalid")
    refused(answers[10], 429, "too_many_requests")
    assert int(answers[10].headers["Retry-After"]) > 0


def test_who_tries_on_for_an_hour_is_stopped(driver, cast):
    ticket = ticket_in(cast, "at_dropoff")
    began, answers = now(), []
    for minute in range(7):
        with time_machine.travel(began + timedelta(minutes=2 * minute)):
            answers += [driver.post(path(ticket, "delivered"), {"drop_code": "nope"}) for _ in range(10)]
    assert {answer.status_code for answer in answers[:60]} == {422}
    assert {answer.status_code for answer in answers[60:]} == {429}


def test_who_takes_and_gives_back_all_the_time_is_slowed_down(driver, cast, nothing_left):
    ticket = ticket_in(cast, "needs_dispatcher")
    on_duty(cast.driver)
    for _ in range(15):
        driver.post(path(ticket, "accept"))
        driver.post(path(ticket, "failed"), {"reason_code": "other"})
    with nothing_left():
        refused(driver.post(path(ticket, "accept")), 429, "too_many_requests")


# -- What goes wrong, and dead zones ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["assigned", "at_pickup"])
def test_before_pickup_somebody_else_is_looked_for(driver, cast, status):
    ticket = ticket_in(cast, status)
    answer = driver.post(path(ticket, "failed"), {"reason_code": "other"}).json
    assert (answer["status"], answer["driver"], answer["changed"]) == ("unassigned", None, True)
    assert driver.post(path(ticket, "failed"), {"reason_code": "other"}).json["changed"] is False


@pytest.mark.parametrize("status", ["assigned", "picked_up"])
def test_who_fails_says_why(driver, cast, nothing_left, status):
    ticket = ticket_in(cast, status)
    with nothing_left():
        assert list(refused(driver.post(path(ticket, "failed")), 422, "invalid")["errors"]) == ["reason_code"]


def test_an_offer_does_not_fail(driver, cast, nothing_left):
    ticket = ticket_in(cast, "offered")
    with nothing_left():
        refused(driver.post(path(ticket, "failed"), {"reason_code": "other"}), 409, "changed_meanwhile")
    assert TicketOffer.query.one().status == "open"


def test_what_was_done_in_a_dead_zone_keeps_its_times(driver, program, cast):
    ticket = ticket_in(cast, "picked_up")
    begun = now()
    with time_machine.travel(begun + timedelta(minutes=5), tick=False):
        phone = program(cast.driver)
        for minutes, step in ((3, "at-dropoff"), (4, "delivered")):
            said = {"occurred_at": iso(begun + timedelta(minutes=minutes)), "expected_version": ticket.version}
            assert phone.post(path(ticket, step), said | body_of(step, ticket)).json["changed"] is True
            ticket = db.session.get(Ticket, ticket.id, populate_existing=True)
    assert iso(ticket.ended_at) == iso(begun + timedelta(minutes=4))
    assert ticket.changed_at == begun + timedelta(minutes=5)


def test_what_was_done_in_a_dead_zone_loses_against_the_dispatcher(driver, cast):
    ticket = ticket_in(cast, "assigned")
    version = ticket.version
    offers.withdraw(ticket, by=cast.admin)
    problem = refused(driver.post(path(ticket, "at-pickup"), {"expected_version": version}), 409, "changed_meanwhile")
    assert problem["detail"].startswith("Admin Person was faster")
