"""The stock client's own connection state recovery, in a browser: `socket.recovered`, whatever happened in between."""

from collections.abc import Callable
from time import monotonic, sleep

import pytest
from playwright.sync_api import Page

from app.contract import rooms
from app.domain import access
from app.extensions import db
from app.models import Recovery, Session
from gateway import refusals
from tests.browser.conftest import Visit, is_live
from tests.browser.site import Site
from tests.cast import Cast
from tests.factories import place
from tests.gateway.rows import write

# A socket as anybody would make it, beside the page's own; it says nothing of a place by itself. It stays away for a
# second after each drop, and one that is `hasty` loses its first connection before `ready` has come.
CONNECT = """
async ([gateway, hasty]) => {
  const { io } = await import("/static/vendor/socket.io.esm.min.js");
  const away = { reconnectionDelay: 1000, reconnectionDelayMax: 1000, randomizationFactor: 0 };
  const socket = io(gateway, { withCredentials: true, forceNew: true, transports: ["websocket"], ...away });
  window.stock = { socket, heard: [], recovered: [], ready: [], refused: [] };
  socket.on("connect", () => {
    stock.recovered.push(socket.recovered === true);
    if (hasty && stock.recovered.length === 1) socket.io.engine.close();
  });
  socket.on("connect_error", (error) => error.data && stock.refused.push(error.data.code));
  socket.onAny((name, ...args) => {
    if (name === "ready") stock.ready.push(args[0].recovered);
    else if (name !== "beat") stock.heard.push([args[0], args[1].n]);
  });
}
"""


@pytest.fixture
def stock(visit: Visit, cast: Cast, site: Site) -> Callable[..., Page]:
    """A page of the vendor's, with such a socket in it that is ready. The tests may look into the page."""

    def connect(*, hasty: bool = False) -> Page:
        page = is_live(visit(cast.vendor, "/vendor/", bypass_csp=True))
        page.evaluate(CONNECT, [site.gateway.http.replace("127.0.0.1", "localhost"), hasty])
        page.wait_for_function("stock.ready.length === 1")
        return page

    return connect


def drop(page: Page) -> None:
    """The connection breaks, as in a tunnel."""
    page.evaluate("stock.socket.io.engine.close()")


def comes_back(page: Page) -> tuple[list[bool], list[bool | None]]:
    """What the client and the gateway say of each connect, when there are two."""
    page.wait_for_function("stock.ready.length === 2", timeout=30_000)
    return page.evaluate("stock.recovered"), page.evaluate("stock.ready")


def hears(page: Page, *events: list[object]) -> None:
    """These and no others, in this order, once."""
    page.wait_for_function(f"stock.heard.length >= {len(events)}", timeout=30_000)
    assert page.evaluate("stock.heard") == list(events)


def is_written() -> None:
    """Wait for the rows of both sockets."""
    latest = monotonic() + 15
    while db.session.query(Recovery).count() < 2:
        assert monotonic() < latest
        sleep(0.05)
        db.session.rollback()


def test_it_recovers_after_a_drop_before_it_saw_anything(stock: Callable[..., Page], cast: Cast):
    page, room = stock(), rooms.vendor_orders(cast.restaurant.id)
    is_written()
    drop(page)
    write(room, 1, 2)
    assert comes_back(page) == ([False, True], [None, True])
    write(room, 3)
    hears(page, [room, 1], [room, 2], [room, 3])


def test_it_recovers_after_a_kill_with_every_channel(stock: Callable[..., Page], cast: Cast, site: Site):
    page, own, order = stock(), rooms.vendor_orders(cast.restaurant.id), rooms.order(place(cast).order.number)
    assert page.evaluate("name => stock.socket.emitWithAck('subscribe', {channel: name})", f"private-{order}")["ok"]
    page.wait_for_function("stock.heard.length === 1")
    page.evaluate("stock.heard = []")
    site.gateway.kill()
    write(own, 1)
    write(order, 2)
    site.gateway.start()
    assert comes_back(page) == ([False, True], [None, True])
    write(order, 3)
    hears(page, [own, 1], [f"private-{order}", 2], [f"private-{order}", 3])


def test_it_begins_anew_after_a_drop_before_ready(stock: Callable[..., Page], cast: Cast):
    page, room = stock(hasty=True), rooms.vendor_orders(cast.restaurant.id)
    assert page.evaluate("[stock.recovered, stock.ready]") == [[False, False], [None]]
    write(room, 1)
    hears(page, [room, 1])


def test_it_stays_away_when_the_access_ended_meanwhile(stock: Callable[..., Page], cast: Cast):
    page = stock()
    is_written()
    drop(page)
    access.end(db.session.query(Session).filter_by(person_id=cast.vendor.id).one(), reason="logged_out")
    write(rooms.vendor_orders(cast.restaurant.id), 1)
    page.wait_for_function("stock.refused.length === 1")
    assert page.evaluate("[stock.refused, stock.ready, stock.heard]") == [[refusals.SESSION_UNKNOWN.code], [None], []]
