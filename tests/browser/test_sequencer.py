"""A page while the sequencer stands still (PostgreSQL): another takes over, or the page says that it is stale."""

import signal
from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.browser.conftest import Visit, is_live
from tests.browser.site import Site
from tests.browser.test_staleness import SAID_WITHIN, state
from tests.cast import Cast
from tests.factories import place
from tests.gateway.process import Gateway


@pytest.fixture
def backend() -> str:
    return "postgresql"


@pytest.fixture
def site_app(app: Flask) -> Flask:
    return app


@pytest.fixture(scope="module")
def running() -> Iterator[list[Gateway | Site]]:
    """What was started for this module: they are slow to come up."""
    started: list[Gateway | Site] = []
    yield started
    for server in started:
        server.remove()


@pytest.fixture
def holder(site_app: Flask, running: list[Gateway | Site], database_url_of: Callable[[str], str]) -> Iterator[Gateway]:
    """Another gateway, which came first and holds the lease: it numbers the rows for all."""
    if not running:
        running += [Gateway(site_app.config["PASSLINE"]).start(), Site(database_url_of("postgresql")).start()]
    gateway = running[0]
    assert isinstance(gateway, Gateway)
    yield gateway
    gateway.send_signal(signal.SIGCONT)


@pytest.fixture
def site(holder: Gateway, running: list[Gateway | Site]) -> Site:
    site = running[1]
    assert isinstance(site, Site)
    return site


def test_it_says_that_it_is_stale_when_nobody_can_number(visit: Visit, cast: Cast, site: Site, site_app: Flask):
    board = is_live(visit(cast.vendor, "/vendor/"))
    url = site_app.config["PASSLINE"].database_url.replace("+psycopg", "", 1)
    with psycopg.connect(url) as stuck:
        stuck.execute("select * from log_head for update")
        order = place(cast).order
        state(board, "stale", SAID_WITHIN + 3)
        expect(board.locator(f"#order-{order.number}")).to_have_count(0)
    expect(board.locator(f"#order-{order.number}")).to_be_visible(timeout=20_000)
    state(board, "live")


def test_it_goes_on_when_the_one_who_numbers_is_stopped(visit: Visit, cast: Cast, holder: Gateway):
    board = is_live(visit(cast.vendor, "/vendor/"))
    holder.send_signal(signal.SIGSTOP)
    order = place(cast).order
    expect(board.locator(f"#order-{order.number}")).to_be_visible(timeout=8_000)
    expect(board.locator("body")).to_have_attribute("data-live", "live")
    holder.send_signal(signal.SIGCONT)
    later = place(cast).order
    expect(board.locator(f"#order-{later.number}")).to_be_visible()
    assert board.evaluate("window.heard").count("OrderReceived") == 2
