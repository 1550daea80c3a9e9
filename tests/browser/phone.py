"""A driver's phone in the tests: the page at the size of a phone, with a place where it is, and what a thumb does."""

import time

from playwright.sync_api import Page, expect

from app.extensions import db
from app.models import Person, Ticket
from tests.browser.conftest import Visit, is_live
from tests.cast import COUNTER

SIZE = {"width": 390, "height": 844}
HERE = {"latitude": COUNTER[0], "longitude": COUNTER[1], "accuracy": 8}
# What a browser of ours may not do by itself, noted where a test can read it.
SHAKES = "window.shaken = []; navigator.vibrate = (pattern) => window.shaken.push(pattern);"


def phone(visit: Visit, driver: Person, **options: object) -> Page:
    """The page of `driver`, live."""
    given = {"viewport": SIZE, "permissions": ["geolocation"], "geolocation": HERE, "has_touch": True, **options}
    return is_live(visit(driver, "/driver/", **given))


def state(page: Page, wanted: str) -> None:
    """Wait until the page is `off`, `idle` or `ride`."""
    expect(page.locator("#driver")).to_have_attribute("data-state", wanted)


def at(page: Page, wanted: str) -> None:
    """Wait until the delivery under way is in a state."""
    expect(page.locator(".pl-ride")).to_have_attribute("data-state", wanted)


def press(page: Page, words: str) -> None:
    """Press the one button under the thumb, as soon as it takes a thumb again."""
    bar = page.locator('[data-part="bar"]:not([data-settling])')
    bar.get_by_role("button", name=words, exact=True).click()


def type_code(page: Page, code: str, words: str) -> None:
    """Type `code` on the number pad and press the sheet's button."""
    sheet = page.locator('dialog[data-sheet="code"]')
    for digit in code:
        sheet.get_by_role("button", name=digit, exact=True).click()
    sheet.get_by_role("button", name=words).click()


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 10_000:04}"


def becomes(ticket: Ticket, status: str) -> Ticket:
    """`ticket`, once the server has it in a state: the page shows a step before it was sent."""
    deadline = time.monotonic() + 10
    while True:
        db.session.rollback()
        now = db.session.get_one(Ticket, ticket.id, populate_existing=True)
        if now.status == status or time.monotonic() > deadline:
            assert now.status == status
            return now
        time.sleep(0.05)
