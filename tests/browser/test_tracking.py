"""A link from a message: no log-in, live, and nothing personal."""

from playwright.sync_api import expect

from app.domain import orders, tracking
from tests.browser.conftest import Visit, is_live
from tests.cast import Cast
from tests.factories import place


def test_it_follows_the_order_by_its_link(visit: Visit, cast: Cast):
    placed = place(cast)
    page = is_live(visit(None, f"/t/{placed.tracking_token}"))
    page.evaluate("window.marker = true")
    orders.accept(placed.order, by=cast.vendor)
    expect(page.locator(".pl-order-now .pl-state")).to_have_attribute("data-state", "accepted")
    assert page.evaluate("window.marker") is True
    assert page.evaluate("window.heard") == ["OrderStatusChanged"]
    expect(page.locator("body")).not_to_contain_text(cast.customer.name)


def test_it_ends_when_the_link_is_withdrawn(visit: Visit, cast: Cast):
    placed = place(cast)
    page = is_live(visit(None, f"/t/{placed.tracking_token}"))
    tracking.withdraw_links(placed.order, by=cast.customer)
    expect(page.locator("body")).to_have_attribute("data-live", "refused")
    expect(page.locator("#live-line a")).to_have_count(0)
