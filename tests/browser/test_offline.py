"""The status page without a connection: it says so, with what was known last as old news."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.cast import Cast
from tests.factories import place

# A predicate that is awaited: what waits for a function takes a promise for a yes.
KEPT = """(async () => {
  while (!(await caches.match("/orders/offline"))) await new Promise((look) => setTimeout(look, 100));
})()"""


def test_without_a_connection_no_status_looks_fresh(visit: Visit, cast: Cast):
    order = place(cast).order
    page = visit(cast.customer, f"/orders/{order.number}")
    page.evaluate("navigator.serviceWorker.ready")
    page.evaluate(KEPT)
    page.wait_for_function("navigator.serviceWorker.controller")
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    expect(page.locator("[data-last-known]")).to_contain_text("Sent to the kitchen")
    expect(page.locator("[data-last-known]")).to_contain_text("Old news, from")
    expect(page.locator(".pl-order")).to_have_count(0)


def test_whoever_allows_it_may_be_told(visit: Visit, cast: Cast):
    order = place(cast).order
    page = visit(cast.customer, f"/orders/{order.number}", permissions=["notifications"])
    expect(page.locator(".pl-order")).to_be_visible()
    expect(page.locator("[data-notify]")).to_be_hidden()
