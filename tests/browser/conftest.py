"""Chromium in front of a real site. Each test begins with a fresh cast; a page that throws an error fails its test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from app.contract.tokens import SESSION_ID
from app.models import Person
from tests.browser.site import Site
from tests.cast import Cast, make_cast
from tests.factories import session_of
from tests.services import chromium, chromium_why_not

ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run --disable-dev-shm-usage"
)
# Generous: a machine that runs the whole suite is slow. What must be quick is measured where it is promised.
PATIENCE = 15_000

# Notes each source of sound that is started and each event that came, where a test can read them.
WITNESS = """
window.started = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (...when) {
  window.started.push({ state: this.context.state, looped: this.loop === true });
  return start.apply(this, when);
};
window.heard = [];
document.addEventListener("passline:event", ({ detail }) => window.heard.push(detail.name));
"""

Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    """One Chromium for all tests; each person has a context of their own in it."""
    if reason := chromium_why_not():
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium()), args=ARGUMENTS.split())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def running_site(database_url_of: Callable[[str], str], chrome: Browser) -> Iterator[list[Site]]:
    """The site, once it was started (the database has to be there first)."""
    started: list[Site] = []
    yield started
    for site in started:
        site.remove()


@pytest.fixture
def site_app(sqlite_app: Flask) -> Flask:
    """The application on the site's database, in this process; a module may put it on another."""
    return sqlite_app


@pytest.fixture
def site(site_app: Flask, database_url_of: Callable[[str], str], running_site: list[Site]) -> Site:
    """The running site, on the emptied database of this test."""
    if not running_site:
        running_site.append(Site(database_url_of("sqlite")).start())
    return running_site[0]


@pytest.fixture
def cast(site: Site, site_app: Flask) -> Cast:
    """Everybody, in the site's database."""
    return make_cast()


@pytest.fixture
def visit(chrome: Browser, site: Site, site_app: Flask) -> Iterator[Visit]:
    """Open a page as somebody (None: a stranger), in a browser of their own, or in `beside`'s."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(person: Person | None, path: str, *, beside: Page | None = None, **options: Any) -> Page:
        context = beside.context if beside else _context(chrome, site, site_app, person, options)
        if not beside:
            contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{path}: {error}"))
        page.goto(f"{site.http}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def _context(chrome: Browser, site: Site, app: Flask, person: Person | None, options: dict[str, Any]) -> BrowserContext:
    context = chrome.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    context.set_default_timeout(PATIENCE)
    context.add_init_script(WITNESS)
    if person is not None:
        log_in(context, site, app, person)
    return context


def log_in(context: BrowserContext, site: Site, app: Flask, person: Person) -> None:
    """Whoever was logged in here before, from now on it is `person`."""
    signed = app.session_interface.get_signing_serializer(app).dumps({SESSION_ID: session_of(person).id})  # type: ignore[attr-defined]
    context.add_cookies([{"name": app.config["SESSION_COOKIE_NAME"], "value": signed, "url": site.http}])


@pytest.fixture(autouse=True)
def patient() -> None:
    """What a page should come to show is waited for."""
    expect.set_options(timeout=PATIENCE)


# What has just been drawn is looked at in a frame after, and a starved machine is long in coming to that: the board has
# settled when it has been so for a while.
SETTLED = """async () => {
  let since = performance.now();
  while (performance.now() - since < 400) {
    await new Promise(requestAnimationFrame);
    if (document.querySelector("[data-settling]")) since = performance.now();
  }
}"""


def settled(board: Page) -> Page:
    """`board`, once every card takes keys and fingers."""
    board.evaluate(SETTLED)
    return board


def is_live(page: Page) -> Page:
    """`page`, once it says so."""
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    return page
