"""The bell: a running AudioContext and a source that was started, until somebody reacts, in whatever window."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, is_live
from tests.cast import Cast
from tests.factories import place


def sound(page: Page, state: str) -> None:
    expect(page.locator("html")).to_have_attribute("data-sound", state)


def rings(page: Page, wanted: str) -> None:
    expect(page.locator("html")).to_have_attribute("data-ringing", wanted)


def test_it_asks_for_one_tap_and_then_rings_for_a_new_order(visit: Visit, cast: Cast):
    board = is_live(visit(cast.vendor, "/vendor/"))
    sound(board, "blocked")
    board.get_by_role("button", name="Turn sound on").click()
    sound(board, "on")
    expect(board.locator("#sound-bar")).to_have_count(0)
    board.evaluate("window.started = []")
    place(cast)
    rings(board, "true")
    assert board.evaluate("window.started") == [{"state": "running", "looped": True}]


def test_it_rings_again_at_once_for_a_second_order(visit: Visit, cast: Cast):
    board = is_live(visit(cast.vendor, "/vendor/"))
    board.get_by_role("button", name="Turn sound on").click()
    sound(board, "on")
    place(cast)
    rings(board, "true")
    before = len(board.evaluate("window.started"))
    second = place(cast).order
    expect(board.locator(f"#order-{second.number}")).to_be_visible()
    assert len(board.evaluate("window.started")) == before + 1


def test_it_rings_for_what_was_waiting_once_it_may(visit: Visit, cast: Cast):
    place(cast)
    board = is_live(visit(cast.vendor, "/vendor/"))
    rings(board, "true")
    assert board.evaluate("window.started") == []
    board.locator("h2").first.click()
    sound(board, "on")
    assert {"state": "running", "looped": True} in board.evaluate("window.started")


def test_it_stops_when_the_last_new_order_was_taken_in_another_window(visit: Visit, cast: Cast):
    first, second = place(cast).order, place(cast).order
    board = is_live(visit(cast.vendor, "/vendor/"))
    colleague = is_live(visit(cast.colleague, "/vendor/"))
    rings(board, "true")
    colleague.locator(f"#order-{first.number} [data-key=a]").click()
    expect(board.locator(f"#order-{first.number}")).to_have_attribute("data-state", "accepted")
    rings(board, "true")
    colleague.locator(f"#order-{second.number} [data-key=a]").click()
    rings(board, "false")
    rings(colleague, "false")
