"""The kitchen's board with 200 open orders: from an event that reached the page to its card drawn, in Chromium.

Real web and gateway, a real page. The clock begins when the page hands on the event (`passline:event`) and ends in the
frame after the one that holds the card; in between lies the fetch of that card from the server. Beside it what the
server takes for one card and for the whole board, and by how much the layout jumped.
"""

import os
import time
from typing import Any

from playwright.sync_api import Page, sync_playwright

from app.contract.tokens import SESSION_ID
from app.extensions import db
from tests.browser.conftest import ARGUMENTS, is_live, log_in
from tests.browser.site import Site
from tests.cast import Cast, make_cast
from tests.factories import order_in, place, session_of
from tests.services import chromium

from .stage import Stage, stage
from .table import Row, percentile

OPEN = int(os.environ.get("BENCH_OPEN_ORDERS", "200"))
NEW = int(os.environ.get("BENCH_NEW_ORDERS", "30"))
LIMIT_MS = 100.0
# How the open orders are spread, as on a busy evening.
_STATES = ("placed", "accepted", "preparing", "preparing", "ready_for_pickup")

_WATCH = """
window.drawn = {};
window.shifted = 0;
const heard = {};
document.addEventListener("passline:event", ({ detail }) => {
  if (detail.name === "OrderReceived") heard[detail.number] = performance.now();
});
document.addEventListener("passline:fetched", ({ detail: { element } }) => {
  const number = element.dataset.orderNumber;
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const isThere = document.getElementById(`order-${number}`) !== null;
    if (isThere && heard[number]) window.drawn[number] = performance.now() - heard[number];
  }));
});
new PerformanceObserver((list) => {
  // Of cards and columns; what lies over the board (news) may make room for more news.
  for (const { hadRecentInput, value, sources } of list.getEntries()) {
    const isOfBoard = sources.some(({ node }) => node?.matches?.(".pl-ticket, .pl-column, .pl-column-cards"));
    if (!hadRecentInput && isOfBoard) window.shifted += value;
  }
}).observe({ type: "layout-shift" });
"""


def run() -> list[Row]:
    """A row for the cards, one for the layout, one for the server's part."""
    with stage("SQLite") as scene:
        cast = make_cast()
        for n in range(OPEN):
            order_in(cast, _STATES[n % len(_STATES)])
        site = Site(scene.url).start()
        # The cookie is signed here and read there.
        scene.app.config["SECRET_KEY"] = site.web.config.secret_key
        try:
            return [*_drawn(scene, cast, site), _served(scene, cast)]
        finally:
            site.remove()


def _drawn(scene: Stage, cast: Cast, site: Site) -> list[Row]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium()), args=ARGUMENTS.split())
        context = browser.new_context(viewport={"width": 1180, "height": 820})
        context.set_default_timeout(30_000)
        log_in(context, site, scene.app, cast.vendor)
        page = context.new_page()
        page.goto(f"{site.http}/vendor/")
        is_live(page)
        page.evaluate(_WATCH)
        took = [_one(page, cast) for _ in range(NEW)]
        shifted = float(page.evaluate("window.shifted"))
        browser.close()
    middle, slow = percentile(took, 50), percentile(took, 95)
    told = f"median {middle:.0f} ms, 95 %: {slow:.0f} ms, worst {max(took):.0f} ms"
    measure = f"a new card drawn after its event, {OPEN} open orders, {NEW} new ones"
    return [
        Row(measure, "SQLite", told, "Chromium, its fetch within", f"95 % <= {LIMIT_MS:.0f} ms", slow <= LIMIT_MS),
        Row(
            "layout shift of the cards while they came",
            "SQLite",
            f"{shifted:.4f}",
            "toasts over them apart",
            "0",
            shifted == 0,
        ),
    ]


def _one(page: Page, cast: Cast) -> float:
    number = place(cast).order.number
    db.session.rollback()
    page.wait_for_function("number => window.drawn[number] !== undefined", arg=number)
    return float(page.evaluate("number => window.drawn[number]", number))


def _served(scene: Stage, cast: Cast) -> Row:
    """What the server alone takes, in this process."""
    with scene.app.test_client() as browser:
        with browser.session_transaction() as cookie:
            cookie[SESSION_ID] = session_of(cast.vendor).id
        number = place(cast).order.number
        card = percentile([_milliseconds(browser, f"/vendor/orders/{number}/card") for _ in range(20)], 50)
        board = percentile([_milliseconds(browser, "/vendor/") for _ in range(5)], 50)
    told = f"a card {card:.1f} ms, the whole board {board:.0f} ms"
    return Row(
        f"the server's part, {OPEN + NEW} open orders", "SQLite", told, "one process", "a card < 50 ms", card < 50
    )


def _milliseconds(browser: Any, path: str) -> float:
    db.session.rollback()
    began = time.perf_counter()
    answer = browser.get(path)
    took = (time.perf_counter() - began) * 1000
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return took
