"""The table of pictures: a name, whose page it is, its path, and what is done on it before the shutter.

Paths are filled in with the names of the stage (shots_stage.py). To have one more page drawn: add a line to SHOTS.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from playwright.sync_api import Locator, Page, Route

from app.contract.times import iso, now
from app.demo.cast import PASSWORD
from app.language import translations

from .shots_stage import Stage


@dataclass(frozen=True)
class Shot:
    """One picture. `quiet` is what its console may say; `full`: the whole page, not the window alone."""

    name: str
    role: str | None
    path: str
    prepare: Callable[[Page], object] | None = None
    before: Callable[[Page, Stage], object] | None = None
    full: bool = True
    script: bool = True
    broken: bool = False
    quiet: str = "\0"


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


RIDES = ("assigned", "waiting", "riding", "doorless", "stale", "at_door")

CUSTOMER = (
    Shot("login", None, "/login"),
    Shot("login-wrong", None, "/login", guess(1), quiet="422"),
    Shot("browse", None, "/r/"),
    Shot("menu-visitor", None, "/r/mama-wanjiru", fill_basket),
    Shot("menu", "customer", "/r/mama-wanjiru", note_something),
    Shot("menu-window", "customer", "/r/mama-wanjiru", scroll_down, full=False),
    Shot("menu-wrong", "customer", "/r/mama-wanjiru", send_wrong, quiet="422"),
    Shot("menu-euro", "customer", "/r/tasca-da-mouraria"),
    Shot("menu-yen", "customer", "/r/tsukimido"),
    Shot("menu-long", "customer", "/r/quiet", lambda page: page.locator("[data-more]").first.click()),
    Shot("menu-paused", "customer", "/r/paused"),
    Shot("menu-vendor", "vendor", "/r/quiet"),
    Shot("menu-noscript", None, "/r/quiet", script=False),
    Shot("orders", "customer", "/orders/"),
    Shot("orders-empty", "newcomer", "/orders/"),
    Shot("orders-long", "long", "/orders/"),
    Shot("orders-person", "long", "/orders/", open_menu, full=False),
    Shot("order", "customer", "/orders/{order}"),
    *(
        Shot(f"pay-{what}", "long", f"/orders/{{pay_{what}}}")
        for what in ("ask", "sent", "silent", "refused", "review", "doubt", "back", "manual")
    ),
    Shot("order-awaiting", "long", "/orders/{awaiting}"),
    Shot("order-scheduled", "long", "/orders/{scheduled}"),
    Shot("order-placed", "long", "/orders/{placed}", open_fold),
    Shot("order-accepted", "long", "/orders/{accepted}", open_fold),
    Shot("order-asked", "long", "/orders/{asked}"),
    Shot("order-ready", "long", "/orders/{ready}"),
    Shot("order-link", "long", "/orders/{ready}", make_link),
    Shot("order-picked-up", "long", "/orders/{picked_up}"),
    Shot("order-delivered", "long", "/orders/{delivered}"),
    Shot("order-cancelled", "long", "/orders/{cancelled}"),
    Shot("order-declined", "long", "/orders/{declined}"),
    Shot("order-noscript", "long", "/orders/{placed}", script=False),
    *(Shot(f"ride-{name}", "long", f"/orders/{{{name}}}", map_drawn) for name in RIDES),
    Shot("ride-looking", "long", "/orders/{looking}"),
    Shot("ride-brought", "long", "/orders/{brought}"),
    Shot("ride-noscript", "long", "/orders/{riding}", script=False),
    Shot("tracked", None, "/t/{token}"),
    Shot("tracked-assigned", None, "/t/{assigned_token}"),
    Shot("tracked-riding", None, "/t/{riding_token}", map_drawn),
)

DRIVER = (
    Shot("driver", "driver", "/driver/", full=False),
    Shot("driver-offer", "offered_driver", "/driver/", settled, ask_again, full=False),
    *(Shot(f"driver-{name}", f"{name}_driver", "/driver/", full=False) for name in ("assigned", "riding", "at_door")),
    Shot("driver-code", "at_door_driver", "/driver/", ask_for_code, full=False),
    Shot("driver-reason", "riding_driver", "/driver/", give_up, full=False),
    Shot("driver-done", "brought_driver", "/driver/", full=False),
    Shot("driver-noscript", "driver", "/driver/", script=False),
)

VENDOR = (
    Shot("board", "vendor", "/vendor/"),
    Shot("board-empty", "quiet_vendor", "/vendor/"),
    Shot("board-long", "paused_vendor", "/vendor/"),
    Shot("board-noscript", "vendor", "/vendor/", script=False),
    Shot("board-stream", "vendor", "/vendor/?view=stream", full=False),
    Shot("board-station", "vendor", "/vendor/?view=columns&station=Grill", full=False),
    Shot("vendor-ticket", "vendor", "/vendor/orders/{preparing}/kitchen-ticket"),
    Shot("vendor-receipt", "vendor", "/vendor/orders/{preparing}/receipt"),
    Shot("vendor-orders", "vendor", "/vendor/orders"),
    Shot("vendor-orders-none", "vendor", "/vendor/orders?q=nobodyiscalledlikethis"),
    Shot("vendor-statistics", "vendor", "/vendor/statistics"),
    Shot("vendor-staff", "vendor", "/vendor/staff"),
    Shot("vendor-settings", "vendor", "/vendor/settings"),
)

ADMIN = (
    Shot("admin-dashboard", "admin", "/admin/", charts_drawn),
    Shot("admin-dashboard-noscript", "admin", "/admin/", script=False),
    Shot("admin-payments", "admin", "/admin/payments"),
    Shot("admin-payments-none", "admin", "/admin/payments?q=nothing"),
    *(
        Shot(f"admin-payment-{name}", "admin", f"/admin/payments/{{payment_{name}}}")
        for name in ("review", "paid", "cash")
    ),
    Shot("admin-refunds", "admin", "/admin/refunds"),
    Shot("admin-reconciliation", "admin", "/admin/reconciliation"),
    Shot("admin-reconciliation-empty", "admin", "/admin/reconciliation?day=2020-02-29"),
    Shot("admin-orders", "admin", "/admin/orders"),
    Shot("admin-orders-kept", "admin", "/admin/orders?status=collected&sort=total", keep_filter),
    Shot("admin-orders-ticked", "admin", "/admin/orders", tick_orders, full=False),
    Shot("admin-bulk", "admin", "/admin/orders", look_at_many),
    Shot("admin-order-everything", "admin", "/admin/orders/{preparing}", show_everything),
    Shot("admin-order-shown", "admin", "/admin/orders/{riding}/shown"),
    Shot("admin-search", "admin", "/admin/search?q=am", script=False),
    Shot("admin-search-none", "admin", "/admin/search?q=zzzz"),
    Shot("admin-palette", "admin", "/admin/orders", open_palette, full=False),
    Shot("admin-orders-none", "admin", "/admin/orders?q=nobodyiscalledlikethis"),
    Shot("admin-order", "admin", "/admin/orders/{preparing}"),
    Shot("admin-order-asked", "admin", "/admin/orders/{asked}"),
    Shot("admin-order-cancelled", "admin", "/admin/orders/{declined}"),
    Shot("admin-order-noscript", "admin", "/admin/orders/{placed}", script=False),
    Shot("admin-order-delivery", "admin", "/admin/orders/{riding}"),
    Shot("admin-messages", "admin", "/admin/messages"),
    Shot("admin-messages-none", "admin", "/admin/messages?after=1"),
    Shot("admin-messages-noscript", "admin", "/admin/messages", script=False),
    Shot("admin-dispatch", "admin", "/admin/dispatch", map_drawn),
    Shot("admin-dispatch-noscript", "admin", "/admin/dispatch", script=False),
    Shot("admin-jobs", "admin", "/admin/jobs"),
    Shot("admin-jobs-noscript", "admin", "/admin/jobs", script=False),
    *(
        Shot(f"admin-ticket-{name}", "admin", f"/admin/tickets/{{{name}_ticket}}", map_drawn)
        for name in ("calling", "offered", "riding", "brought")
    ),
)


def plan_of_menu(page: Page) -> None:
    page.fill("#text", "heading,name,description,price\nBowls,Pilau,With cardamom,450\nBowls,Chapati,,cheap")
    button(page, "See what it would do").click()
    page.wait_for_selector(".pl-plan")


def set_mode(page: Page) -> None:
    page.locator(".pl-mode-now").click()
    page.locator(".pl-mode input[value=paused]").check(force=True)


_HOUSE = "/admin/restaurants/mama-wanjiru"
HOUSES = (
    Shot("houses-list", "admin", "/admin/restaurants"),
    Shot("houses-one", "admin", _HOUSE),
    Shot("houses-menu", "admin", f"{_HOUSE}/menu"),
    Shot("houses-import", "admin", f"{_HOUSE}/menu/import", plan_of_menu),
    Shot("houses-stock", "vendor", "/vendor/menu"),
    Shot("houses-mode", "vendor", "/vendor/", set_mode, full=False),
)

DRY_RUN = "See what it would do"


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


TRANSITIONS = (
    Shot("transitions", "admin", "/admin/transitions"),
    Shot("transitions-house", "admin", "/admin/transitions?restaurant=mama-wanjiru"),
    Shot("transitions-wrong", "admin", "/admin/transitions", wrong_deadlines, quiet="422"),
    Shot("transition", "admin", "/admin/transitions/accepted/cancelled"),
    Shot("transition-run", "admin", "/admin/transitions/preparing/cancelled", take_from_vendor),
    Shot("transition-run-moves", "admin", "/admin/transitions", move_deadlines),
    Shot(
        "transition-run-nothing",
        "admin",
        "/admin/transitions/scheduled/placed",
        lambda page: button(page, DRY_RUN).click(),
    ),
    Shot("transitions-noscript", "admin", "/admin/transitions", script=False),
)


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


def wrong_code(page: Page) -> None:
    page.fill("#code", "123 456")
    button(page, "Log in").click()
    page.wait_for_selector(".pl-notice")


def set_up_factor(page: Page) -> None:
    page.fill("#current", PASSWORD)
    button(page, "Set it up").click()
    page.wait_for_selector(".pl-qr")


ACCOUNTS = (
    Shot("login-code", "half", "/login/code"),
    Shot("login-code-wrong", "half", "/login/code", wrong_code, quiet="42"),
    Shot("login-enrol", "half_new", "/login/code"),
    Shot("forgotten", None, "/password-reset"),
    Shot("invitation", None, "/invitation/{invitation}"),
    Shot("password-reset", None, "/password-reset/{reset}"),
    Shot("link-gone", None, "/password-reset/gone", quiet="404"),
    Shot("account", "customer", "/account"),
    Shot("account-vendor", "vendor", "/account"),
    Shot("account-factor", "careful", "/account"),
    Shot("account-factor-new", "newcomer", "/account", set_up_factor),
    Shot("account-acting", "acting", "/account"),
    Shot("board-acting", "acting", "/vendor/", full=False),
    Shot("people", "admin", "/admin/people"),
    Shot("people-none", "admin", "/admin/people?q=nobodyiscalledlikethis"),
    Shot("people-new", "admin", "/admin/people/new"),
    Shot("people-new-wrong", "admin", "/admin/people/new", invite_wrong, quiet="422"),
    Shot("person", "admin", "/admin/people/{vendor_person}"),
    Shot("person-invited", "admin", "/admin/people/new", invite),
    Shot("person-factor", "admin", "/admin/people/{careful_person}"),
    Shot("person-gone", "admin", "/admin/people/{gone_person}"),
    Shot("audit", "admin", "/admin/audit"),
    Shot("audit-none", "admin", "/admin/audit?who=nobodyiscalledlikethis"),
    Shot("audit-noscript", "admin", "/admin/audit", script=False),
)

ERRORS = (
    Shot("error-403", "customer", "/admin/", quiet="403"),
    Shot("error-404", "customer", "/orders/NOTHERE", quiet="404"),
    Shot("error-404-link", None, "/t/gone-since-a-week", quiet="404"),
    Shot("error-429", None, "/login", guess(6), quiet="42"),
    Shot("error-500", None, "/r/", broken=True, quiet="500"),
    *(Shot(f"error-{status}", None, "/error-page", before=answer_with(status)) for status in (400, 409, 413, 422, 503)),
)

_ACCESS_POINT = "?link-login-only=http%3A%2F%2F10.5.50.1%2Flogin"
WIFI = (
    Shot("wifi-shop", None, "/wifi/mama-wanjiru"),
    Shot("wifi-shop-wrong", None, "/wifi/mama-wanjiru", send_no_phone, quiet="422"),
    Shot("wifi-shop-empty", None, "/wifi/quiet"),
    Shot("wifi-prompted", None, "/wifi/mama-wanjiru/{wifi_prompted}", full=False),
    Shot("wifi-unknown", None, "/wifi/mama-wanjiru/{wifi_unknown}", full=False),
    Shot("wifi-rejected", None, "/wifi/mama-wanjiru/{wifi_rejected}", full=False),
    Shot("wifi-paid", None, "/wifi/mama-wanjiru/{wifi_paid}" + _ACCESS_POINT),
    Shot("wifi-order", "long", "/orders/{wifi_gift}"),
    Shot("wifi-admin", "admin", "/admin/wifi", open_pass),
    Shot("wifi-admin-packages", "admin", "/admin/wifi/packages"),
    Shot("wifi-admin-package", "admin", "/admin/wifi/packages/{wifi_package}"),
)

SHOTS = (*ACCOUNTS, *CUSTOMER, *DRIVER, *VENDOR, *ADMIN, *HOUSES, *WIFI, *TRANSITIONS, *ERRORS)
