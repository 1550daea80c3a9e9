"""Everything works by forms and reloads where scripts do not run."""

from playwright.sync_api import expect

from app.domain import orders
from tests.browser.conftest import Visit
from tests.cast import Cast
from tests.factories import place


def test_an_order_goes_from_the_menu_to_the_counter(visit: Visit, cast: Cast):
    customer = visit(cast.customer, "/r/first", java_script_enabled=False)
    soup, _, _ = cast.items()
    customer.locator(f"[name=quantity-{soup.id}]").fill("2")
    customer.locator("[data-place-order]").click()
    status = customer.locator(".pl-order-now .pl-state")
    expect(status).to_have_attribute("data-state", "placed")

    board = visit(cast.vendor, "/vendor/", java_script_enabled=False)
    column = board.locator("[data-column]:has(.pl-ticket)")
    for button, state, wanted in [
        ("20", "accepted", "kitchen"),
        ("Start", "preparing", "kitchen"),
        ("Ready", "ready_for_pickup", "ready"),
        ("Recall", "preparing", "kitchen"),
        ("Ready", "ready_for_pickup", "ready"),
    ]:
        board.locator(".pl-ticket").get_by_role("button", name=button).click()
        expect(column).to_have_attribute("data-column", wanted)
        customer.reload()
        expect(status).to_have_attribute("data-state", state)
    board.get_by_role("button", name="Hand over").click()
    expect(board.locator(".pl-ticket")).to_have_count(0)
    customer.reload()
    expect(status).to_have_attribute("data-state", "collected")


def test_a_vendor_declines_and_is_told_when_somebody_was_faster(visit: Visit, cast: Cast):
    order = place(cast).order
    board = visit(cast.vendor, "/vendor/", java_script_enabled=False)
    orders.accept(order, by=cast.colleague)
    board.locator("summary", has_text="decline").click()
    board.locator("[name=reason_code]").select_option("sold_out")
    board.get_by_role("button", name="Decline").click()
    expect(board.locator("[role=alert]")).to_contain_text("Colleague Person was faster")
    expect(board.locator(f"#order-{order.number}")).to_have_attribute("data-state", "accepted")


def test_an_admin_finds_an_order_and_cancels_it(visit: Visit, cast: Cast):
    order = place(cast).order
    place(cast, customer=cast.other_customer)
    page = visit(cast.admin, "/admin/orders", java_script_enabled=False)
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("main").get_by_label("Search").fill(order.number)
    page.get_by_role("button", name="Show").click()
    page.locator("tbody tr a").click()
    page.locator("summary", has_text="Decline the order").click()
    page.locator("details[open] [name=reason_code]").select_option("duplicate")
    page.locator("details[open] button").click()
    expect(page.locator(".pl-sheet .pl-state").first).to_have_attribute("data-state", "cancelled")
