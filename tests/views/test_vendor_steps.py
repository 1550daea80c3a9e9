"""The steps that the kitchen takes: by a button, and refused in words."""

import pytest

from app.extensions import db
from app.models import Order, OrderChange
from tests.factories import order_in, place
from tests.views.vendor_pages import PROBLEM

STEPS = {
    "acceptance": ("placed", "accepted", {"prep_minutes": 25}),
    "cancellation": ("placed", "cancelled", {"reason_code": "sold_out", "note": "No more soup"}),
    "start": ("accepted", "preparing", {}),
    "readiness": ("preparing", "ready_for_pickup", {}),
    "recall": ("ready_for_pickup", "preparing", {}),
    "handover": ("ready_for_pickup", "collected", {}),
}
pytestmark = pytest.mark.usefixtures("csrf_off")


def post(browser, order: Order, step: str, fields: dict | None = None, **options):
    form = {"expected_version": order.version, **(STEPS[step][2] if fields is None else fields)}
    return browser.post(f"/vendor/orders/{order.number}/{step}", data=form, **options)


def now_is(order: Order) -> str:
    db.session.rollback()
    db.session.refresh(order)
    return order.status


@pytest.mark.parametrize("step", STEPS)
def test_a_button_takes_the_step_and_leads_back_to_the_card(cast, as_person, step):
    before, after, _ = STEPS[step]
    order = order_in(cast, before)
    answer = post(as_person(cast.vendor), order, step)
    assert (answer.status_code, answer.location) == (303, f"/vendor/#order-{order.number}")
    assert now_is(order) == after


def test_acceptance_promises_in_so_many_minutes(cast, as_person):
    order = place(cast).order
    post(as_person(cast.vendor), order, "acceptance")
    now_is(order)
    assert order.prep_minutes == 25
    assert order.promised_from == order.accepted_at + (order.promised_from - order.accepted_at)
    assert (order.promised_from - order.accepted_at).total_seconds() == 25 * 60


def test_a_decline_keeps_its_reason_and_its_words(cast, as_person):
    order = place(cast).order
    post(as_person(cast.vendor), order, "cancellation")
    now_is(order)
    kept = (order.cancellation_kind, order.cancellation_reason, order.cancellation_note)
    assert kept == ("declined", "sold_out", "No more soup")


def test_a_stop_is_acknowledged(cast, as_person):
    order = order_in(cast, "preparing")
    post(as_person(cast.vendor), order, "cancellation")
    as_person(cast.vendor).post(f"/vendor/orders/{order.number}/stop-acknowledgement")
    now_is(order)
    assert order.stop_acknowledged_at is not None


def test_a_delivery_is_handed_over_without_a_code(cast, as_person):
    order = order_in(cast, "ready_for_pickup", fulfilment="delivery", address="1 Street")
    post(as_person(cast.vendor), order, "handover")
    assert now_is(order) == "picked_up"


@pytest.mark.parametrize("step", STEPS)
def test_a_version_that_is_not_the_orders_is_refused(cast, as_person, step):
    order = order_in(cast, STEPS[step][0])
    order_version = order.version
    fields = {**STEPS[step][2], "expected_version": order_version + 1}
    answer = post(as_person(cast.vendor), order, step, fields, headers=PROBLEM)
    assert (answer.status_code, answer.json["code"]) == (409, "changed_meanwhile")
    assert answer.json["version"] == order_version
    assert now_is(order) == STEPS[step][0]


def test_without_a_script_the_refusal_stands_above_the_board(cast, as_person):
    order = order_in(cast, "collected")
    answer = post(as_person(cast.vendor), order, "acceptance", follow_redirects=True)
    assert answer.request.path == "/vendor/"
    assert "An order that is collected cannot become accepted." in answer.text


@pytest.mark.parametrize(
    ("step", "fields", "says"),
    [
        ("acceptance", {}, "In how many minutes?"),
        ("acceptance", {"prep_minutes": "soon"}, "Not a valid integer value."),
        ("acceptance", {"prep_minutes": 0}, "Number must be between 1 and 240."),
        ("acceptance", {"prep_minutes": 241}, "Number must be between 1 and 240."),
        ("cancellation", {}, "Say why."),
        ("cancellation", {"reason_code": "boredom"}, "Unknown reason."),
        ("cancellation", {"reason_code": "other", "note": "x" * 501}, "Field cannot be longer than 500 characters."),
        ("start", {"expected_version": "none"}, "Not a valid integer value."),
    ],
)
def test_a_form_that_is_not_right_is_refused(cast, as_person, step, fields, says):
    order = order_in(cast, STEPS[step][0])
    answer = post(as_person(cast.vendor), order, step, fields, headers=PROBLEM)
    assert (answer.status_code, now_is(order)) == (422, STEPS[step][0])
    assert says in answer.json["detail"]


def test_pressing_twice_changes_nothing_the_second_time(cast, as_person):
    order = order_in(cast, "accepted")
    for _ in range(2):
        assert post(as_person(cast.vendor), order, "start", {"expected_version": 2}).status_code == 303
    assert now_is(order) == "preparing"
    assert db.session.query(OrderChange).filter_by(order_id=order.id).count() == 3


@pytest.mark.parametrize("step", [*STEPS, "stop-acknowledgement"])
def test_a_foreign_order_is_not_there(cast, as_person, step):
    order = place(cast).order
    answer = as_person(cast.other_vendor).post(f"/vendor/orders/{order.number}/{step}", data={"expected_version": 1})
    assert (answer.status_code, now_is(order)) == (404, "placed")


@pytest.mark.parametrize("who", ["admin", "customer", "driver"])
def test_another_role_may_not(cast, as_person, who):
    order = place(cast).order
    assert post(as_person(cast.people()[who]), order, "acceptance").status_code == 403
    assert now_is(order) == "placed"
