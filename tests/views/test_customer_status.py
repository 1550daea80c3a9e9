"""The status page of an order, and what its customer may still do about it."""

import pytest

from app.contract.times import now
from app.domain import orders, passes
from app.extensions import atomic, db
from app.models import CancellationRequest, EventLog, Order
from app.views.customer.story import told
from tests.factories import order_in, place
from tests.wifi_rows import package

PROBLEM = {"Accept": "application/problem+json"}
STATES = (
    "awaiting_payment", "scheduled", "placed", "accepted", "preparing", "ready_for_pickup",
    "picked_up", "delivered", "collected", "cancelled", "undeliverable",
)  # fmt: skip


def cancel(browser, order: Order, version: int | None = None, **options):
    form = {"expected_version": version or order.version}
    return browser.post(f"/orders/{order.number}/cancellation", data=form, **options)


def ask(browser, order: Order, note: str = "", **options):
    return browser.post(f"/orders/{order.number}/cancellation-requests", data={"note": note}, **options)


def now_is(order: Order) -> str:
    db.session.rollback()
    db.session.refresh(order)
    return order.status


@pytest.mark.parametrize("status", STATES)
def test_every_state_has_its_page(cast, as_person, status):
    order = order_in(cast, status)
    page = as_person(cast.customer).get(f"/orders/{order.number}")
    assert page.status_code == 200
    assert told(order).headline in page.text
    assert f'data-order-version="{order.version}"' in page.text


@pytest.mark.parametrize(
    ("details", "badge"),
    [
        ({}, "Ready for pickup"),
        ({"fulfilment": "delivery", "address": "1 Street"}, "Ready"),
        ({"fulfilment": "dine_in"}, "Ready"),
    ],
)
def test_only_what_a_guest_fetches_is_ready_for_pickup(cast, as_person, details, badge):
    order = order_in(cast, "ready_for_pickup", **details)
    browser = as_person(cast.customer)
    for path in (f"/orders/{order.number}", f"/orders/{order.number}/fragment", "/orders/", "/orders/live"):
        page = browser.get(path).text
        assert f"</svg><span>{badge}</span></span>" in page
        assert ("Ready for pickup" in page) is (badge == "Ready for pickup")


def test_what_left_with_a_driver_is_on_its_way(cast, as_person):
    order = order_in(cast, "picked_up")
    page = as_person(cast.customer).get(f"/orders/{order.number}").text
    assert "</svg><span>On its way</span></span>" in page
    assert "Picked up" not in page


@pytest.mark.parametrize("who", ["other_customer", "outsider"])
def test_somebody_elses_order_is_not_there(cast, as_person, who):
    order = place(cast).order
    browser = as_person(getattr(cast, who))
    assert browser.get(f"/orders/{order.number}").status_code == 404
    assert browser.get(f"/orders/{order.number}/fragment").status_code == 404


def test_it_is_the_customers_page_and_not_the_staffs(cast, as_person):
    order = place(cast).order
    assert as_person(cast.vendor).get(f"/orders/{order.number}").status_code == 403
    assert as_person(None).get(f"/orders/{order.number}").location == f"/login?next=/orders/{order.number}"


def test_it_names_no_staff(cast, as_person):
    order = order_in(cast, "preparing")
    assert cast.vendor.name not in as_person(cast.customer).get(f"/orders/{order.number}").text


def test_the_fragment_is_what_the_page_shows(cast, as_person):
    order = order_in(cast, "accepted")
    browser = as_person(cast.customer)
    fragment = browser.get(f"/orders/{order.number}/fragment").text
    assert fragment.strip().startswith("<article")
    assert f'data-fragment="/orders/{order.number}/fragment"' in fragment
    assert "<html" not in fragment


def test_the_steps_follow_the_history_and_say_what_is_to_come(cast):
    order = order_in(cast, "ready_for_pickup")
    orders.recall(order, by=cast.vendor)
    steps = told(order).steps
    assert [step.text for step in steps if step.at] == [
        "Sent to the kitchen", "Accepted", "In preparation", "Ready", "Back in preparation",
    ]  # fmt: skip
    assert [step.text for step in steps if not step.at] == ["Ready", "Collected"]
    assert [step.is_now for step in steps] == [False, False, False, False, True, False, False]


def test_a_delivery_ends_at_the_door(cast):
    order = place(cast, fulfilment="delivery", address="1 Street").order
    assert [step.text for step in told(order).steps][-2:] == ["On its way", "Delivered"]


def test_a_decline_says_why(cast):
    order = place(cast).order
    orders.cancel(order, by=cast.vendor, reason_code="sold_out")
    assert told(order).sentence == "The First Table could not take this order. Reason: something is sold out."


def test_the_word_of_the_kitchen_stands_beside_its_decline(cast, as_person):
    order = place(cast).order
    orders.cancel(order, by=cast.vendor, reason_code="sold_out", note="The last one went a minute ago")
    page = as_person(cast.customer).get(f"/orders/{order.number}").text
    assert "The last one went a minute ago" in page[: page.index("Step by step")]


def test_who_called_it_off_is_told_so_and_others_are_told_who(cast):
    order = place(cast).order
    orders.call_off(order, by=cast.customer)
    assert told(order, mine=True).sentence == "You cancelled it."
    assert told(order).sentence == "It was cancelled by the guest."


@pytest.mark.parametrize("status", ["placed", "scheduled", "awaiting_payment"])
def test_it_can_be_cancelled_before_the_kitchen_has_it(cast, as_person, csrf_off, status):
    order = order_in(cast, status)
    browser = as_person(cast.customer)
    assert "Yes, cancel it" in browser.get(f"/orders/{order.number}").text
    answer = cancel(browser, order)
    assert (answer.status_code, answer.location) == (303, f"/orders/{order.number}")
    assert now_is(order) == "cancelled"
    assert order.cancellation_kind == "customer"
    assert "Your order is cancelled." in browser.get(answer.location).text


@pytest.mark.parametrize("status", ["accepted", "preparing", "ready_for_pickup"])
def test_once_the_kitchen_has_it_one_may_only_ask(cast, as_person, csrf_off, status):
    order = order_in(cast, status)
    browser = as_person(cast.customer)
    page = browser.get(f"/orders/{order.number}").text
    assert "Yes, cancel it" not in page
    assert "Ask the kitchen" in page
    answer = cancel(browser, order)
    assert now_is(order) == status
    assert "accepted it meanwhile" in browser.get(answer.location).text


def test_what_the_kitchen_accepts_under_ones_finger_stays_accepted(cast, as_person, csrf_off):
    order = place(cast).order
    seen = order.version
    orders.accept(order, by=cast.vendor)
    answer = cancel(as_person(cast.customer), order, seen, headers=PROBLEM)
    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert now_is(order) == "accepted"


def test_a_script_hears_of_a_cancellation_without_a_message_for_later(cast, as_person, csrf_off):
    order = place(cast).order
    browser = as_person(cast.customer)
    assert cancel(browser, order, headers=PROBLEM).status_code == 303
    assert "Your order is cancelled." not in browser.get(f"/orders/{order.number}").text


def test_asking_is_kept_once_and_told_to_the_kitchen(cast, as_person, csrf_off):
    order = order_in(cast, "preparing")
    browser = as_person(cast.customer)
    ask(browser, order, "We have to leave")
    ask(browser, order, "Really")
    [request] = db.session.query(CancellationRequest).all()
    assert request.note == "We have to leave"
    assert db.session.query(EventLog).filter_by(name="OrderCancellationRequested").count() == 2  # vendor, admin
    assert "They have not answered yet" in browser.get(f"/orders/{order.number}").text


def test_too_long_a_plea_is_refused(cast, as_person, csrf_off):
    order = order_in(cast, "preparing")
    assert ask(as_person(cast.customer), order, "x" * 501, headers=PROBLEM).status_code == 422
    assert db.session.query(CancellationRequest).count() == 0


@pytest.mark.parametrize("act", [cancel, ask])
def test_nobody_acts_on_anothers_order(cast, as_person, csrf_off, act):
    order = place(cast).order
    assert act(as_person(cast.other_customer), order).status_code == 404
    assert act(as_person(cast.vendor), order).status_code == 403
    assert act(as_person(None), order).location == "/login"
    assert now_is(order) == "placed"


@pytest.mark.parametrize("act", [cancel, ask])
def test_it_refuses_a_form_without_a_token(cast, as_person, act):
    order = place(cast).order
    assert act(as_person(cast.customer), order).status_code == 400
    assert now_is(order) == "placed"


def test_it_refuses_a_version_that_no_order_has(cast, as_person, csrf_off):
    order = place(cast).order
    answer = cancel(as_person(cast.customer), order, version=10**30, headers=PROBLEM)
    assert answer.status_code == 422
    assert now_is(order) == "placed"


def test_the_wifi_that_came_with_it_is_the_customers_alone(cast, as_person):
    package(cast, gift_from_minor=1000)
    placed = place(cast)
    with atomic() as session:
        user = passes.mint_for_order(session, placed.order, at=now())
    assert user is not None
    code = passes.shown(user.code)
    browser = as_person(cast.customer)
    for path in ("", "/fragment"):
        assert code in browser.get(f"/orders/{placed.order.number}{path}").text
        assert code not in as_person(None).get(f"/t/{placed.tracking_token}{path}").text
    assert user.code not in as_person(None).get(f"/t/{placed.tracking_token}").text
    with atomic() as session:
        passes.revoke(session, order_id=placed.order.id, reason="order_cancelled", at=now())
    assert code not in browser.get(f"/orders/{placed.order.number}").text
