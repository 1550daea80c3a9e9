"""The account's menu goes as it came: by its button, by Escape, or by a press anywhere else."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.cast import Cast


def test_it_closes_by_escape_and_by_a_press_elsewhere(visit: Visit, cast: Cast):
    page = visit(cast.customer, "/r/")
    button, menu = page.locator(".pl-menu > summary"), page.get_by_role("button", name="Log out", exact=True)
    button.click()
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    page.locator(".pl-menu-head").click()
    expect(menu).to_be_visible()
    page.locator("h1").click()
    expect(menu).to_be_hidden()
