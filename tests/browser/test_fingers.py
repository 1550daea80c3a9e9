"""What somebody holds, types or looks at is not taken away by what comes in meanwhile."""

from playwright.sync_api import expect

from app.domain import orders
from app.extensions import db
from app.models import Receipt
from tests.browser.conftest import Visit, is_live, settled
from tests.browser.site import Site
from tests.cast import Cast
from tests.factories import order_in, place
from tests.gateway.standstill import freeze, thaw


def test_what_was_typed_and_opened_survives_a_fresh_card(visit: Visit, cast: Cast):
    order = order_in(cast, "accepted")
    board = is_live(visit(cast.vendor, "/vendor/"))
    card = board.locator(f"#order-{order.number}")
    card.locator("summary").click()
    card.locator("[name=reason_code]").select_option("sold_out")
    card.locator("[name=note]").fill("No more sou")
    orders.start(order, by=cast.colleague)
    expect(card).to_have_attribute("data-state", "preparing")
    expect(card.locator("[name=note]")).to_be_focused()
    board.keyboard.type("p")
    expect(card.locator("[name=note]")).to_have_value("No more soup")
    card.get_by_role("button", name="Cancel the order").click()
    expect(card).to_have_count(1)
    expect(card).to_contain_text("No more soup")
    card.get_by_role("button", name="We stopped").click()
    expect(card).to_have_count(0)


def test_a_card_does_not_move_while_a_finger_is_on_it(visit: Visit, cast: Cast):
    order = order_in(cast, "accepted")
    board = is_live(visit(cast.vendor, "/vendor/"))
    card = board.locator(f"#order-{order.number}")
    card.locator("h3").hover()
    board.mouse.down()
    with board.expect_response("**/card"):
        orders.mark_ready(order, by=cast.colleague)
    board.evaluate("() => new Promise(requestAnimationFrame)")
    expect(card).to_have_attribute("data-state", "accepted")
    board.mouse.up()
    expect(card).to_have_attribute("data-state", "ready_for_pickup")


def test_who_was_faster_is_named_and_the_card_is_fresh(visit: Visit, cast: Cast, site: Site):
    order = place(cast).order
    board = is_live(visit(cast.vendor, "/vendor/"))
    card = board.locator(f"#order-{order.number}")
    freeze(site.gateway)
    try:
        orders.accept(order, by=cast.colleague)
        card.locator("summary").click()
        card.locator("[name=reason_code]").select_option("closing")
        card.get_by_role("button", name="Decline").click()
        expect(board.locator(".pl-toast")).to_contain_text("Colleague Person was faster")
        expect(card).to_have_attribute("data-state", "accepted")
    finally:
        thaw(site.gateway)


def test_the_board_is_worked_by_keyboard(visit: Visit, cast: Cast):
    order_in(cast, "scheduled")
    first, second = place(cast).order, place(cast).order
    board = is_live(visit(cast.vendor, "/vendor/"))
    board.keyboard.press("j")
    expect(board.locator(f"#order-{first.number}")).to_be_focused()
    board.keyboard.press("ArrowDown")
    expect(board.locator(f"#order-{second.number}")).to_be_focused()
    for key, state in [("a", "accepted"), ("s", "preparing"), ("r", "ready_for_pickup")]:
        settled(board).keyboard.press(key)
        expect(board.locator(f"#order-{second.number}")).to_have_attribute("data-state", state)
        expect(board.locator(f"#order-{second.number}")).to_be_focused()
    settled(board).keyboard.press("h")
    expect(board.locator(f"#order-{second.number}")).to_have_count(0)
    board.keyboard.press("?")
    expect(board.get_by_role("dialog")).to_contain_text("hand over")


def test_the_list_follows_but_moves_nothing_under_a_pointer(visit: Visit, cast: Cast):
    first = place(cast).order
    page = is_live(visit(cast.admin, "/admin/orders"))
    rows = page.locator("tr[data-order-number]")
    second = place(cast).order
    expect(rows.first).to_have_attribute("data-order-number", second.number)
    rows.first.hover()
    place_of_row = rows.first.bounding_box()
    third = place(cast).order
    expect(page.get_by_role("button", name="1 new order")).to_be_visible()
    expect(rows.first).to_have_attribute("data-order-number", second.number)
    assert rows.first.bounding_box() == place_of_row
    orders.accept(first, by=cast.vendor)
    expect(rows.last).to_have_attribute("data-state", "accepted")
    page.get_by_role("button", name="1 new order").click()
    expect(rows.first).to_have_attribute("data-order-number", third.number)


def test_a_row_that_no_longer_belongs_stays_until_the_list_is_drawn_anew(visit: Visit, cast: Cast):
    order = place(cast).order
    page = is_live(visit(cast.admin, "/admin/orders?status=placed"))
    orders.accept(order, by=cast.vendor)
    left = page.locator("tr.pl-row-left")
    expect(left).to_have_attribute("data-order-number", order.number)
    expect(left.locator(".pl-state")).to_have_text("Accepted")


def test_a_tick_that_goes_with_its_row_is_not_counted(visit: Visit, cast: Cast):
    order = place(cast).order
    page = is_live(visit(cast.admin, "/admin/orders"))
    page.get_by_label(f"Tick order {order.number}").check()
    expect(page.locator("[data-bulk-count]")).to_have_text("1 ticked")
    orders.accept(order, by=cast.vendor)
    expect(page.locator("tr[data-order-number]")).to_have_attribute("data-state", "accepted")
    expect(page.get_by_label(f"Tick order {order.number}")).not_to_be_checked()
    expect(page.locator("[data-bulk-count]")).to_have_text("None ticked")


def test_it_says_what_it_has_drawn(visit: Visit, cast: Cast):
    board = is_live(visit(cast.vendor, "/vendor/"))
    order = place(cast).order
    expect(board.locator(f"#order-{order.number}")).to_be_visible()

    def receipts() -> list[Receipt]:
        db.session.rollback()
        return db.session.query(Receipt).filter_by(order_number=order.number).all()

    while not receipts():
        board.wait_for_timeout(50)
    [receipt] = receipts()
    assert (receipt.version, receipt.person_id, receipt.visible) == (1, cast.vendor.id, True)
