"""The status page follows its order, says so, and lets it be called off without a reload."""

from playwright.sync_api import expect

from app.domain import orders
from tests.browser.conftest import Visit, is_live
from tests.cast import Cast
from tests.factories import order_in, place


def test_a_change_is_said_and_stands_in_the_title(visit: Visit, cast: Cast):
    order = place(cast).order
    page = is_live(visit(cast.customer, f"/orders/{order.number}"))
    orders.accept(order, by=cast.vendor)
    expect(page.locator("#toasts")).to_contain_text("The kitchen has accepted it")
    expect(page).to_have_title(f"The kitchen has accepted it · {order.number} · Passline")


def test_only_the_latest_news_of_an_order_is_shown(visit: Visit, cast: Cast):
    order = place(cast).order
    page = is_live(visit(cast.customer, f"/orders/{order.number}"))
    orders.accept(order, by=cast.vendor)
    expect(page.locator(".pl-toast-title")).to_have_text(["The kitchen has accepted it"])
    orders.start(order, by=cast.vendor)
    expect(page.locator(".pl-toast-title")).to_have_text(["Being prepared"])


def test_what_the_customer_is_writing_survives_a_change(visit: Visit, cast: Cast):
    order = order_in(cast, "accepted")
    page = is_live(visit(cast.customer, f"/orders/{order.number}"))
    page.locator("summary", has_text="Ask to cancel").click()
    page.locator("#cancel-note").fill("We have to leave")
    orders.start(order, by=cast.vendor)
    expect(page.locator(".pl-order")).to_have_attribute("data-state", "preparing")
    expect(page.locator("#cancel-note")).to_have_value("We have to leave")


def test_asking_to_cancel_is_shown_without_a_reload(visit: Visit, cast: Cast):
    order = order_in(cast, "preparing")
    page = is_live(visit(cast.customer, f"/orders/{order.number}"))
    page.evaluate("window.marker = true")
    page.locator("summary", has_text="Ask to cancel").click()
    page.get_by_role("button", name="Ask the kitchen").click()
    expect(page.locator(".pl-order-now .pl-notice")).to_contain_text("They have not answered yet")
    assert page.evaluate("window.marker") is True


def test_cancelling_is_shown_without_a_reload_in_both_windows(visit: Visit, cast: Cast):
    order = place(cast).order
    page = is_live(visit(cast.customer, f"/orders/{order.number}"))
    home = is_live(visit(cast.customer, "/orders/", beside=page))
    expect(home.locator(".pl-live-order")).to_have_count(1)
    page.locator("summary", has_text="Cancel this order").click()
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.locator(".pl-order")).to_have_attribute("data-state", "cancelled")
    expect(page.locator("#order-title")).to_be_focused()
    expect(page.locator(".pl-toast")).to_have_count(0)
    expect(home.locator(".pl-past-order")).to_have_count(1)
    expect(home.locator(".pl-live-order")).to_have_count(0)
