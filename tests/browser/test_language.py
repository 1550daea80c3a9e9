"""In another language a page lives as in English: its scripts say their words, and it runs from right to left."""

import re

from playwright.sync_api import expect

from app.domain import orders
from app.domain.money import spoken
from tests.browser.conftest import Visit, is_live
from tests.browser.phone import SIZE
from tests.cast import Cast
from tests.factories import place

IN_ARABIC = {"locale": "ar"}


def test_news_and_the_live_line_are_in_the_pages_language(visit: Visit, cast: Cast):
    order = place(cast).order
    page = is_live(visit(cast.customer, f"/orders/{order.number}", **IN_ARABIC))
    expect(page.locator("#live-line")).to_contain_text("مباشر")
    expect(page.locator("[data-counts-down]")).to_contain_text(re.compile(r"بقي \d+:\d\d"))
    orders.accept(order, by=cast.vendor)
    expect(page.locator("#toasts")).to_contain_text("قبله المطبخ")


def test_a_basket_counts_and_adds_up_as_the_server_does(visit: Visit, cast: Cast):
    page = visit(None, "/r/first", **IN_ARABIC, viewport=SIZE)
    for words in ("صنف واحد", "صنفان", "3 أصناف"):
        page.locator("[data-more]").first.click()
        expect(page.locator("[data-basket-count]")).to_have_text(words)
    price = int(page.locator("[data-dish]").first.get_attribute("data-price") or 0)
    total = spoken(3 * price, cast.restaurant.currency, "ar")
    assert page.locator("[data-basket-sum] [data-basket-total]").text_content() == total


def test_the_foot_changes_the_language_and_stays_on_the_page(visit: Visit, cast: Cast):
    page = visit(None, "/r/first?table=5", viewport=SIZE)
    page.get_by_role("button", name="العربية").click()
    expect(page.locator("html[lang=ar][dir=rtl]")).to_be_attached()
    assert page.url.endswith("/r/first?table=5")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html[lang=en][dir=ltr]")).to_be_attached()
