"""What is done on a page before its picture is taken: filled in, opened, sent wrongly, or waited for."""

import secrets
from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Locator, Page, Route

from app.contract.times import iso, now
from app.demo.cast import PASSWORD
from app.language import translations

from .shots_stage import Stage

DRY_RUN = "See what it would do"


def button(within: Page | Locator, name: str) -> Locator:
    """The button that says `name`, in the page's language."""
    page = within if isinstance(within, Page) else within.page
    spoken = page.evaluate("document.documentElement.lang")
    return within.get_by_role("button", name=translations(spoken).gettext(name))


def fill_basket(page: Page) -> None:
    for dish, times in ((0, 2), (3, 1), (7, 3)):
        for _ in range(times):
            page.locator("[data-more]").nth(dish).click()


def note_something(page: Page) -> None:
    fill_basket(page)
    page.locator(".pl-dish-note summary >> visible=true").first.click()
    page.locator(".pl-dish-note input >> visible=true").first.fill("No onion, and a severe nut allergy")


def send_wrong(page: Page) -> None:
    fill_basket(page)
    page.locator("input[value=delivery]").check(force=True)
    page.locator("input[value=later]").check(force=True)
    page.locator("[data-place-order]").click()
    page.wait_for_selector(".pl-error")


def scroll_down(page: Page) -> None:
    fill_basket(page)
    page.mouse.wheel(0, 900)
    page.wait_for_timeout(200)


def keep_filter(page: Page) -> None:
    if page.locator(".pl-saved-new").count():
        page.locator(".pl-saved-new input[name=name]").fill("Largest collected")
        button(page, "Save").click()
        page.wait_for_load_state()


def tick_orders(page: Page) -> None:
    for row in range(3):
        page.locator(".pl-cell-tick input").nth(row).check()
    page.locator("#bulk [name=to]").select_option("cancelled")


def look_at_many(page: Page) -> None:
    for row in range(8):
        page.locator(".pl-cell-tick input").nth(row).check()
    page.locator("#bulk [name=to]").select_option("cancelled")
    page.locator("#bulk [name=reason_code]").select_option("other")
    button(page, "Look at it first").click()
    page.wait_for_selector(".pl-bulk-lines")


def show_everything(page: Page) -> None:
    page.locator(".pl-moment-kinds [value=all]").check(force=True)


def open_palette(page: Page) -> None:
    page.keyboard.press("/")
    page.locator(".pl-palette input").fill("ma")
    page.wait_for_selector(".pl-palette [aria-selected=true]")
    page.wait_for_timeout(300)


def open_menu(page: Page) -> None:
    page.locator(".pl-person").click()


def open_fold(page: Page) -> None:
    page.locator(".pl-fold summary").first.click()


def open_card(page: Page) -> None:
    for summary in (".pl-done > summary", "#new .pl-ticket-more > summary"):
        page.locator(summary).first.click()


def open_pass(page: Page) -> None:
    page.locator(".pl-pass:has([data-online='1']) summary").first.click()


def send_no_phone(page: Page) -> None:
    page.locator("form.pl-wifi-form button").click()
    page.wait_for_selector(".pl-error")


def make_link(page: Page) -> None:
    button(page, "Make a link").click()
    page.wait_for_selector("[data-copy-source]")


def guess(times: int) -> Callable[[Page], None]:
    """Log in with a wrong password, so many times."""

    def wrongly(page: Page) -> None:
        somebody = f"{secrets.token_hex(4)}@passline.test"
        for _ in range(times):
            if not page.locator("#email").count():
                break  # refused already: pictures before this one have guessed as well
            page.fill("#email", somebody)
            page.fill("#password", "a wrong guess")
            button(page, "Log in").click()
            page.wait_for_load_state()

    return wrongly


def answer_with(status: int) -> Callable[[Page, Stage], None]:
    """Let /error-page answer with the error page of `status`: not every one has an address that brings it about."""

    def routed(page: Page, stage: Stage) -> None:
        page.route("**/error-page", lambda route: route.fulfill(body=stage.errors[status], content_type="text/html"))

    return routed


def ask_for_code(page: Page) -> None:
    page.locator("[data-part=bar]:not([data-settling]) button").click()
    page.locator("dialog [data-digit]").first.click()


def give_up(page: Page) -> None:
    page.locator("[data-give-up]").click()


def ask_again(page: Page, stage: Stage) -> None:
    """The stage's offer ran out long ago: the page is told that it was made just now."""

    def answer(route: Route) -> None:
        document = route.fetch().json()
        for ticket in document["items"]:
            if ticket["offer"]:
                ticket["offer"] |= {"offered_at": iso(now()), "lapses_at": iso(now() + timedelta(seconds=45))}
        route.fulfill(json=document)

    page.route("**/api/driver/tickets", answer)


def settled(page: Page) -> None:
    page.wait_for_selector("#offer:not([data-settling])")


def map_drawn(page: Page) -> None:
    page.wait_for_selector(".pl-pin-body")
    page.wait_for_timeout(300)


def charts_drawn(page: Page) -> None:
    page.wait_for_selector(".pl-chart canvas")
    page.wait_for_timeout(200)


def plan_of_menu(page: Page) -> None:
    page.fill("#text", "heading,name,description,price\nBowls,Pilau,With cardamom,450\nBowls,Chapati,,cheap")
    button(page, "See what it would do").click()
    page.wait_for_selector(".pl-plan")


def set_mode(page: Page) -> None:
    page.locator(".pl-mode-now").click()
    page.locator(".pl-mode input[value=paused]").check(force=True)


def take_from_vendor(page: Page) -> None:
    page.locator("input[name=roles][value=vendor]").uncheck()
    button(page, DRY_RUN).click()
    page.wait_for_selector(".pl-effects")


def move_deadlines(page: Page) -> None:
    page.fill("#acceptance_minutes", "15")
    page.fill("#abandonment_minutes", "20")
    page.locator("[name=open_orders]").check()
    button(page.locator("#deadlines"), DRY_RUN).click()
    page.wait_for_selector(".pl-effects")


def wrong_deadlines(page: Page) -> None:
    page.locator("#deadlines form").evaluate("form => form.noValidate = true")
    page.fill("#acceptance_minutes", "500")
    button(page.locator("#deadlines"), DRY_RUN).click()
    page.wait_for_selector(".pl-error")


def invite_wrong(page: Page) -> None:
    page.fill("#email", "nothing")
    page.fill("#phone", "0700")
    button(page, "Invite").click()
    page.wait_for_selector(".pl-error")


def invite(page: Page) -> None:
    page.fill("#email", f"{secrets.token_hex(4)}@passline.test")
    page.fill("#name", "Amina Wekesa")
    page.select_option("#role", "vendor")
    page.select_option("#restaurant", "mama-wanjiru")
    button(page, "Invite").click()
    page.wait_for_selector("[data-copy-source]")


def send_link(page: Page) -> None:
    page.fill("#email", f"{secrets.token_hex(4)}@example.com")
    button(page, "Send the link").click()
    page.wait_for_selector(".pl-notice")


def half_in(page: Page, stage: Stage) -> None:
    """Half a log-in, by turns of two people: one person may err five times a minute, and there are six pictures."""
    width = page.evaluate("innerWidth")
    cookie = stage.cookie_of("half" if width < 1000 else "half_other")
    page.context.add_cookies([{"name": "passline_session", "value": cookie, "url": stage.base}])


def wrong_code(page: Page) -> None:
    page.fill("#code", "123 456")
    button(page, "Log in").click()
    page.wait_for_selector(".pl-notice")


def set_up_factor(page: Page) -> None:
    page.fill("#current", PASSWORD)
    button(page, "Set it up").click()
    page.wait_for_selector(".pl-qr")
