"""A delivery on its guest's page: looked for, on the way, a marker that moves, and whose page shows none of it."""

from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import Locator, Page, expect

from app.contract.times import now
from app.domain import deliveries, fixes, offers, orders, ticket_deadlines
from app.models import Ticket
from tests.browser.conftest import Visit, is_live
from tests.browser.site import Site
from tests.cast import COUNTER, Cast
from tests.factories import delivery, on_duty, place, ticket_in

HALFWAY = (38.7200, -9.1334)
NEARLY = (38.7260, -9.1334)


def driver_on(page: Page) -> Locator:
    """The driver's marker."""
    return page.locator(".pl-pin-driver")


def status_page(visit: Visit, cast: Cast, ticket: Ticket) -> Page:
    page = is_live(visit(cast.customer, f"/orders/{ticket.order.number}"))
    page.evaluate("window.marker = true")
    return page


def seen_at(driver, spot: tuple[float, float], after: int) -> None:
    """The driver's phone says where it is, so many seconds from now."""
    with time_machine.travel(now() + timedelta(seconds=after), tick=False):
        fixes.record(driver, *spot)


def test_looking_becomes_on_the_way_without_a_reload(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "offered")
    page = status_page(visit, cast, ticket)
    expect(page.locator("#order-title")).to_have_text("Looking for a driver")
    offers.accept(ticket, by=cast.driver)
    expect(page.locator("#order-title")).to_have_text("Driver Person is on the way")
    expect(page.locator("#toasts")).to_contain_text("Driver Person is on the way")
    expect(page.locator(".pl-code strong")).to_have_text(ticket.drop_code)
    expect(page.locator("[data-away]")).to_be_visible()
    expect(page.locator(".leaflet-marker-icon")).to_have_count(2)  # the counter and the door
    expect(driver_on(page)).to_have_count(0)
    assert page.evaluate("window.marker") is True


def test_minutes_before_pickup_follow_the_driver(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "assigned")
    page = status_page(visit, cast, ticket)
    before = page.locator("[data-away-minutes]").text_content()
    seen_at(cast.driver, (38.7239, -9.1334), after=60)
    expect(page.locator("[data-away-minutes]")).not_to_have_text(before or "")
    expect(driver_on(page)).to_have_count(0)


def test_the_marker_comes_with_the_food_and_moves(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "at_pickup")
    fixes.record(cast.driver, *COUNTER)
    page = status_page(visit, cast, ticket)
    expect(page.locator(".leaflet-marker-icon")).to_have_count(2)
    page.evaluate("window.map = document.querySelector('[data-map]')")
    deliveries.pick_up(ticket, by=cast.driver, handover_code=ticket.order.handover_code)
    expect(driver_on(page)).to_have_count(1)
    expect(page.locator(".pl-order")).to_have_attribute("data-state", "picked_up")
    before = driver_on(page).bounding_box()
    seen_at(cast.driver, HALFWAY, after=30)
    expect(page.locator("[data-away-minutes]")).to_have_text("4")
    page.wait_for_function(
        "y => document.querySelector('.pl-pin-driver').getBoundingClientRect().y < y - 20", arg=before["y"]
    )
    # The order was drawn anew meanwhile, and its map is the one that it was.
    assert page.evaluate("window.map.isConnected && document.querySelectorAll('[data-map]').length === 1")


def test_who_holds_the_link_sees_it_from_pickup_on(visit: Visit, cast: Cast):
    placed = place(cast, fulfilment="delivery", address="1 Street", door=(38.7274, -9.1334))
    for verb in (orders.accept, orders.start, orders.mark_ready):
        verb(placed.order, by=cast.vendor)
    ticket = placed.order.ticket
    on_duty(cast.driver, *COUNTER)
    offers.offer(ticket, cast.driver, by=cast.admin)
    offers.accept(ticket, by=cast.driver)
    fixes.record(cast.driver, *COUNTER)
    page = is_live(visit(None, f"/t/{placed.tracking_token}"))
    expect(page.locator("[data-map]")).to_have_count(0)
    deliveries.pick_up(ticket, by=cast.driver, handover_code=placed.order.handover_code)
    expect(driver_on(page)).to_have_count(1)
    seen_at(cast.driver, HALFWAY, after=30)
    expect(page.locator("[data-away-minutes]")).to_have_text("4")
    expect(page.locator(".leaflet-marker-icon")).to_have_count(2)  # the counter and the driver, no door
    expect(page.locator("body")).not_to_contain_text(cast.driver.name)


def test_the_page_of_another_order_sees_nothing(visit: Visit, cast: Cast):
    """One of the same customer, who hears it in the same room, and one of somebody else."""
    ticket = ticket_in(cast, "picked_up")
    also_mine = delivery(cast, "preparing")
    foreign = delivery(cast, "preparing", customer=cast.other_customer)
    rides = status_page(visit, cast, ticket)
    mine = is_live(visit(cast.customer, f"/orders/{also_mine.number}"))
    others = is_live(visit(cast.other_customer, f"/orders/{foreign.number}"))
    for page in (mine, others):
        page.evaluate("window.fixes = []")
        page.evaluate("document.addEventListener('passline:fix', ({ detail }) => window.fixes.push(detail.data))")
    seen_at(cast.driver, HALFWAY, after=30)
    expect(rides.locator("[data-away-minutes]")).to_have_text("4")
    mine.wait_for_function("window.fixes.length > 0")
    assert others.evaluate("window.fixes") == []
    for page in (mine, others):
        expect(page.locator("[data-map]")).to_have_count(0)
        expect(page.locator("#order-title")).to_have_text("Being prepared")


def test_a_reload_shows_it_where_it_is(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "picked_up")
    page = status_page(visit, cast, ticket)
    seen_at(cast.driver, NEARLY, after=60)
    page.reload()
    expect(driver_on(page)).to_have_count(1)
    expect(page.locator("[data-away-minutes]")).to_have_text("1")


def test_where_it_is_by_now_comes_with_the_next_connection(visit: Visit, cast: Cast, site: Site):
    """Positions are no rows of the log: nothing of them is replayed."""
    ticket = ticket_in(cast, "picked_up")
    page = status_page(visit, cast, ticket)
    site.gateway.kill()
    try:
        seen_at(cast.driver, HALFWAY, after=30)
        seen_at(cast.driver, NEARLY, after=90)
    finally:
        site.gateway.start()
    expect(page.locator("[data-away-minutes]")).to_have_text("1")
    assert page.evaluate("window.marker") is True


def test_what_was_seen_long_ago_is_marked(visit: Visit, cast: Cast):
    with time_machine.travel(now() - timedelta(minutes=4), tick=True):
        ticket = ticket_in(cast, "picked_up")
        fixes.record(cast.driver, *COUNTER)
    page = status_page(visit, cast, ticket)
    expect(page.locator("[data-seen]")).to_have_text("Seen here 4 min ago")
    expect(page.locator("[data-away]")).to_be_hidden()
    expect(page.locator(".pl-pin-driver.pl-pin-stale")).to_have_count(1)
    fixes.record(cast.driver, *HALFWAY)
    expect(page.locator("[data-seen]")).to_be_hidden()
    expect(page.locator("[data-away]")).to_be_visible()


def test_it_is_over_at_the_door(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "at_dropoff")
    fixes.record(cast.driver, *COUNTER)
    page = status_page(visit, cast, ticket)
    expect(driver_on(page)).to_have_count(1)
    expect(page.locator("[data-away]")).to_be_hidden()
    deliveries.deliver(ticket, by=cast.driver, proof={"drop_code": ticket.drop_code})
    expect(page.locator("#order-title")).to_have_text("Delivered")
    expect(page.locator("[data-map]")).to_have_count(0)
    expect(page.locator(".pl-code")).to_have_count(0)


def test_a_promise_that_moves_says_why_at_once(visit: Visit, cast: Cast):
    ticket = delivery(cast, "preparing").ticket
    page = status_page(visit, cast, ticket)
    expect(page.locator(".pl-moved")).to_have_count(0)
    with time_machine.travel(ticket.order.promised_by + timedelta(minutes=1), tick=False):
        ticket_deadlines.renew_promises()
    expect(page.locator(".pl-moved")).to_contain_text("The kitchen needs longer than it thought.")
    assert page.evaluate("window.marker") is True


def test_the_kitchen_sees_who_comes_and_the_code(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "offered")
    board = is_live(visit(cast.vendor, "/vendor/"))
    card = board.locator(f"#order-{ticket.order.number}")
    expect(card).to_contain_text("Looking for a driver")
    offers.accept(ticket, by=cast.driver)
    expect(card).to_contain_text("Driver Person is on the way, about 1 min")
    expect(card.locator(".pl-ticket-code")).to_contain_text(ticket.order.handover_code)
    deliveries.arrive(ticket, by=cast.driver)
    expect(card).to_contain_text("Driver Person is here")


def test_the_list_of_orders_says_who_comes(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "offered")
    page = is_live(visit(cast.customer, "/orders/"))
    expect(page.locator(".pl-live-order-ride")).to_have_text("Looking for a driver")
    offers.accept(ticket, by=cast.driver)
    expect(page.locator(".pl-live-order-ride")).to_have_text("Driver Person is on the way")


@pytest.mark.parametrize(
    ("accuracy", "says"), [(20, "The driver sees your place on a map, to 20 m."), (900, "to 900 m only")]
)
def test_the_place_of_the_door_is_filled_in_on_request(visit: Visit, cast: Cast, accuracy: int, says: str):
    here = {"latitude": 38.7274, "longitude": -9.1334, "accuracy": accuracy}
    page = visit(cast.customer, "/r/first", geolocation=here, permissions=["geolocation"])
    page.locator("input[value=delivery]").check(force=True)
    page.get_by_role("button", name="Use where I am").click()
    expect(page.locator("[data-here] p")).to_contain_text(says)
    assert page.locator("[name=latitude]").input_value() == ("38.727400" if accuracy < 100 else "")
