"""A delivery on its guest's page, and on the page of whoever holds the link: who comes, how far away, and what not."""

import json
import re
from datetime import timedelta

import pytest
import time_machine

from app.contract.times import now
from app.domain import deliveries, fixes, offers, orders, ticket_deadlines, tracking
from app.extensions import atomic
from app.views.customer.story import told
from tests.cast import COUNTER
from tests.factories import DOOR, delivery, on_duty, place, ticket_in


@pytest.fixture
def backend():
    """What is drawn is the same on either database; the verbs are tested on both."""
    return "sqlite"


UNDER_WAY = ("assigned", "at_pickup", "picked_up", "at_dropoff")
HALFWAY = (38.7200, -9.1334)
HEADLINES = {
    "unassigned": ("Looking for a driver", "Looking for a driver"),
    "offered": ("Looking for a driver", "Looking for a driver"),
    "needs_dispatcher": ("Looking for a driver", "Looking for a driver"),
    "assigned": ("Driver Person is on the way", "The driver is on the way"),
    "at_pickup": ("Driver Person is at the restaurant", "The driver is at the restaurant"),
    "picked_up": ("Driver Person is on the way", "The driver is on the way"),
    "at_dropoff": ("Driver Person is at your door", "The driver is at your door"),
    "delivered": ("Delivered", "Delivered"),
    "failed": ("It could not be delivered", "It could not be delivered"),
    "returned": ("It could not be delivered", "It could not be delivered"),
}


@pytest.fixture
def page(cast, as_person):
    """The page of a ticket's order, for its customer."""
    return lambda ticket: as_person(cast.customer).get(f"/orders/{ticket.order.number}").text


@pytest.fixture
def followed(as_person):
    """The same for somebody who holds a link."""

    def text(ticket):
        with atomic():
            token = tracking.create_link(ticket.order)
        return as_person(None).get(f"/t/{token}").text

    return text


def fix_in(text):
    """What the page carries of the driver's place; None: nothing."""
    found = re.search(r"data-fix='([^']*)'", text)
    return json.loads(found[1]) if found else None


def minutes_in(text):
    """How many minutes away the page says it is; None: it does not say."""
    found = re.search(r"data-away >.*?data-away-minutes>(\d+)<", text, re.DOTALL)
    return int(found[1]) if found else None


@pytest.mark.parametrize("status", HEADLINES)
def test_the_headline_follows_the_ticket(cast, page, status):
    ticket = ticket_in(cast, status)
    of_guest, of_follower = HEADLINES[status]
    assert (told(ticket.order, mine=True).headline, told(ticket.order).headline) == (of_guest, of_follower)
    assert of_guest in page(ticket)


def test_nobody_is_looked_for_while_there_is_time(cast):
    assert told(delivery(cast, "preparing"), mine=True).headline == "Being prepared"


def test_a_driver_who_gives_it_back_is_looked_for_again(cast):
    ticket = ticket_in(cast, "assigned")
    offers.give_back(ticket, by=cast.driver, reason_code="other")
    story = told(ticket.order, mine=True)
    assert story.headline == "Looking for another driver"
    assert story.steps[-3].text == "Looking for another driver"


def test_a_courier_of_the_restaurants_own_is_told_of_as_ever(cast):
    order = delivery(cast, "ready_for_pickup")
    orders.hand_over(order, by=cast.vendor)
    assert told(order, mine=True).headline == "On its way to you"


@pytest.mark.parametrize("status", ["assigned", "at_pickup"])
def test_before_pickup_there_are_minutes_and_no_place(cast, page, followed, status):
    ticket = ticket_in(cast, status)
    fix = fix_in(page(ticket))
    assert (fix["latitude"], fix["longitude"]) == (None, None)
    assert minutes_in(page(ticket)) == fix["minutes_away"] > 0
    assert fix_in(followed(ticket)) is None
    assert minutes_in(followed(ticket)) is None


def test_from_pickup_on_both_pages_carry_the_place(cast, page, followed):
    ticket = ticket_in(cast, "picked_up")
    with time_machine.travel(now() + timedelta(minutes=2), tick=False):
        fixes.record(cast.driver, *HALFWAY)
        for text in (page(ticket), followed(ticket)):
            fix = fix_in(text)
            assert (fix["latitude"], fix["longitude"]) == HALFWAY
            assert minutes_in(text) == 4
            assert "ride-map" in text


def test_nothing_is_reckoned_from_where_somebody_was_long_ago(cast, page):
    ticket = ticket_in(cast, "picked_up")
    fixes.record(cast.driver, *COUNTER)
    with time_machine.travel(now() + timedelta(minutes=3), tick=False):
        assert minutes_in(page(ticket)) is None
        assert fix_in(page(ticket))["latitude"] == COUNTER[0]


@pytest.mark.parametrize("status", ["delivered", "failed", "returned", "cancelled"])
def test_afterwards_nobody_is_told_where_the_driver_is(cast, page, status):
    ticket = ticket_in(cast, status)
    assert fix_in(page(ticket)) is None
    assert "ride-map" not in page(ticket)
    assert told(ticket.order).ride is None


@pytest.mark.parametrize("status", UNDER_WAY)
def test_the_code_for_the_door_is_the_customers_alone(cast, page, followed, status):
    ticket = ticket_in(cast, status)
    code = f'<strong class="pl-num">{ticket.drop_code}</strong>'
    assert code in page(ticket)
    assert code not in followed(ticket)
    assert "Say this code" not in followed(ticket)


def test_there_is_no_code_where_the_restaurant_asks_for_none(cast, page):
    with atomic():
        cast.restaurant.drop_proof = "photo"
    assert "Say this code" not in page(ticket_in(cast, "picked_up"))


@pytest.mark.parametrize("status", UNDER_WAY)
def test_the_link_names_nobody_and_no_door(cast, followed, status):
    ticket = ticket_in(cast, status)
    text = followed(ticket)
    for secret in (cast.driver.name, cast.customer.name, "1 Street", str(DOOR[0]), ticket.order.handover_code):
        assert secret not in text


@pytest.mark.parametrize("status", UNDER_WAY)
def test_nobody_reads_the_drivers_number_or_the_restaurants_code(cast, page, status):
    with atomic():
        cast.driver.phone = "+351919999999"
    ticket = ticket_in(cast, status)
    assert "9999999" not in page(ticket)
    assert f">{ticket.order.handover_code}<" not in page(ticket)


def test_without_known_places_there_is_no_map_before_pickup(cast, page):
    with atomic():
        cast.restaurant.latitude = cast.restaurant.longitude = None
    ticket = delivery(cast, "ready_for_pickup", door=None).ticket
    on_duty(cast.driver, *COUNTER)
    offers.offer(ticket, cast.driver, by=cast.admin)
    offers.accept(ticket, by=cast.driver)
    fixes.record(cast.driver, *COUNTER)
    assert "ride-map" not in page(ticket)
    deliveries.pick_up(ticket, by=cast.driver, handover_code=ticket.order.handover_code)
    assert "ride-map" in page(ticket)


def test_the_steps_of_the_ticket_stand_among_the_orders(cast):
    ticket = ticket_in(cast, "at_dropoff")
    assert [step.text for step in told(ticket.order, mine=True).steps] == [
        "Sent to the kitchen",
        "Accepted",
        "In preparation",
        "Ready",
        "Looking for a driver",
        "Driver Person takes it",
        "Driver at the restaurant",
        "On its way",
        "Driver at the door",
        "Delivered",
    ]
    assert told(ticket.order).steps[5].text == "A driver takes it"


def test_who_was_asked_and_said_no_is_no_step(cast):
    ticket = ticket_in(cast, "offered")
    offers.decline(ticket, by=cast.driver)
    assert [step.text for step in told(ticket.order).steps if step.at][-2:] == ["Ready", "Looking for a driver"]


def test_a_step_has_the_time_of_the_device(cast):
    ticket = ticket_in(cast, "picked_up")
    begun = now()
    with time_machine.travel(begun + timedelta(minutes=5), tick=False):
        deliveries.reach(ticket, by=cast.driver, occurred_at=begun + timedelta(minutes=3))
        proof = {"drop_code": ticket.drop_code}
        deliveries.deliver(ticket, by=cast.driver, occurred_at=begun + timedelta(minutes=4), proof=proof)
    steps = told(ticket.order).steps
    assert [step.at - begun for step in steps[-2:]] == [timedelta(minutes=3), timedelta(minutes=4)]
    assert [step.is_now for step in steps[-2:]] == [False, True]


def test_a_window_that_moved_says_from_when_and_why(cast, page):
    ticket = delivery(cast, "preparing").ticket
    before = ticket.order.promised_from.astimezone(cast.restaurant.zone)
    with time_machine.travel(ticket.order.promised_by + timedelta(minutes=1), tick=False):
        ticket_deadlines.renew_promises()
        text = page(ticket)
    moved = re.search(r"Moved from .*?</p>", text, re.DOTALL)[0]
    assert f"{before:%H:%M}</time>" in moved
    assert "The kitchen needs longer than it thought." in moved


def test_a_window_that_stands_where_it_stood_says_nothing(cast, as_person):
    with time_machine.travel("2026-11-20T12:00:10Z", tick=False):
        order = place(cast).order
        orders.accept(order, by=cast.vendor)
        assert "Moved from" not in as_person(cast.customer).get(f"/orders/{order.number}").text


def test_the_list_of_orders_says_who_comes(cast, as_person):
    ticket_in(cast, "assigned")
    assert "Driver Person is on the way" in as_person(cast.customer).get("/orders/").text
