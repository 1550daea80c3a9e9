"""An order as an admin sees it, and the steps that they take with it."""

from datetime import timedelta

import pytest
import time_machine

from app.contract.times import now
from app.domain import orders
from app.domain.order_states import EDGES
from app.extensions import db
from app.models import Order, OrderChange
from app.views.admin.order import steps
from tests.factories import order_in, place

PROBLEM = {"Accept": "application/problem+json"}
pytestmark = pytest.mark.usefixtures("csrf_off")

# One that is enough for every edge.
FIELDS = {"reason_code": "other", "note": "by the book"}


def walk(browser, order: Order, to: str, fields: dict | None = None, **options):
    form = {"expected_version": order.version, "to": to, **(FIELDS if fields is None else fields)}
    return browser.post(f"/admin/orders/{order.number}/transitions", data=form, **options)


def now_is(order: Order) -> str:
    db.session.rollback()
    db.session.refresh(order)
    return order.status


def restorable(cast) -> Order:
    order = order_in(cast, "accepted")
    orders.cancel(order, by=cast.vendor, reason_code="too_busy")
    return order


ADMIN_EDGES = [
    (start, to) for (start, to), edge in EDGES.items() if "admin" in edge.roles and (start, to)[1] != "scheduled"
]


@pytest.mark.parametrize(("start", "to"), ADMIN_EDGES)
def test_every_edge_that_an_admin_may_walk_is_walked(cast, as_person, start, to):
    details = {"fulfilment": "delivery", "address": "1 Street"} if to == "picked_up" else {}
    order = restorable(cast) if start == "cancelled" else order_in(cast, start, **details)
    answer = walk(as_person(cast.admin), order, to)
    assert (answer.status_code, answer.location) == (303, f"/admin/orders/{order.number}")
    assert now_is(order) == to
    last = db.session.query(OrderChange).filter_by(order_id=order.id, version=order.version).one()
    assert (last.actor_name, last.role, last.note) == ("Admin Person", "admin", "by the book")


@pytest.mark.parametrize(
    ("details", "words"),
    [({}, "Hand over"), ({"fulfilment": "delivery", "address": "1 Street"}, "Hand over to the driver")],
    ids=["pickup", "delivery"],
)
def test_it_is_handed_over_in_one_way(cast, details, words):
    offered = [step.words for step in steps(order_in(cast, "ready_for_pickup", **details))]
    assert [each for each in offered if each.startswith("Hand over")] == [words]


def test_a_paid_order_that_waits_for_its_time_is_scheduled(cast, as_person):
    order = order_in(cast, "awaiting_payment", scheduled_for=now() + timedelta(hours=3))
    assert [step.edge.to for step in steps(order)] == ["scheduled", "cancelled"]
    walk(as_person(cast.admin), order, "scheduled")
    assert now_is(order) == "scheduled"


def test_it_shows_who_did_what_when_and_why(cast, as_person):
    order = place(cast).order
    orders.cancel(order, by=cast.vendor, reason_code="sold_out", note="No more soup")
    page = as_person(cast.admin).get(f"/admin/orders/{order.number}").text
    for words in ("Customer Person", "Vendor Person", "Something is sold out", "No more soup", "Declined by the"):
        assert words in page


def test_the_page_and_its_sheet_say_the_version(cast, as_person):
    order = order_in(cast, "accepted")
    for path in ("", "/sheet"):
        page = as_person(cast.admin).get(f"/admin/orders/{order.number}{path}").text
        assert f'data-order-number="{order.number}" data-order-version="2"' in page


def test_what_the_rule_forbids_now_is_said_with_its_reason(cast, as_person):
    order = order_in(cast, "ready_for_pickup")
    with time_machine.travel(now() + timedelta(minutes=16), tick=False):
        page = as_person(cast.admin).get(f"/admin/orders/{order.number}").text
        assert "It was ready for more than 15 minutes." in page
        assert walk(as_person(cast.admin), order, "preparing", headers=PROBLEM).status_code == 409


@pytest.mark.parametrize(
    ("start", "to", "fields", "says"),
    [
        ("placed", "cancelled", {}, "Say why."),
        ("awaiting_payment", "placed", {}, "Write down why."),
        ("placed", "accepted", {"prep_minutes": 500}, "Number must be between 1 and 240."),
        ("placed", "eaten", {}, "Not a valid choice."),
    ],
)
def test_what_is_missing_is_asked_for(cast, as_person, start, to, fields, says):
    order = order_in(cast, start)
    answer = walk(as_person(cast.admin), order, to, fields, headers=PROBLEM)
    assert (answer.status_code, now_is(order)) == (422, start)
    assert says in answer.json["detail"]


def test_a_version_that_is_not_the_orders_is_refused(cast, as_person):
    order = place(cast).order
    answer = walk(as_person(cast.admin), order, "accepted", {"expected_version": 9}, headers=PROBLEM)
    assert (answer.status_code, answer.json["code"]) == (409, "changed_meanwhile")
    assert now_is(order) == "placed"


def test_without_a_script_the_refusal_stands_above_the_order(cast, as_person):
    order = place(cast).order
    answer = walk(as_person(cast.admin), order, "collected", follow_redirects=True)
    assert answer.request.path == f"/admin/orders/{order.number}"
    assert "cannot become collected" in answer.text


def test_tracking_links_are_withdrawn(cast, as_person):
    placed = place(cast)
    admin = as_person(cast.admin)
    answer = admin.post(f"/admin/orders/{placed.order.number}/link-withdrawal", follow_redirects=True)
    assert "1 tracking link withdrawn." in answer.text
    assert as_person(None).get(f"/t/{placed.tracking_token}").status_code == 404


@pytest.mark.parametrize("who", ["vendor", "customer", "driver", "outsider"])
def test_it_is_for_admins_alone(cast, as_person, who):
    order = place(cast).order
    browser = as_person(cast.people()[who])
    assert browser.get(f"/admin/orders/{order.number}").status_code == 403
    assert browser.get(f"/admin/orders/{order.number}/sheet").status_code == 403
    assert walk(browser, order, "accepted").status_code == 403
    assert browser.post(f"/admin/orders/{order.number}/link-withdrawal").status_code == 403
    assert now_is(order) == "placed"


def test_an_order_that_is_not_there_is_not_found(cast, as_person):
    assert as_person(cast.admin).get("/admin/orders/AAAAAAA").status_code == 404


def test_the_timeline_holds_events_and_what_is_shown_of_it_is_chosen_without_a_script(cast, as_person):
    order = order_in(cast, "accepted")
    page = as_person(cast.admin).get(f"/admin/orders/{order.number}").text
    assert 'data-kind="event"' in page
    assert '<input type="radio" name="timeline" value="story" checked>' in page
    assert "OrderStatusChanged" in page


def test_what_each_role_is_shown_is_what_it_is_sent(cast, as_person):
    order = order_in(cast, "accepted")
    page = as_person(cast.admin).get(f"/admin/orders/{order.number}/shown").text
    parts = dict(zip(("customer", "kitchen", "driver", "link"), page.split('<section class="card">')[1:], strict=True))
    assert "Customer Person" in parts["kitchen"]
    assert "Customer Person" not in parts["link"]
    assert order.handover_code not in page
    assert "there is no delivery" in parts["driver"]


def test_the_kitchen_is_shown_nothing_before_it_is_paid(cast, as_person):
    order = order_in(cast, "awaiting_payment")
    assert "no vendor sees it yet" in as_person(cast.admin).get(f"/admin/orders/{order.number}/shown").text
