"""The palette, the ticked rows and the CSV as a person at the desk uses them."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.cast import Cast
from tests.factories import place


def test_it_is_opened_typed_into_and_gone_from_by_keys_alone(visit: Visit, cast: Cast):
    order = place(cast).order
    page = visit(cast.admin, "/admin/jobs")
    palette, box = page.locator("dialog.pl-palette"), page.get_by_role("combobox")
    page.keyboard.press("/")
    expect(box).to_be_focused()
    expect(palette.get_by_role("option").first).to_have_text("Dashboard")
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("pers")
    options = palette.get_by_role("option")
    expect(options.filter(has_text=order.number)).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "hit-1")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "hit-2")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin/orders/{order.number}")


def test_a_slash_in_a_field_is_a_slash(visit: Visit, cast: Cast):
    page = visit(cast.admin, "/admin/orders")
    page.locator("main [name=q]").fill("a")
    page.locator("main [name=q]").press("/")
    expect(page.locator("main [name=q]")).to_have_value("a/")
    expect(page.locator("dialog.pl-palette")).to_be_hidden()


def test_ticked_orders_are_looked_at_and_taken(visit: Visit, cast: Cast):
    for _ in range(2):
        place(cast)
    page = visit(cast.admin, "/admin/orders")
    page.get_by_label("All on this page").check()
    expect(page.locator("[data-bulk-count]")).to_have_text("2 ticked")
    page.get_by_label("Step for the ticked orders").select_option("accepted")
    page.get_by_role("button", name="Look at it first").click()
    page.get_by_role("button", name="Take 2 orders there").click()
    expect(page.locator(".pl-bulk-lines [data-outcome=moves]")).to_have_count(2)


def test_the_csv_says_how_many_orders_came(visit: Visit, cast: Cast):
    for _ in range(3):
        place(cast)
    page = visit(cast.admin, "/admin/orders")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    expect(page.get_by_text("3 orders saved.")).to_be_visible()
    assert download.value.suggested_filename.startswith("orders-")
