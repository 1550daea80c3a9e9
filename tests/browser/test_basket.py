"""The menu in a browser: the basket in sight, kept over a reload, and one order however often the button is pressed."""

import pytest
from playwright.sync_api import Page, expect

from app.extensions import atomic, db
from app.models import Order
from tests.browser.conftest import Visit
from tests.cast import PASSWORD, Cast


def dish(page: Page, name: str):
    return page.locator("[data-dish]", has_text=name)


def fill(page: Page) -> None:
    """Two soups and a stew."""
    for name, times in (("soup", 2), ("stew", 1)):
        for _ in range(times):
            dish(page, name).locator("[data-more]").click()


def orders_placed() -> int:
    db.session.rollback()
    return db.session.query(Order).count()


def test_it_counts_and_adds_up(visit: Visit, cast: Cast):
    page = visit(cast.customer, "/r/first")
    fill(page)
    expect(page.locator(".pl-total [data-basket-total]")).to_have_text("€21.50")
    dish(page, "soup").locator("[data-less]").click()
    expect(page.locator(".pl-total [data-basket-total]")).to_have_text("€17.00")
    expect(page.locator("[data-basket-lines] .pl-line")).to_have_count(2)
    dish(page, "soup").locator("[data-less]").click()
    expect(page.locator("[data-basket-lines] .pl-line")).to_have_text(["1×The First Table stew€12.50"])


def test_the_way_to_the_basket_goes_where_the_basket_is_in_sight(visit: Visit, cast: Cast):
    page = visit(cast.customer, "/r/first")
    page.set_viewport_size({"width": 390, "height": 500})
    bar = page.get_by_role("link", name="See basket")
    expect(bar).to_have_count(0)
    fill(page)
    # To press a button, the page was scrolled as far as the driver liked, perhaps to the basket.
    page.evaluate("scrollTo(0, 0)")
    expect(bar).to_contain_text("3 items")
    bar.click()
    expect(page.locator("#checkout")).to_be_in_viewport()
    expect(bar).to_have_count(0)


def test_the_total_is_in_the_currency_of_the_restaurant(visit: Visit, cast: Cast):
    page = visit(cast.customer, "/r/second")
    fill(page)
    expect(page.locator(".pl-total [data-basket-total]")).to_have_text("¥2,150")


def test_it_survives_a_reload_and_is_empty_after_the_order(visit: Visit, cast: Cast):
    page = visit(cast.customer, "/r/first")
    fill(page)
    page.reload()
    expect(page.locator(".pl-total [data-basket-total]")).to_have_text("€21.50")
    page.locator("[data-place-order]").click()
    page.wait_for_url("**/orders/*")
    page.goto(page.url.split("/orders/")[0] + "/r/first")
    expect(page.locator("[data-basket-empty]")).to_be_visible()


def test_it_survives_an_order_that_was_refused(visit: Visit, cast: Cast):
    page = visit(cast.customer, "/r/first")
    fill(page)
    with atomic():
        cast.restaurant.mode = "paused"
    page.locator("[data-place-order]").click()
    expect(page.get_by_text("No orders right now", exact=True)).to_be_visible()
    with atomic():
        cast.restaurant.mode = "normal"
    again = visit(cast.customer, "/r/first", beside=page)
    expect(again.locator(".pl-total [data-basket-total]")).to_have_text("€21.50")


def test_it_survives_the_window_and_says_what_has_changed(visit: Visit, cast: Cast):
    page = visit(cast.customer, "/r/first")
    fill(page)
    with atomic():
        soup, stew, _ = cast.items()
        soup.price_minor, stew.available = 500, False
    again = visit(cast.customer, "/r/first", beside=page)
    expect(again.locator(".pl-total [data-basket-total]")).to_have_text("€10.00")
    expect(again.locator("[data-basket-changed]")).to_contain_text("The First Table soup costs €5.00 now")
    expect(again.locator("[data-basket-changed]")).to_contain_text("The First Table stew is not to be had now")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_refusal_opens_where_it_can_be_mended(visit: Visit, cast: Cast, scripts: bool):
    page = visit(cast.customer, "/r/first", java_script_enabled=scripts, viewport={"width": 390, "height": 700})
    if scripts:
        fill(page)
    else:
        page.locator(f"[name=quantity-{cast.items()[0].id}]").fill("2")
    page.get_by_role("radio", name="Delivery").check(force=True)
    page.locator("[data-place-order]").click()
    faults = page.locator("#checkout #faults")
    expect(faults).to_contain_text("Delivery address: Where to?")
    expect(faults).to_be_focused()
    expect(faults).to_be_in_viewport()
    faults.get_by_role("link", name="Delivery address").click()
    expect(page.get_by_label("Delivery address")).to_be_in_viewport()


def test_without_scripts_the_total_opens_at_the_basket(visit: Visit, cast: Cast):
    page = visit(cast.customer, "/r/first", java_script_enabled=False, viewport={"width": 390, "height": 700})
    page.locator(f"[name=quantity-{cast.items()[0].id}]").fill("2")
    page.get_by_role("button", name="Work out the total").click()
    expect(page.locator("[data-basket-sum]")).to_contain_text("€9.00")
    expect(page.locator("[data-basket-sum]")).to_be_in_viewport()


def test_a_double_click_is_one_order(visit: Visit, cast: Cast):
    page = visit(cast.customer, "/r/first")
    fill(page)
    page.locator("[data-place-order]").dblclick()
    page.wait_for_url("**/orders/*")
    assert orders_placed() == 1


def test_a_visitor_logs_in_with_the_basket_in_hand(visit: Visit, cast: Cast):
    page = visit(None, "/r/first")
    fill(page)
    page.get_by_label("With my account").check()
    page.get_by_label("E-mail").fill("customer@example.com")
    page.get_by_label("Password").fill("not this")
    page.locator("[data-place-order]").click()
    expect(page.locator("[role=alert]")).to_contain_text("E-mail or password is wrong.")
    expect(page.locator(".pl-total [data-basket-total]")).to_have_text("€21.50")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("[data-place-order]").click()
    page.wait_for_url("**/orders/*")
    assert orders_placed() == 1


def test_what_a_choice_needs_is_asked_for_and_nothing_else(visit: Visit, cast: Cast):
    page = visit(cast.customer, "/r/first")
    expect(page.get_by_label("Delivery address")).to_be_hidden()
    page.get_by_role("radio", name="Delivery").check()
    expect(page.get_by_label("Delivery address")).to_be_visible()
    expect(page.get_by_label("Time", exact=True)).to_be_hidden()
    page.get_by_role("radio", name="At a set time").check()
    expect(page.get_by_label("Time", exact=True)).to_be_visible()


def test_the_link_that_is_shown_once_can_be_copied(visit: Visit, cast: Cast):
    page = visit(cast.customer, "/r/first", permissions=["clipboard-read", "clipboard-write"])
    fill(page)
    page.locator("[data-place-order]").click()
    link = page.locator("[data-copy-source]").input_value()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link
