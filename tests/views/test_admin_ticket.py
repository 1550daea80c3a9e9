"""A delivery as an admin sees it, and the steps that they take with it."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.contract.times import now
from app.domain import deliveries, drivers, fixes, offers, promises
from app.domain.ticket_states import EDGES
from app.extensions import atomic, db
from app.models import TicketChange
from app.views.admin.ticket import steps
from tests.cast import COUNTER
from tests.factories import delivery, on_duty, ticket_in

PROBLEM = {"Accept": "application/problem+json"}
JPEG = b"\xff\xd8\xff\xe0 a door"
# What is drawn is the same on either database; the verbs are tested on both.
pytestmark = [pytest.mark.usefixtures("csrf_off"), pytest.mark.parametrize("backend", ["sqlite"])]

# Offers have buttons of their own.
ADMIN_EDGES = [
    (start, to)
    for (start, to), edge in EDGES.items()
    if "admin" in edge.roles and edge.verb not in ("offer", "end_offer")
]


def page(browser, ticket, part=""):
    answer = browser.get(f"/admin/tickets/{ticket.id}{part}")
    assert answer.status_code == 200
    return answer.text


def post(browser, ticket, what, **fields):
    options = {"headers": fields.pop("headers", {}), "follow_redirects": fields.pop("follow_redirects", False)}
    form = {"expected_version": ticket.version, **fields}
    return browser.post(f"/admin/tickets/{ticket.id}/{what}", data=form, **options)


def now_is(ticket):
    db.session.rollback()
    db.session.refresh(ticket)
    return ticket.status


def asks_for(restaurant, proof):
    with atomic():
        restaurant.drop_proof = proof


def delivered_with(cast, proof, **shown):
    asks_for(cast.restaurant, proof)
    ticket = ticket_in(cast, "at_dropoff")
    note = shown.pop("note", None)
    deliveries.deliver(ticket, by=cast.driver, note=note, proof=shown)
    return ticket


@pytest.mark.parametrize(("start", "to"), ADMIN_EDGES)
def test_every_edge_that_an_admin_may_walk_is_walked(cast, as_person, start, to):
    ticket = ticket_in(cast, start)
    answer = post(as_person(cast.admin), ticket, "transitions", to=to, reason_code="other", note="by the book")
    assert (answer.status_code, answer.location) == (303, f"/admin/tickets/{ticket.id}")
    assert now_is(ticket) == to
    last = db.session.scalars(select(TicketChange).filter_by(ticket_id=ticket.id, version=ticket.version)).one()
    assert (last.actor_name, last.role, last.note) == ("Admin Person", "admin", "by the book")


@pytest.mark.parametrize("status", ["unassigned", "offered", "assigned", "picked_up", "failed", "delivered"])
def test_the_steps_are_those_of_the_machine(cast, status):
    ticket = ticket_in(cast, status)
    assert {step.edge.to for step in steps(ticket)} == {to for start, to in ADMIN_EDGES if start == status}


def test_a_driver_takes_no_food_that_is_not_ready(cast, as_person):
    ticket = delivery(cast).ticket
    on_duty(cast.driver)
    offers.offer(ticket, cast.driver, by=cast.admin)
    offers.accept(ticket, by=cast.driver)
    assert "Not now. The food is not ready yet." in page(as_person(cast.admin), ticket)


def test_a_step_needs_its_reason(cast, as_person):
    ticket = ticket_in(cast, "picked_up")
    answer = post(as_person(cast.admin), ticket, "transitions", to="failed", headers=PROBLEM)
    assert (answer.status_code, answer.json["detail"]) == (422, "Say why.")


@pytest.mark.parametrize("what", ["transitions", "offer", "withdrawal"])
def test_a_version_that_is_not_the_tickets_is_refused(cast, as_person, what):
    on_duty(cast.other_driver)
    ticket = ticket_in(cast, "offered")
    fields = {"to": "cancelled", "driver_id": cast.other_driver.id, "expected_version": 1}
    answer = post(as_person(cast.admin), ticket, what, headers=PROBLEM, **fields)
    assert (answer.status_code, answer.json["code"]) == (409, "changed_meanwhile")
    assert now_is(ticket) == "offered"


def test_no_step_offers_it_to_nobody(cast, as_person):
    ticket = ticket_in(cast, "unassigned")
    answer = post(as_person(cast.admin), ticket, "transitions", to="offered", headers=PROBLEM)
    assert (answer.status_code, now_is(ticket)) == (422, "unassigned")


@pytest.mark.parametrize("status", ["unassigned", "needs_dispatcher", "offered", "assigned", "at_pickup"])
def test_it_is_offered_to_whom_the_admin_chooses(cast, as_person, status):
    on_duty(cast.other_driver)
    ticket = ticket_in(cast, status)
    answer = post(as_person(cast.admin), ticket, "offer", driver_id=cast.other_driver.id)
    assert (answer.status_code, now_is(ticket)) == (303, "offered")
    assert drivers.open_offer(db.session(), cast.other_driver.id).ticket_id == ticket.id


def test_who_cannot_be_asked_is_refused_in_a_sentence(cast, as_person):
    ticket = ticket_in(cast, "unassigned")
    answer = post(as_person(cast.admin), ticket, "offer", driver_id=cast.driver.id, follow_redirects=True)
    assert "Driver Person is off duty." in answer.text
    assert answer.request.path == f"/admin/tickets/{ticket.id}"


def test_what_is_picked_up_is_offered_to_nobody(cast, as_person):
    ticket = ticket_in(cast, "picked_up")
    assert "Choose a driver" not in page(as_person(cast.admin), ticket)


def test_an_offer_is_withdrawn(cast, as_person):
    ticket = ticket_in(cast, "offered")
    assert post(as_person(cast.admin), ticket, "withdrawal").status_code == 303
    assert now_is(ticket) == "unassigned"


def test_it_shows_who_was_asked_what_came_of_it_and_who_was_weighed(cast, as_person):
    on_duty(cast.other_driver)
    ticket = ticket_in(cast, "offered")
    offers.decline(ticket, by=cast.driver, reason_code="out_of_area")
    text = page(as_person(cast.admin), ticket)
    for words in ("Declined: Too far to deliver", "Chosen by Admin Person.", "Who was weighed", "not known"):
        assert words in text
    assert re.search(r'pl-weighed-best"><th[^>]*>Driver Person</th><td>0 m</td><td>0 s ago</td><td>asked', text)


def test_its_history_has_the_devices_times(cast, as_person):
    ticket = ticket_in(cast, "picked_up")
    begun = now()
    with time_machine.travel(begun + timedelta(minutes=5), tick=False):
        deliveries.reach(ticket, by=cast.driver, occurred_at=begun + timedelta(minutes=2))
        text = page(as_person(cast.admin), ticket)
    assert "on the device, told 3 min later" in text


def test_every_promise_has_its_reason_on_both_pages(cast, as_person):
    ticket = ticket_in(cast, "picked_up")
    with atomic() as session:
        promises.reach(session, ticket, now() + timedelta(hours=2), "A bridge is closed.", at=now())
    admin = as_person(cast.admin)
    for text in (page(admin, ticket), admin.get(f"/admin/orders/{ticket.order.number}").text):
        assert "The kitchen said how long it takes." in text
        assert "A bridge is closed." in text


def test_its_track_is_drawn(cast, as_person):
    ticket = ticket_in(cast, "picked_up")
    with time_machine.travel(now() + timedelta(minutes=1), tick=False):
        fixes.record(cast.driver, COUNTER[0] + 0.001, COUNTER[1])
        text = page(as_person(cast.admin), ticket)
    assert f"data-path='[[{COUNTER[0] + 0.001}, {COUNTER[1]}]]'" in text
    assert "1 position between" in text


def test_a_track_that_was_deleted_is_missed_in_words(cast, as_person):
    ticket = ticket_in(cast, "delivered")
    fixes.forget(now() + timedelta(hours=1))
    assert "No track: nothing was sent, or it was a day ago and is deleted." in page(as_person(cast.admin), ticket)


@pytest.mark.parametrize(
    ("kind", "shown", "says"),
    [
        ("photo", {"photo": JPEG, "note": "With the porter"}, ("A photograph was taken", "With the porter", "/photo")),
        ("note", {"note": "Behind the flower pot"}, ("wrote where it was left", "Behind the flower pot")),
    ],
)
def test_it_shows_the_proof(cast, as_person, kind, shown, says):
    text = page(as_person(cast.admin), delivered_with(cast, kind, **shown))
    assert all(words in text for words in says)


def test_the_code_itself_is_not_told(cast, as_person):
    ticket = ticket_in(cast, "at_dropoff")
    text = page(as_person(cast.admin), ticket)
    deliveries.deliver(ticket, by=cast.driver, proof={"drop_code": ticket.drop_code})
    text += page(as_person(cast.admin), ticket)
    assert "The guest said the code." in text
    assert f">{ticket.drop_code}<" not in text


def test_a_photo_is_served_as_nothing_but_a_picture(cast, as_person):
    ticket = delivered_with(cast, "photo", photo=JPEG)
    answer = as_person(cast.admin).get(f"/admin/tickets/{ticket.id}/photo")
    assert (answer.status_code, answer.data, answer.content_type) == (200, JPEG, "image/jpeg")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_where_there_is_no_photo_there_is_nothing(cast, as_person):
    ticket = ticket_in(cast, "delivered")
    assert as_person(cast.admin).get(f"/admin/tickets/{ticket.id}/photo").status_code == 404


@pytest.mark.parametrize("id", [10**6, 10**30])
def test_a_delivery_that_is_not_there_is_not_found(cast, as_person, id):
    assert as_person(cast.admin).get(f"/admin/tickets/{id}").status_code == 404


def test_it_and_its_order_lead_to_each_other(cast, as_person):
    ticket = ticket_in(cast, "assigned")
    admin = as_person(cast.admin)
    assert f'href="/admin/orders/{ticket.order.number}"' in page(admin, ticket)
    order = admin.get(f"/admin/orders/{ticket.order.number}").text
    assert f'href="/admin/tickets/{ticket.id}"' in order
    assert "Driver on the way to the restaurant" in order


def test_the_page_and_its_sheet_are_drawn_anew_by_the_orders_events(cast, as_person):
    ticket = ticket_in(cast, "assigned")
    for part in ("", "/sheet"):
        assert f'data-order-number="{ticket.order.number}"' in page(as_person(cast.admin), ticket, part)
