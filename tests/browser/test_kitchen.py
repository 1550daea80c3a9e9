"""The board in a real kitchen: lines ticked off on every screen, sounds that differ, a bump bar, 200 open orders."""

from playwright.sync_api import Page, expect

from app.domain import board_settings, deliveries, item_ticks, orders
from app.domain.order_placement import Line
from app.models.board import ALERTS
from tests.browser.conftest import Visit, is_live, settled
from tests.cast import Cast
from tests.factories import order_in, place, ticket_in

# Notes every shift of cards and columns that nobody's finger brought about.
SHIFTS = """
window.shifted = [];
new PerformanceObserver((list) => {
  for (const { hadRecentInput, value, sources } of list.getEntries()) {
    const moved = sources.filter(({ node }) => node?.matches?.(".pl-ticket, .pl-column, .pl-column-cards"));
    if (!hadRecentInput && moved.length) window.shifted.push([value, ...moved.map(({ node }) => node.id)]);
  }
}).observe({ type: "layout-shift" });
"""


def loud(page: Page) -> Page:
    """`page`, live and with its sound on."""
    is_live(page).get_by_role("button", name="Turn sound on").click()
    expect(page.locator("html")).to_have_attribute("data-sound", "on")
    return page


def sounded(page: Page, sound: str) -> None:
    expect(page.locator("html")).to_have_attribute("data-sounded", sound)


def test_a_line_is_ticked_off_on_every_screen(visit: Visit, cast: Cast):
    order = order_in(cast, "preparing")
    board, other = is_live(visit(cast.vendor, "/vendor/")), is_live(visit(cast.colleague, "/vendor/?view=stream"))
    line = f"#order-{order.number} .pl-tick"
    board.locator(line).first.click()
    expect(other.locator(line).first).to_have_attribute("aria-pressed", "true")
    expect(board.locator(line).first).to_have_attribute("aria-pressed", "true")
    item_ticks.tick(order, order.items[1].id, by=cast.vendor, done=True)
    expect(board.get_by_role("button", name="All made: ready")).to_be_visible()
    other.locator(line).first.click()
    expect(board.locator(line).first).to_have_attribute("aria-pressed", "false")


def test_other_settings_of_the_board_are_on_every_card_at_once(visit: Visit, cast: Cast):
    order = place(cast, lines=[Line(cast.items()[0].id, 1, "no coriander")]).order
    orders.accept(order, by=cast.vendor)
    board = is_live(visit(cast.vendor, "/vendor/"))
    card = board.locator(f"#order-{order.number}")
    expect(card).to_be_visible()
    expect(card.get_by_text("Allergy")).to_have_count(0)
    board_settings.change(cast.restaurant, ALERTS | {"accepted": (7, 9)}, "coriander", by=cast.colleague)
    expect(card.get_by_text("Allergy")).not_to_have_count(0)
    expect(card.locator("[data-warn]")).to_have_attribute("data-warn", "7")


def test_each_kind_of_news_has_a_sound_of_its_own(visit: Visit, cast: Cast):
    cooking, ticket = order_in(cast, "preparing"), ticket_in(cast, "assigned")
    board = loud(visit(cast.vendor, "/vendor/"))
    new = place(cast).order
    sounded(board, "new")
    orders.accept(new, by=cast.admin)
    sounded(board, "changed")
    deliveries.arrive(ticket, by=cast.driver)
    sounded(board, "driver")
    orders.cancel(cooking, by=cast.admin, reason_code="duplicate")
    sounded(board, "stop")


def test_what_was_cancelled_rings_until_the_kitchen_has_stopped(visit: Visit, cast: Cast):
    order = order_in(cast, "preparing")
    board = loud(visit(cast.vendor, "/vendor/?view=stream"))
    orders.cancel(order, by=cast.admin, reason_code="duplicate")
    card = board.locator(f"#order-{order.number}")
    expect(card).to_have_attribute("data-must-stop", "")
    expect(board.locator("html")).to_have_attribute("data-ringing", "true")
    assert board.evaluate("window.started.at(-1)") == {"state": "running", "looped": True}
    card.get_by_role("button", name="We stopped").click()
    expect(card).to_have_count(0)
    expect(board.locator("html")).to_have_attribute("data-ringing", "false")


def test_a_bump_bar_takes_a_card_from_new_to_handed_over(visit: Visit, cast: Cast):
    first, second = place(cast).order, place(cast).order
    board = is_live(visit(cast.vendor, "/vendor/?view=stream"))
    card = board.locator(f"#order-{second.number}")
    board.keyboard.press("2")
    expect(card).to_be_focused()
    for state in ("accepted", "preparing", "ready_for_pickup"):
        settled(board).keyboard.press("Enter")
        expect(card).to_have_attribute("data-state", state)
    board.locator(f"#order-{first.number}").focus()
    settled(board).keyboard.press("Shift+R")
    expect(card).to_have_attribute("data-state", "preparing")
    expect(board.locator(f"#order-{first.number}")).to_have_attribute("data-state", "placed")


def test_a_key_that_is_pressed_twice_hands_over_one_order(visit: Visit, cast: Cast):
    first, second = (order_in(cast, "ready_for_pickup") for _ in range(2))
    board = is_live(visit(cast.vendor, "/vendor/"))
    asked: list[str] = []
    board.on("request", lambda request: asked.append(request.url) if request.url.endswith("/handover") else None)
    board.locator(f"#order-{first.number}").focus()
    settled(board).keyboard.press("h")
    expect(board.locator(f"#order-{first.number}")).to_have_count(0)
    expect(board.locator(f"#order-{second.number}")).to_be_focused()
    board.keyboard.press("h")
    settled(board)
    assert [url.split("/")[-2] for url in asked] == [first.number]
    board.keyboard.press("h")
    expect(board.locator(f"#order-{second.number}")).to_have_count(0)


def test_what_is_printed_again_from_the_page_of_the_original_is_a_copy(visit: Visit, cast: Cast):
    order = place(cast).order
    page = visit(cast.vendor, f"/vendor/orders/{order.number}/kitchen-ticket")
    page.add_init_script("window.print = () => { window.printed = document.querySelector('.pl-paper').innerText; }")
    page.get_by_role("button", name="Print", exact=True).click()
    page.wait_for_function("() => window.printed !== undefined")
    assert "COPY" not in page.evaluate("window.printed").upper()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.get_by_text("Copy", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_text("Copy", exact=True)).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.get_by_text("Copy", exact=True)).to_be_visible()


def test_a_station_hears_of_what_it_has_to_make_alone(visit: Visit, cast: Cast):
    soup, stew, _ = cast.items()
    board_settings.assign(cast.restaurant, {soup.id: "Cold", stew.id: "Grill"}, by=cast.vendor)
    grill = loud(visit(cast.vendor, "/vendor/?station=Grill"))
    place(cast, lines=[Line(soup.id, 1)])
    mine = place(cast, lines=[Line(stew.id, 1)]).order
    expect(grill.locator(f"#order-{mine.number}")).to_be_visible()
    expect(grill.locator(".pl-ticket")).to_have_count(1)
    expect(grill.locator("html")).to_have_attribute("data-ringing", "true")


def test_a_new_card_among_two_hundred_moves_nothing_by_surprise(visit: Visit, cast: Cast):
    for _ in range(200):
        place(cast)
    board = visit(cast.vendor, "/vendor/")
    board.set_viewport_size({"width": 1180, "height": 820})
    is_live(board)
    board.evaluate(SHIFTS)
    expect(board.locator("[data-column=new] .pl-ticket")).to_have_count(200)
    new = place(cast).order
    expect(board.locator(f"#order-{new.number}")).to_have_attribute("data-state", "placed")
    expect(board.locator("[data-count=new]").last).to_have_text("201")
    assert board.evaluate("window.shifted") == []
