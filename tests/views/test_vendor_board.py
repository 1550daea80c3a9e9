"""The board: what stands on it, where, and for whom."""

from datetime import timedelta

import pytest
import time_machine

from app.contract.times import now
from app.domain import orders
from tests.factories import order_in, place
from tests.views.vendor_pages import board, column_of


@pytest.mark.parametrize(
    ("status", "column"),
    [
        ("scheduled", "scheduled"),
        ("placed", "new"),
        ("accepted", "kitchen"),
        ("preparing", "kitchen"),
        ("ready_for_pickup", "ready"),
    ],
)
def test_an_open_order_stands_in_its_column(cast, as_person, status, column):
    order = order_in(cast, status)
    assert board(as_person(cast.vendor)) == {order.number: column}
    assert column_of(as_person(cast.vendor), order.number) == column


@pytest.mark.parametrize("status", ["awaiting_payment", "collected", "picked_up", "delivered"])
def test_an_order_that_is_not_the_kitchens_does_not(cast, as_person, status):
    order_in(cast, status)
    assert board(as_person(cast.vendor)) == {}


def test_it_shows_no_other_kitchens_orders(cast, as_person):
    place(cast)
    assert board(as_person(cast.other_vendor)) == {}


def test_an_order_that_is_open_since_yesterday_stays(cast, as_person):
    order = order_in(cast, "preparing")
    with time_machine.travel(now() + timedelta(days=1), tick=False):
        assert board(as_person(cast.vendor)) == {order.number: "kitchen"}


def test_what_was_cancelled_in_the_kitchen_stays_until_it_stopped(cast, as_person):
    order = order_in(cast, "preparing")
    orders.cancel(order, by=cast.admin, reason_code="duplicate")
    assert board(as_person(cast.vendor)) == {order.number: "kitchen"}
    orders.acknowledge_stop(order, by=cast.vendor)
    assert board(as_person(cast.vendor)) == {}
    assert column_of(as_person(cast.vendor), order.number) == ""


def test_what_was_cancelled_long_ago_does_not(cast, as_person):
    order = order_in(cast, "preparing")
    orders.cancel(order, by=cast.admin, reason_code="duplicate")
    with time_machine.travel(now() + timedelta(hours=13), tick=False):
        assert board(as_person(cast.vendor)) == {}


def test_what_was_declined_leaves_at_once(cast, as_person):
    order_in(cast, "cancelled")
    assert board(as_person(cast.vendor)) == {}


def test_what_must_be_accepted_first_comes_first(cast, as_person):
    numbers = [place(cast).order.number for _ in range(3)]
    assert list(board(as_person(cast.vendor))) == numbers


def test_a_card_shows_what_the_kitchen_must_not_overlook(cast, as_person):
    order = order_in(cast, "preparing", note="Allergic to nuts")
    orders.request_cancellation(order, by=cast.customer, note="My train is late")
    card = as_person(cast.vendor).get(f"/vendor/orders/{order.number}/card").text
    card = card.replace("<mark>", "").replace("</mark>", "")
    for words in ("no onion", "Allergic to nuts", "The customer asks to cancel", "My train is late"):
        assert words in card


def test_a_card_names_nothing_that_is_not_the_kitchens(cast, as_person):
    order = order_in(cast, "ready_for_pickup", fulfilment="delivery", address="1 Street")
    card = as_person(cast.vendor).get(f"/vendor/orders/{order.number}/card").text
    assert order.handover_code not in card
    assert cast.customer.email not in card


def test_recall_is_offered_for_a_quarter_of_an_hour(cast, as_person):
    order = order_in(cast, "ready_for_pickup")
    path = f"/vendor/orders/{order.number}/card"
    assert "Recall" in as_person(cast.vendor).get(path).text
    with time_machine.travel(now() + timedelta(minutes=16), tick=False):
        assert "Recall" not in as_person(cast.vendor).get(path).text


def test_it_lists_what_was_done_this_service_day_alone(cast, as_person):
    order = order_in(cast, "collected")
    assert order.number in as_person(cast.vendor).get("/vendor/done").text
    with time_machine.travel(now() + timedelta(days=1), tick=False):
        assert order.number not in as_person(cast.vendor).get("/vendor/done").text


def test_the_service_day_ends_in_the_small_hours(cast, as_person):
    with time_machine.travel("2026-11-20T22:00:00Z", tick=False):
        order = order_in(cast, "collected")
    with time_machine.travel("2026-11-21T04:30:00Z", tick=False):
        assert order.number in as_person(cast.vendor).get("/vendor/done").text
    with time_machine.travel("2026-11-21T05:30:00Z", tick=False):
        assert order.number not in as_person(cast.vendor).get("/vendor/done").text


def test_it_carries_its_place_in_the_log(cast, as_person):
    assert 'name="passline-position"' in as_person(cast.vendor).get("/vendor/").text


@pytest.mark.parametrize("who", ["admin", "customer", "driver", "outsider"])
@pytest.mark.parametrize("path", ["/vendor/", "/vendor/done", "/vendor/orders/{}/card"])
def test_it_is_for_staff_alone(cast, as_person, who, path):
    number = place(cast).order.number
    assert as_person(cast.people()[who]).get(path.format(number)).status_code == 403


def test_a_stranger_is_asked_to_log_in(cast, as_person):
    assert as_person(None).get("/vendor/").location == "/login?next=/vendor/"


@pytest.mark.parametrize("number", ["foreign", "AAAAAAA"])
def test_a_foreign_card_and_none_look_alike(cast, as_person, number):
    if number == "foreign":
        number = place(cast).order.number
    assert as_person(cast.other_vendor).get(f"/vendor/orders/{number}/card").status_code == 404
