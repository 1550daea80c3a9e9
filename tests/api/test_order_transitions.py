"""Transitions: walked, already there, forbidden, not for the role, lost; a refusal leaves nothing behind."""

import pytest

from app.domain import orders
from app.extensions import db
from app.models import EventLog, Order, OrderChange
from tests.factories import order_in, place

from .conftest import refused

MEMBERS = {"current_status", "version", "changed_by", "changed_at", "allowed"}


@pytest.fixture
def walk(program):
    """A person takes an order somewhere."""
    return lambda person, order, **body: program(person).post(f"/orders/{order.number}/transitions", body)


def test_it_takes_an_order_on(walk, cast):
    order = place(cast).order
    answer = walk(cast.vendor, order, to="accepted", prep_minutes=25)
    assert answer.status_code == 200
    assert answer.json["changed"] is True
    assert (answer.json["status"], answer.json["version"], answer.json["prep_minutes"]) == ("accepted", 2, 25)
    assert answer.json["accept_by"] is None


def test_its_answer_is_what_the_database_holds(program, walk, cast):
    order = place(cast).order
    answer = walk(cast.vendor, order, to="accepted").json
    assert program(cast.vendor).get(f"/orders/{order.number}").json | {"changed": True} == answer


def test_it_writes_history_and_events(walk, cast):
    order = place(cast).order
    walk(cast.vendor, order, to="accepted", note="Soon!", occurred_at="2026-11-20T18:04:05+02:00")
    change = OrderChange.query.filter_by(order_id=order.id, version=2).one()
    assert (change.actor_id, change.note, change.occurred_at.isoformat()) == (
        cast.vendor.id,
        "Soon!",
        "2026-11-20T16:04:05+00:00",
    )
    told = EventLog.query.filter_by(order_id=order.id).filter(EventLog.data.contains('"order_version":2'))
    assert told.count() == 5


def test_the_whole_way_can_be_walked(walk, cast):
    order = place(cast).order
    for version, to in enumerate(("accepted", "preparing", "ready_for_pickup", "collected"), start=2):
        answer = walk(cast.vendor, order, to=to, expected_version=version - 1)
        assert (answer.json["status"], answer.json["version"]) == (to, version)


def test_the_same_state_again_changes_nothing(walk, cast, nothing_left, program):
    order = order_in(cast, "accepted")
    vendor = program(cast.vendor)
    with nothing_left():
        answer = vendor.post(f"/orders/{order.number}/transitions", {"to": "accepted", "prep_minutes": 90})
    assert answer.status_code == 200
    assert answer.json["changed"] is False
    assert (answer.json["version"], answer.json["prep_minutes"]) == (2, 20)


def test_a_forbidden_edge_says_where_else_it_may_go(program, cast, nothing_left):
    order, vendor = order_in(cast, "accepted"), program(cast.vendor)
    with nothing_left():
        answer = vendor.post(f"/orders/{order.number}/transitions", {"to": "collected"})
        problem = refused(answer, 409, "transition_not_allowed")
    assert problem.keys() >= MEMBERS
    assert (problem["current_status"], problem["version"]) == ("accepted", 2)
    assert problem["changed_by"] == {"id": cast.vendor.id, "name": "Vendor Person", "role": "vendor"}
    assert problem["changed_at"].endswith("Z")
    assert problem["allowed"] == ["preparing", "ready_for_pickup", "cancelled"]


def test_a_stale_version_loses(program, cast, nothing_left):
    order, vendor = order_in(cast, "preparing"), program(cast.vendor)
    with nothing_left():
        body = {"to": "ready_for_pickup", "expected_version": 2}
        problem = refused(vendor.post(f"/orders/{order.number}/transitions", body), 409, "changed_meanwhile")
    assert problem.keys() >= MEMBERS
    assert problem["version"] == 3


def test_who_acts_on_an_old_screen_is_told_what_changed_and_not_who_they_are(program, cast, nothing_left):
    order, customer = order_in(cast, "accepted"), program(cast.customer)
    path = f"/orders/{order.number}/transitions"
    with nothing_left():
        late = customer.post(path, {"to": "cancelled", "expected_version": 1})
        assert refused(late, 409, "changed_meanwhile")["current_status"] == "accepted"
        refused(customer.post(path, {"to": "cancelled", "expected_version": 2}), 403, "forbidden")


def test_a_rule_of_an_edge_is_a_conflict(program, cast, nothing_left):
    order, vendor = order_in(cast, "ready_for_pickup"), program(cast.vendor)
    with nothing_left():
        body = {"to": "picked_up"}
        assert refused(vendor.post(f"/orders/{order.number}/transitions", body), 409, "conflict").keys() >= MEMBERS


def test_an_edge_that_is_not_for_your_role_is_forbidden(program, cast, nothing_left):
    order, customer = place(cast).order, program(cast.customer)
    with nothing_left():
        refused(customer.post(f"/orders/{order.number}/transitions", {"to": "accepted"}), 403, "forbidden")


@pytest.mark.parametrize("name", ["other_vendor", "other_customer", "driver", "outsider"])
def test_nobody_moves_what_is_not_theirs(program, cast, nothing_left, name):
    order, client = place(cast).order, program(getattr(cast, name))
    with nothing_left():
        refused(client.post(f"/orders/{order.number}/transitions", {"to": "cancelled"}), 404, "not_found")


def test_a_customer_cancels_what_is_only_placed(walk, cast):
    answer = walk(cast.customer, place(cast).order, to="cancelled")
    assert answer.json["cancellation"] == {
        "kind": "customer",
        "reason_code": None,
        "note": None,
        "by": {"id": cast.customer.id, "name": "Customer Person"},
    }


def test_staff_must_say_why_they_decline(program, cast, nothing_left):
    order, vendor = place(cast).order, program(cast.vendor)
    path = f"/orders/{order.number}/transitions"
    with nothing_left():
        assert list(refused(vendor.post(path, {"to": "cancelled"}), 422, "invalid")["errors"]) == ["reason_code"]
    answer = vendor.post(path, {"to": "cancelled", "reason_code": "too_busy", "note": "Full house"}).json
    assert (answer["cancellation"]["kind"], answer["cancellation"]["reason_code"]) == ("declined", "too_busy")


def test_a_customer_reads_who_declined_as_the_restaurant(program, walk, cast):
    order = place(cast).order
    walk(cast.vendor, order, to="cancelled", reason_code="too_busy")
    seen = program(cast.customer).get(f"/orders/{order.number}").json
    assert seen["cancellation"]["by"] == {"id": None, "name": "The First Table"}


def test_a_wrong_hand_over_code_is_refused(program, cast, nothing_left):
    order = order_in(cast, "ready_for_pickup", fulfilment="delivery", address="1 Street")
    vendor, path = program(cast.vendor), f"/orders/{order.number}/transitions"
    wrong = "0000" if order.handover_code != "0000" else "0001"
    with nothing_left():
        problem = refused(vendor.post(path, {"to": "picked_up", "handover_code": wrong}), 422, "invalid")
    assert list(problem["errors"]) == ["handover_code"]
    assert vendor.post(path, {"to": "picked_up", "handover_code": order.handover_code}).json["changed"]


def test_an_admin_restores_with_a_note(program, cast, nothing_left):
    order = order_in(cast, "accepted")
    orders.cancel(order, by=cast.vendor, reason_code="sold_out")
    admin, path = program(cast.admin), f"/orders/{order.number}/transitions"
    with nothing_left():
        assert list(refused(admin.post(path, {"to": "accepted"}), 422, "invalid")["errors"]) == ["note"]
    answer = admin.post(path, {"to": "accepted", "note": "Found some"}).json
    assert (answer["status"], answer["version"], answer["cancellation"]) == ("accepted", 4, None)


def test_an_admin_settles_a_payment_with_a_reference(program, cast):
    order = order_in(cast, "awaiting_payment")
    answer = program(cast.admin).post(f"/orders/{order.number}/transitions", {"to": "placed", "note": "Receipt QK12"})
    assert (answer.json["status"], answer.json["payment"]["status"]) == ("placed", "paid")


def test_a_refusal_leaves_the_order_as_it_was(program, cast):
    order = order_in(cast, "accepted")
    program(cast.vendor).post(f"/orders/{order.number}/transitions", {"to": "preparing", "expected_version": 1})
    db.session.expire_all()
    assert (Order.query.one().status, Order.query.one().version) == ("accepted", 2)
