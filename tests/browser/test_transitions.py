"""An admin decides about a transition, and the screens that are open show it at once: no reload, no stale button."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit, is_live
from tests.cast import Cast
from tests.factories import order_in


def test_a_kitchen_loses_a_button_while_it_looks_and_gets_it_back(visit: Visit, cast: Cast):
    order = order_in(cast, "preparing")
    board = is_live(visit(cast.vendor, "/vendor/"))
    other_board = is_live(visit(cast.other_vendor, "/vendor/"))
    card = board.locator(f"#order-{order.number}")
    expect(card.get_by_text("Cannot make it")).to_be_visible()

    admin = is_live(visit(cast.admin, "/admin/transitions?restaurant=first"))
    colleague = is_live(visit(cast.admin, "/admin/transitions?restaurant=first"))
    # By the drawing: its edge is a link.
    admin.get_by_role("link", name="Preparing to cancelled: vendor, admin").first.click()
    admin.get_by_label("The restaurant's staff").first.uncheck()
    admin.get_by_role("button", name="See what it would do").click()
    expect(admin.get_by_role("listitem").first).to_have_text(
        "The vendor could no longer cancel an order that is preparing."
    )
    expect(admin.get_by_text("1 open order is touched at once.")).to_be_visible()
    expect(card.get_by_text("Cannot make it")).to_be_visible()
    admin.get_by_role("button", name="Do it").click()

    expect(card.get_by_text("Cannot make it")).to_have_count(0)
    expect(card.get_by_role("button", name="Ready")).to_be_visible()
    # Another admin's drawing follows; another kitchen is not told.
    expect(colleague.locator("svg .pl-graph-here")).to_have_count(1)
    assert "PolicyChanged" not in other_board.evaluate("window.heard")

    admin.goto(admin.url.replace("/transitions", "/transitions/preparing/cancelled", 1))
    admin.get_by_role("button", name="Back to that of all").click()
    admin.get_by_role("button", name="Do it").click()
    expect(card.get_by_text("Cannot make it")).to_be_visible()
    expect(colleague.locator("svg .pl-graph-here")).to_have_count(0)


def test_everything_is_decided_without_javascript(visit: Visit, cast: Cast):
    page = visit(cast.admin, "/admin/transitions", java_script_enabled=False)
    page.get_by_label("For", exact=True).select_option("first")
    page.get_by_role("button", name="Show").click()
    page.get_by_label("To accept an order").fill("12")
    page.locator("#deadlines").get_by_role("button", name="See what it would do").click()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("status")).to_contain_text("Changed for The First Table")
    page.get_by_label("One more reason").fill("The oven is broken")
    page.locator("#reasons").get_by_role("button", name="See what it would do").click()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_label("Words of the_oven_is_broken")).to_have_value("The oven is broken")
    expect(page.get_by_label("To accept an order")).to_have_value("12")
