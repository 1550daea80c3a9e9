"""One order from the menu to the counter, with everybody watching: nobody reloads, and nobody sees too much."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, is_live
from tests.cast import PASSWORD, Cast
from tests.factories import place


def log_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(lambda url: "/login" not in url)


def order_soup_and_stew(page: Page, cast: Cast) -> str:
    """Place the order on the menu's page; answers its number."""
    soup, stew, _ = cast.items()
    for dish in (soup, soup, stew):
        page.locator(f"[data-dish='{dish.id}'] [data-more]").click()
    page.locator("[data-place-order]").click()
    page.wait_for_url("**/orders/*")
    return page.url.rpartition("/")[2].partition("?")[0]


def test_it_follows_one_order_from_the_menu_to_the_counter(visit: Visit, cast: Cast):
    customer, vendor, admin = (visit(None, "/login") for _ in range(3))
    log_in(customer, cast.customer.email)
    log_in(vendor, cast.vendor.email)
    log_in(admin, cast.admin.email)
    admin.goto(admin.url.replace("/admin/", "/admin/orders"))
    second_window = visit(None, "/vendor/", beside=vendor)
    other_kitchen = visit(cast.other_vendor, "/vendor/")
    staff = (vendor, second_window, admin, other_kitchen)
    for page in staff:
        is_live(page).evaluate("window.marker = true")

    customer.goto(customer.url.replace("/orders/", "/r/first"))
    number = order_soup_and_stew(customer, cast)
    is_live(customer).evaluate("window.marker = true")
    status = customer.locator(".pl-order-now .pl-state")
    expect(status).to_have_attribute("data-state", "placed")

    card = vendor.locator(f"#order-{number}")
    beside = second_window.locator(f"#order-{number}")
    row = admin.locator(f"tr[data-order-number='{number}']")
    for window in (card, beside):
        expect(window.locator("xpath=..")).to_have_attribute("data-column", "new")
    expect(vendor.locator(".pl-toast")).to_contain_text("The First Table soup")
    expect(row).to_have_attribute("data-state", "placed")

    steps = [
        ("15", "accepted", "kitchen"),
        ("Start", "preparing", "kitchen"),
        ("Ready", "ready_for_pickup", "ready"),
        ("Hand over", "collected", None),
    ]
    for button, state, column in steps:
        card.get_by_role("button", name=button).click()
        expect(status).to_have_attribute("data-state", state)
        expect(row).to_have_attribute("data-state", state)
        for window in (card, beside):
            if column:
                expect(window).to_have_attribute("data-state", state)
                expect(window.locator("xpath=..")).to_have_attribute("data-column", column)
            else:
                expect(window).to_have_count(0)

    for page in (customer, *staff):
        assert page.evaluate("window.marker") is True, "the page was loaded anew"
    assert other_kitchen.evaluate("window.heard") == []
    expect(other_kitchen.locator(".pl-ticket")).to_have_count(0)


def test_an_admin_walks_an_edge_with_a_reason(visit: Visit, cast: Cast):
    order = place(cast).order
    customer = is_live(visit(cast.customer, f"/orders/{order.number}"))
    vendor = is_live(visit(cast.vendor, "/vendor/"))
    admin = is_live(visit(cast.admin, f"/admin/orders/{order.number}"))
    admin.locator("summary", has_text="Decline the order").click()
    admin.locator("details[open] select[name=reason_code]").select_option("duplicate")
    admin.locator("details[open] textarea").fill("They rang us.")
    admin.locator("details[open] button").click()
    expect(customer.locator(".pl-order-now .pl-state")).to_have_attribute("data-state", "cancelled")
    expect(admin.locator(".pl-step-now")).to_contain_text("Ordered twice")
    expect(admin.locator(".pl-step-now")).to_contain_text("They rang us.")
    expect(vendor.locator(f"#order-{order.number}")).to_have_count(0)
    expect(vendor.locator(".pl-toast")).to_contain_text("was cancelled")
