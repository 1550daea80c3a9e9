"""One delivery, three phones and a desk: from the pass to the door, by a driver who was asked second."""

from playwright.sync_api import Page, expect
from sqlalchemy import update

from app.contract.times import now
from app.domain import orders, ticket_deadlines
from app.extensions import atomic
from app.models import Ticket, TicketOffer
from tests.browser.conftest import Visit, is_live
from tests.browser.phone import HERE, at, becomes, phone, press, state, type_code
from tests.browser.test_dispatch import dispatch, part
from tests.cast import Cast
from tests.factories import DOOR, delivery

LISTENS = "window.fixes = []; document.addEventListener('passline:fix', ({ detail }) => window.fixes.push(detail.data))"
NEAR = {**HERE, "latitude": HERE["latitude"] + 0.001}
FAR = {**HERE, "latitude": HERE["latitude"] + 0.01}
ON_THE_WAY = {**HERE, "latitude": HERE["latitude"] + 0.012}


def on_the_road(visit: Visit, driver, spot: dict[str, float]) -> Page:
    """A driver's phone, on duty, that has told where it is."""
    page = phone(visit, driver, geolocation=spot)
    with page.expect_response("**/api/driver/location"):
        page.get_by_role("switch").click()
    state(page, "idle")
    return page


def runs_out(ticket: Ticket) -> None:
    """Nobody answered, and the time is over; the worker looks twice: at the offer, and for the next driver."""
    with atomic() as session:
        session.execute(update(TicketOffer).where(TicketOffer.ticket_id == ticket.id).values(lapses_at=now()))
        session.execute(update(Ticket).where(Ticket.id == ticket.id).values(due_at=now()))
    ticket_deadlines.act_on_due()
    ticket_deadlines.act_on_due()


def test_from_the_pass_to_the_door(visit: Visit, cast: Cast):
    order = delivery(cast, "preparing")
    foreign = delivery(cast, "preparing", customer=cast.other_customer)
    ticket = order.ticket
    near, far = on_the_road(visit, cast.driver, NEAR), on_the_road(visit, cast.other_driver, FAR)
    guest = is_live(visit(cast.customer, f"/orders/{order.number}", viewport={"width": 390, "height": 844}))
    stranger = is_live(visit(cast.other_customer, f"/orders/{foreign.number}"))
    desk = dispatch(visit, cast)
    for page in (guest, stranger):
        page.evaluate(LISTENS)

    orders.mark_ready(order, by=cast.vendor)
    ticket_deadlines.act_on_due()
    expect(near.locator("#offer")).to_be_visible()
    expect(guest.locator("#order-title")).to_have_text("Looking for a driver")
    expect(part(desk, "offered")).to_contain_text("Driver Person")

    runs_out(ticket)
    expect(far.locator("#offer")).to_be_visible()
    expect(near.locator("#offer")).to_be_hidden()
    far.locator("#offer:not([data-settling])").get_by_role("button", name="Accept").click()
    at(far, "assigned")
    # Where they were before is not told to the guest.
    with far.expect_response("**/api/driver/location"):
        far.context.set_geolocation(ON_THE_WAY)
    expect(guest.locator("#order-title")).to_have_text("Other Driver Person is on the way")
    expect(part(desk, "under_way")).to_contain_text("Other Driver Person")

    press(far, "I am at the restaurant")
    at(far, "at_pickup")
    assert guest.evaluate("window.fixes.every(({ latitude }) => latitude === null)")
    press(far, "Picked up")
    type_code(far, order.handover_code, "Picked up")
    at(far, "picked_up")
    marker = guest.locator(".pl-pin-driver")
    expect(marker).to_have_count(1)
    before = marker.bounding_box()
    far.context.set_geolocation({**HERE, "latitude": DOOR[0], "longitude": DOOR[1]})
    guest.wait_for_function(
        "y => document.querySelector('.pl-pin-driver').getBoundingClientRect().y < y - 5", arg=before["y"]
    )

    press(far, "I am at the door")
    at(far, "at_dropoff")
    expect(guest.locator("#order-title")).to_contain_text("at your door")
    press(far, "Delivered")
    type_code(far, guest.locator(".pl-code strong").inner_text(), "Delivered")
    expect(guest.locator(".pl-order")).to_have_attribute("data-state", "delivered")
    expect(part(desk, "under_way")).to_have_count(0)
    assert becomes(ticket, "delivered").driver_id == cast.other_driver.id
    assert stranger.evaluate("window.fixes") == []
    expect(stranger.locator("#order-title")).to_have_text("Being prepared")
    expect(stranger.locator("[data-map]")).to_have_count(0)
