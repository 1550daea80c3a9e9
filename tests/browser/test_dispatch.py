"""The dispatch board live: whoever needs a person is called for, drivers are asked from it and move on its map."""

import re

from playwright.sync_api import Page, expect

from app.contract.times import now
from app.domain import drivers, fixes, offers
from app.domain.ticket_transition import walk
from tests.browser.conftest import Visit, is_live
from tests.cast import COUNTER, Cast
from tests.factories import on_duty, ticket_in

DRAWN_ANEW = """() => performance.getEntriesByType("resource").some(({ name }) => name.endsWith("/dispatch/board"))"""
COUNTS_DRAWINGS = "window.drawings = 0; document.addEventListener('passline:drawing', () => (window.drawings += 1))"
PLACE = "pin => pin.style.transform"


def dispatch(visit: Visit, cast: Cast) -> Page:
    """The board, live and in its channel: once it is in, it asks for all of itself anew."""
    page = is_live(visit(cast.admin, "/admin/dispatch"))
    page.wait_for_function(DRAWN_ANEW)
    return page


def part(page: Page, name: str):
    return page.locator(f'[data-part="{name}"] .pl-job')


def test_an_admin_offers_a_delivery_to_a_driver(visit: Visit, cast: Cast):
    on_duty(cast.driver, *COUNTER)
    ticket = ticket_in(cast, "needs_dispatcher")
    page = dispatch(visit, cast)
    calling = part(page, "calling")
    expect(calling).to_contain_text(ticket.order.number)
    calling.locator("select").select_option(str(cast.driver.id))
    calling.get_by_role("button", name="Offer").click()
    expect(part(page, "offered")).to_contain_text("Driver Person")
    expect(calling).to_have_count(0)
    expect(page.locator(".pl-rider")).to_contain_text("Being asked")
    offers.accept(ticket, by=cast.driver)
    expect(part(page, "under_way")).to_contain_text("Driver Person")


def test_a_driver_moves_on_the_map(visit: Visit, cast: Cast):
    ticket_in(cast, "picked_up")
    page = dispatch(visit, cast)
    pin = page.get_by_title("Driver Person")
    before = pin.evaluate(PLACE)
    page.evaluate("window.board = document.querySelector('.pl-dispatch')")
    fixes.record(cast.driver, COUNTER[0] + 0.0005, COUNTER[1])
    page.wait_for_function(f"([pin, before]) => ({PLACE})(pin) !== before", arg=[pin.element_handle(), before])
    assert page.evaluate("window.board === document.querySelector('.pl-dispatch')")


def test_the_map_stays_when_the_board_is_drawn_anew(visit: Visit, cast: Cast):
    ticket_in(cast, "needs_dispatcher")
    page = dispatch(visit, cast)
    page.evaluate("window.map = document.getElementById('map')")
    on_duty(cast.driver, *COUNTER)
    fixes.record(cast.driver, *COUNTER)
    ticket_in(cast, "unassigned")
    expect(page.get_by_title("Driver Person").locator(".pl-pin-body")).to_be_visible()
    assert page.evaluate("window.map === document.getElementById('map')")


def test_who_goes_on_duty_appears_and_can_be_sent_off(visit: Visit, cast: Cast):
    page = dispatch(visit, cast)
    on_duty(cast.driver)
    rider = page.locator(".pl-rider")
    expect(rider).to_contain_text("Free")
    rider.get_by_role("button", name="Set off duty: Driver Person").click()
    expect(page.locator(".pl-off-duty summary")).to_contain_text("Off duty 1")
    assert drivers.of(cast.driver).off_duty_reason == "admin"


def test_whoever_chooses_a_driver_is_not_disturbed(visit: Visit, cast: Cast):
    on_duty(cast.driver)
    ticket_in(cast, "needs_dispatcher")
    page = dispatch(visit, cast)
    choice = part(page, "calling").locator("select")
    choice.focus()
    page.evaluate("window.choice = document.activeElement")
    page.evaluate(COUNTS_DRAWINGS)
    second = ticket_in(cast, "unassigned")
    page.wait_for_function("() => window.drawings > 0")
    assert page.evaluate("window.choice.isConnected")
    choice.select_option(str(cast.driver.id))
    expect(page.locator(".pl-dispatch")).to_contain_text(second.order.number)
    expect(choice).to_have_value(str(cast.driver.id))


def test_a_call_for_a_dispatcher_is_heard_on_every_page(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "unassigned")
    page = is_live(visit(cast.admin, "/admin/orders"))
    expect(page.locator(".pl-calls")).to_be_hidden()
    walk(ticket, "needs_dispatcher", by=cast.admin, at=now())
    toast = page.locator(".pl-toast")
    expect(toast).to_contain_text(f"The delivery of {ticket.order.number} needs a dispatcher")
    expect(page.locator(".pl-calls")).to_have_text(re.compile("^1"))
    expect(page).to_have_title(re.compile(r"^\(1\) Orders"))
    expect(page.locator("tr[data-calls]")).to_contain_text(ticket.order.number[-4:])
    on_duty(cast.driver)
    offers.offer(ticket, cast.driver, by=cast.admin)
    expect(toast).to_have_count(0)
    expect(page.locator(".pl-calls")).to_be_hidden()
    expect(page.locator("tr[data-calls]")).to_have_count(0)


def test_its_toast_leads_to_dispatch(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "unassigned")
    page = is_live(visit(cast.admin, f"/admin/orders/{ticket.order.number}"))
    walk(ticket, "needs_dispatcher", by=cast.admin, at=now())
    page.locator(".pl-toast a").click()
    expect(part(page, "calling")).to_contain_text(ticket.order.number)
    expect(page.locator(".pl-toast")).to_have_count(0)


def test_the_page_of_a_delivery_follows_it(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "offered")
    page = is_live(visit(cast.admin, f"/admin/tickets/{ticket.id}"))
    page.evaluate("window.map = document.getElementById('map')")
    offers.decline(ticket, by=cast.driver, reason_code="other")
    expect(page.locator("[data-outcome=declined]")).to_contain_text("Declined: Another reason")
    expect(page.locator("h1 + .pl-state")).to_have_text("Looking for a driver")
    assert page.evaluate("window.map === document.getElementById('map')")
