"""The board under many cards and quick fingers: it is one screen high, and nothing slides under a second tap."""

import re

import pytest
from playwright.sync_api import expect

from app.domain import capacity, orders
from tests.browser.conftest import Visit, is_live
from tests.cast import Cast
from tests.factories import order_in, place

# What a finger meets that stays where it is, at the very moment at which the column under it changes.
_SECOND_TAP = """([column, x, y]) => {
  window.met = new Promise((met) => {
    const changed = new MutationObserver(() => {
      changed.disconnect();
      met(Boolean(document.elementFromPoint(x, y).closest(".btn")));
    });
    changed.observe(document.querySelector(`[data-column=${column}]`), { childList: true });
  });
}"""
_BUTTON_THERE = "([x, y]) => document.elementFromPoint(x, y).closest('.btn') !== null"


def test_a_full_board_is_as_high_as_its_window(visit: Visit, cast: Cast):
    for _ in range(4):
        order_in(cast, "accepted")
        place(cast)
    board = is_live(visit(cast.vendor, "/vendor/"))
    board.set_viewport_size({"width": 820, "height": 700})
    heights = "document.documentElement.scrollHeight + ' ' + document.documentElement.clientHeight"
    assert board.evaluate(heights) == "700 700"
    column = board.locator("[data-column=new]")
    assert column.evaluate("column => column.scrollHeight > column.clientHeight")


@pytest.mark.parametrize(
    ("state", "key", "column", "other"),
    [("placed", "a", "new", "kitchen"), ("ready_for_pickup", "b", "ready", "kitchen")],
)
def test_a_second_tap_does_not_press_the_card_that_moved_up(
    visit: Visit, cast: Cast, state: str, key: str, column: str, other: str
):
    first, second = order_in(cast, state), order_in(cast, state)
    board = is_live(visit(cast.vendor, "/vendor/"))
    # The bar that asks for it would go with the first tap, and everything move up.
    board.get_by_role("button", name="Turn sound on").click()
    board.locator("#sound-bar").wait_for(state="detached")
    button = board.locator(f"#order-{first.number} [data-key={key}]")
    box = button.bounding_box()
    finger = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    board.evaluate(_SECOND_TAP, [column, *finger])
    button.click()
    assert board.evaluate("window.met") is False
    board.wait_for_function(_BUTTON_THERE, arg=finger)
    board.mouse.click(*finger)
    board.locator(f"[data-column={other}] #order-{second.number}").wait_for()


def test_a_new_order_below_the_fold_is_counted_and_led_to(visit: Visit, cast: Cast):
    place(cast)
    board = visit(cast.vendor, "/vendor/")
    board.set_viewport_size({"width": 820, "height": 560})
    is_live(board)
    hidden = place(cast).order
    card = board.locator(f"#order-{hidden.number}")
    expect(board.get_by_role("button", name="1 below")).to_be_visible()
    expect(card).not_to_be_in_viewport()
    board.locator(".pl-toast a").click()
    expect(card).to_be_in_viewport()
    expect(board.locator(".pl-toast")).to_have_count(0)
    expect(board.get_by_role("button", name="1 below")).to_have_count(0)


def test_it_says_that_the_kitchen_is_full_as_soon_as_it_is(visit: Visit, cast: Cast):
    board = is_live(visit(cast.vendor, "/vendor/"))
    capacity.change(cast.restaurant, 15, 5, by=cast.vendor)
    board.wait_for_function("heard.includes('RestaurantChanged')")
    expect(board.locator(".pl-full[data-fragment-lists]")).to_be_empty()
    order = place(cast).order
    expect(board.locator(".pl-full")).to_have_text(re.compile(r"Full until \d\d:\d\d"))
    orders.cancel(order, by=cast.vendor, reason_code="too_busy")
    expect(board.locator(".pl-full")).to_be_empty()
