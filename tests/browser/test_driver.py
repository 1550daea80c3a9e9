"""The driver's phone: duty, an offer that rings, and a delivery from the counter to the door, one button at a time."""

from base64 import b64decode
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from app.contract.times import now
from app.domain import drivers, offers, orders, ticket_deadlines
from app.extensions import atomic, db
from app.models import DropProof, Restaurant, TicketOffer
from tests.browser.conftest import Visit
from tests.browser.phone import SHAKES, at, becomes, phone, press, state, type_code, wrong
from tests.browser.test_ringing import rings
from tests.cast import COUNTER, Cast
from tests.factories import delivery, on_duty, ticket_in


def asks_for(cast: Cast, proof: str) -> None:
    """The restaurant wants this of its drivers at the door."""
    with atomic() as session:
        session.execute(update(Restaurant).where(Restaurant.id == cast.restaurant.id).values(drop_proof=proof))


def test_going_on_duty_and_off_again(visit: Visit, cast: Cast):
    page = phone(visit, cast.driver)
    state(page, "off")
    switch = page.get_by_role("switch")
    expect(switch).to_have_accessible_name("Go on duty")
    expect(switch).not_to_be_checked()
    switch.click()
    state(page, "idle")
    expect(page.locator("html")).to_have_attribute("data-sound", "on")
    expect(switch).to_be_checked()
    expect(switch).to_have_accessible_name("You are on duty")
    page.locator('[data-part="bar"]:not([data-settling])').get_by_role("switch").click()
    state(page, "off")
    assert drivers.of(cast.driver).off_duty_reason == "self"


def test_an_offer_rings_shakes_and_is_accepted(visit: Visit, cast: Cast):
    page = phone(visit, cast.driver)
    page.evaluate(SHAKES)
    page.get_by_role("switch").click()
    state(page, "idle")
    ticket = delivery(cast, "ready_for_pickup").ticket
    offers.offer(ticket, cast.driver, by=cast.admin)
    offer = page.locator("#offer")
    expect(offer).to_be_visible()
    rings(page, "true")
    assert page.evaluate("window.shaken.length") >= 1
    for words in (cast.restaurant.name, "1 Street", "2.0 km", "€3.97", "3 items", f"Chosen by {cast.admin.name}."):
        expect(offer).to_contain_text(words)
    assert 35 < int(offer.get_by_role("timer").inner_text()) <= 45
    offer.get_by_role("button", name="Accept").click()
    at(page, "assigned")
    expect(offer).to_be_hidden()
    rings(page, "false")
    assert becomes(ticket, "assigned").driver_id == cast.driver.id


def test_a_second_tap_that_meant_something_else_answers_no_offer(visit: Visit, cast: Cast):
    on_duty(cast.driver, *COUNTER)
    page = phone(visit, cast.driver)
    offers.offer(delivery(cast, "ready_for_pickup").ticket, cast.driver, by=cast.admin)
    expect(page.locator("#offer[data-settling]")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('#offer')).pointerEvents") == "none"


def test_an_offer_that_is_declined_goes_away(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "offered")
    page = phone(visit, cast.driver)
    page.get_by_role("button", name="Decline").click()
    expect(page.locator("#offer")).to_be_hidden()
    state(page, "idle")
    becomes(ticket, "unassigned")


def test_an_offer_that_ran_out_goes_away_before_anybody_says_so(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "offered")
    page = phone(visit, cast.driver)
    expect(page.locator("#offer")).to_be_visible()
    with atomic() as session:
        session.execute(update(TicketOffer).values(lapses_at=now() + timedelta(seconds=3)))
    page.reload()
    expect(page.locator("#offer")).to_be_visible()
    expect(page.locator("#offer")).to_be_hidden()
    expect(page.locator("#toasts")).to_contain_text("The offer ran out")
    rings(page, "false")
    becomes(ticket, "offered")


def test_the_countdown_follows_the_servers_clock(visit: Visit, cast: Cast):
    ticket_in(cast, "offered")
    page = phone(visit, cast.driver)
    # A phone that is ten minutes fast has not lost the offer.
    page.add_init_script("const real = Date.now.bind(Date); Date.now = () => real() + 600_000;")
    page.reload()
    expect(page.locator("#offer")).to_be_visible()
    assert int(page.get_by_role("timer").inner_text()) > 20


def test_three_that_ran_out_set_off_duty_and_the_page_says_why(visit: Visit, cast: Cast):
    page = phone(visit, cast.driver)
    page.get_by_role("switch").click()
    state(page, "idle")
    with atomic() as session:
        drivers.set_off(session, drivers.locked(session, cast.driver), "lapses", now())
    state(page, "off")
    expect(page.locator(".pl-stage")).to_contain_text("3 offers in a row ran out")


def test_the_whole_ride(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "assigned")
    page = phone(visit, cast.driver)
    at(page, "assigned")
    expect(page.get_by_role("link", name="Call").first).to_have_attribute("href", "tel:+351910000001")
    press(page, "I am at the restaurant")
    at(page, "at_pickup")
    press(page, "Picked up")
    type_code(page, wrong(ticket.order.handover_code), "Picked up")
    expect(page.locator('dialog[data-sheet="code"] [role=alert]')).to_contain_text("It is not this order's code.")
    for _ in range(4):
        page.get_by_role("button", name="Erase").click()
    type_code(page, ticket.order.handover_code, "Picked up")
    at(page, "picked_up")
    expect(page.locator(".pl-ride .pl-cash")).to_contain_text("Collect €21.50 in cash")
    press(page, "I am at the door")
    at(page, "at_dropoff")
    press(page, "Delivered")
    type_code(page, ticket.drop_code, "Delivered")
    state(page, "idle")
    expect(page.locator('[data-part="done"]')).to_contain_text("€3.97")
    assert becomes(ticket, "delivered").order.status == "delivered"


def test_a_photograph_is_made_small_and_sent(visit: Visit, cast: Cast, tmp_path):
    asks_for(cast, "photo")
    ticket = ticket_in(cast, "at_dropoff")
    page = phone(visit, cast.driver)
    press(page, "Delivered")
    sheet = page.locator('dialog[data-sheet="photo"]')
    sheet.get_by_role("button", name="Delivered").click()
    expect(sheet.get_by_role("alert")).to_contain_text("Take a photograph first.")
    picture = tmp_path / "door.png"
    # Noise is what makes the largest JPEG.
    page.evaluate("""() => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 2400, height: 1800 });
      const brush = canvas.getContext("2d");
      const noise = brush.createImageData(2400, 1800);
      for (let i = 0; i < noise.data.length; i++) noise.data[i] = i % 4 === 3 ? 255 : Math.random() * 256;
      brush.putImageData(noise, 0, 0);
      window.noise = canvas;
    }""")
    told = page.evaluate("window.noise.toDataURL('image/jpeg', 0.95)")
    picture.write_bytes(b64decode(told.partition(",")[2]))
    assert picture.stat().st_size > 2_000_000
    sheet.locator("input[type=file]").set_input_files(picture)
    expect(sheet.get_by_role("img", name="The photograph")).to_be_visible()
    sheet.get_by_role("button", name="Delivered").click()
    becomes(ticket, "delivered")
    proof = db.session.scalars(select(DropProof).where(DropProof.ticket_id == ticket.id)).one()
    assert (proof.photo_type, proof.photo[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert len(proof.photo) <= 140_000


def test_a_note_says_where_it_was_left(visit: Visit, cast: Cast):
    asks_for(cast, "note")
    ticket = ticket_in(cast, "at_dropoff")
    page = phone(visit, cast.driver)
    press(page, "Delivered")
    page.get_by_role("textbox", name="Where did you leave it?").fill("With the neighbour")
    page.locator('dialog[data-sheet="note"]').get_by_role("button", name="Delivered").click()
    state(page, "idle")
    becomes(ticket, "delivered")


def test_two_quick_taps_are_one_step(visit: Visit, cast: Cast):
    asks_for(cast, "none")
    ticket = ticket_in(cast, "picked_up")
    page = phone(visit, cast.driver)
    at(page, "picked_up")
    press(page, "I am at the door")
    page.mouse.click(195, 795)
    at(page, "at_dropoff")
    page.wait_for_timeout(500)
    becomes(ticket, "at_dropoff")


def test_what_a_driver_cannot_do_goes_to_the_next(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "assigned")
    page = phone(visit, cast.driver)
    page.get_by_role("button", name="I cannot do this").first.click()
    sheet = page.locator('dialog[data-sheet="reason-before"]')
    sheet.get_by_role("radio", name="Trouble with the vehicle").check()
    sheet.get_by_role("button", name="I cannot do this").click()
    state(page, "idle")
    becomes(ticket, "unassigned")
    expect(page.locator("#toasts")).not_to_contain_text("called off")


def test_what_cannot_be_delivered_is_taken_back(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "at_dropoff")
    page = phone(visit, cast.driver)
    page.get_by_role("button", name="I cannot do this").first.click()
    sheet = page.locator('dialog[data-sheet="reason-after"]')
    sheet.get_by_role("radio", name="Address or person not found").check()
    sheet.get_by_role("button", name="I cannot do this").click()
    at(page, "failed")
    press(page, "I am taking it back")
    at(page, "returning")
    press(page, "It is back at the restaurant")
    state(page, "idle")
    expect(page.locator('[data-part="done"]')).to_contain_text("taken back")
    becomes(ticket, "returned")


def test_a_cancelled_order_calls_off_aloud(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "assigned")
    page = phone(visit, cast.driver)
    at(page, "assigned")
    orders.cancel(ticket.order, by=cast.vendor, reason_code="other")
    state(page, "idle")
    expect(page.locator("#toasts")).to_contain_text(f"{ticket.order.number} was called off")


def test_one_that_waits_is_taken(visit: Visit, cast: Cast):
    ticket = delivery(cast, "ready_for_pickup").ticket
    ticket_deadlines.act_on_due()
    on_duty(cast.driver, *COUNTER)
    page = phone(visit, cast.driver)
    page.get_by_role("button", name="Take it").click()
    at(page, "assigned")
    assert becomes(ticket, "assigned").driver_id == cast.driver.id


def test_one_that_somebody_else_has_taken_is_refused_in_a_sentence(visit: Visit, cast: Cast):
    ticket = delivery(cast, "ready_for_pickup").ticket
    ticket_deadlines.act_on_due()
    on_duty(cast.driver, *COUNTER)
    page = phone(visit, cast.driver)
    expect(page.get_by_role("button", name="Take it")).to_be_visible()
    on_duty(cast.other_driver, *COUNTER)
    offers.accept(ticket, by=cast.other_driver)
    page.get_by_role("button", name="Take it").click()
    expect(page.locator("#toasts")).to_contain_text(f"{cast.other_driver.name} was faster")
    expect(page.get_by_role("button", name="Take it")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_it_is_not_wider_than_its_window(visit: Visit, cast: Cast, width):
    ticket_in(cast, "picked_up")
    page = phone(visit, cast.driver, viewport={"width": width, "height": 900})
    at(page, "picked_up")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_without_javascript_it_says_so(visit: Visit, cast: Cast):
    page = visit(cast.driver, "/driver/", java_script_enabled=False)
    expect(page.locator("main")).to_contain_text("This page needs JavaScript")
