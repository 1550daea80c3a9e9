"""A page that cannot be sure says so, offers no stale button, and is whole again by itself when it can be."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from app.domain import access, orders
from app.extensions import db
from app.models import Order
from tests.browser.conftest import Visit, is_live
from tests.browser.site import Site
from tests.cast import Cast
from tests.factories import place
from tests.gateway.standstill import freeze, thaw

STALE_AFTER = 10
# Ten seconds without a beat, of which one may just have come, and a look at the clock.
SAID_WITHIN = 12.5


@pytest.fixture
def frozen(site: Site) -> Iterator[None]:
    """Lets a gateway that the test has stopped go on."""
    yield
    thaw(site.gateway)


def state(page: Page, wanted: str, within: float = 20) -> None:
    expect(page.locator("body")).to_have_attribute("data-live", wanted, timeout=within * 1000)


def status_of(order: Order) -> str:
    db.session.rollback()
    db.session.refresh(order)
    return order.status


def test_it_says_that_it_is_stale_and_its_buttons_ask_for_a_reload(visit: Visit, cast: Cast, site: Site, frozen: None):
    order = place(cast).order
    board = is_live(visit(cast.vendor, "/vendor/"))
    board.evaluate("window.marker = true")
    stopped = time.monotonic()
    freeze(site.gateway)
    state(board, "stale", SAID_WITHIN)
    assert STALE_AFTER - 4 < time.monotonic() - stopped < SAID_WITHIN
    expect(board.locator("#live-line")).to_contain_text("Not up to date since")
    board.locator(f"#order-{order.number} [data-key=a]").click()
    expect(board.locator("dialog[open]")).to_contain_text("Nothing was done")
    assert status_of(order) == "placed"
    board.keyboard.press("Escape")

    orders.accept(order, by=cast.colleague)
    thaw(site.gateway)
    expect(board.locator(f"#order-{order.number}")).to_have_attribute("data-state", "accepted")
    state(board, "live")
    expect(board.locator("#live-line")).to_have_text("Live")
    assert board.evaluate("window.marker") is True


# What a browser does when a tab is shown again; what the page says before any of its timers has gone off.
LOOK_AT_IT = """() => {
  document.dispatchEvent(new Event("visibilitychange"));
  return document.body.dataset.live;
}"""


def test_it_says_so_at_once_when_it_is_looked_at_again(visit: Visit, cast: Cast, site: Site, frozen: None):
    """Trap: browsers slow the timers of hidden tabs. Here they stand still, and only the clock goes on."""
    order = place(cast).order
    board = visit(cast.vendor, "/vendor/")
    board.clock.install()
    board.reload()
    is_live(board)
    asleep_since = time.time() + 2
    board.clock.pause_at(asleep_since)
    freeze(site.gateway)
    board.clock.set_system_time(asleep_since + STALE_AFTER + 1)
    state(board, "live")
    assert board.evaluate(LOOK_AT_IT) == "stale"
    orders.accept(order, by=cast.colleague)
    thaw(site.gateway)
    board.clock.resume()
    expect(board.locator(f"#order-{order.number}")).to_have_attribute("data-state", "accepted")
    state(board, "live")


def test_it_catches_up_after_the_gateway_was_killed(visit: Visit, cast: Cast, site: Site):
    board = is_live(visit(cast.vendor, "/vendor/"))
    board.evaluate("window.marker = true")
    site.gateway.kill()
    try:
        state(board, "reconnecting")
        missed = place(cast).order
    finally:
        site.gateway.start()
    expect(board.locator(f"#order-{missed.number}")).to_be_visible()
    state(board, "live")
    assert board.evaluate("window.marker") is True
    assert board.evaluate("window.heard").count("OrderReceived") == 1


# Before the page's modules run: its place is in a log of which nobody knows.
OF_ANOTHER_LIFE = """
document.addEventListener("readystatechange", () => {
  const position = document.querySelector("meta[name=passline-position]");
  if (position) position.content = position.content.replace(/^[^-]+/, "abcdabcdabcd");
}, { once: true });
"""


def test_it_reloads_when_it_cannot_catch_up_and_does_not_go_round_in_circles(visit: Visit, cast: Cast, site: Site):
    board = visit(None, "/login")
    board.context.add_cookies(visit(cast.vendor, "/vendor/").context.cookies())
    board.add_init_script(OF_ANOTHER_LIFE)
    loads: list[Page] = []
    board.on("domcontentloaded", lambda page: loads.append(page))
    board.goto(f"{site.http}/vendor/")
    expect(board.locator("#live-line")).to_contain_text("has missed something")
    assert len(loads) == 4


def test_it_throws_nothing_away_that_is_half_typed(visit: Visit, cast: Cast, site: Site):
    order = place(cast).order
    board = visit(cast.vendor, "/vendor/")
    is_live(board).evaluate("window.marker = true")
    board.locator(f"#order-{order.number} summary").click()
    board.locator(f"#order-{order.number} [name=note]").fill("We are out of")
    # The log of this page's life is gone.
    site.gateway.kill()
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.exec_driver_sql("update log_head set epoch = 'feedfeedfeed'")
    site.gateway.start()
    expect(board.locator("#live-line")).to_contain_text("has missed something")
    assert board.evaluate("window.marker") is True
    expect(board.locator(f"#order-{order.number} [name=note]")).to_have_value("We are out of")


def test_it_says_log_in_again_when_the_session_has_ended(visit: Visit, cast: Cast):
    board = is_live(visit(cast.vendor, "/vendor/"))
    access.end_all(cast.vendor, reason="logged_out_everywhere")
    state(board, "refused")
    expect(board.get_by_role("link", name="Log in again")).to_have_attribute("href", "/login?next=%2Fvendor%2F")


def test_a_part_that_cannot_be_fetched_makes_the_page_stale_until_it_can(visit: Visit, cast: Cast):
    order = place(cast).order
    board = is_live(visit(cast.vendor, "/vendor/"))
    board.route("**/card", lambda route: route.fulfill(status=503, body="away"))
    orders.accept(order, by=cast.colleague)
    state(board, "behind")
    state(board, "stale", SAID_WITHIN)
    board.unroute("**/card")
    expect(board.locator(f"#order-{order.number}")).to_have_attribute("data-state", "accepted")
    state(board, "live")
