"""The table of pictures: a name, whose page it is, its path, and what is done on it before the shutter.

Paths are filled in with the names of the stage (shots_stage.py); what is done stands in shots_doings.py. To have one
more page drawn: add a line to SHOTS.
"""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from . import shots_doings as do
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


RIDES = ("assigned", "waiting", "riding", "doorless", "stale", "at_door")

CUSTOMER = (
    Shot("login", None, "/login"),
    Shot("login-wrong", None, "/login", do.guess(1), quiet="422"),
    Shot("browse", None, "/r/"),
    Shot("menu-visitor", None, "/r/mama-wanjiru", do.fill_basket),
    Shot("menu", "customer", "/r/mama-wanjiru", do.note_something),
    Shot("menu-window", "customer", "/r/mama-wanjiru", do.scroll_down, full=False),
    Shot("menu-wrong", "customer", "/r/mama-wanjiru", do.send_wrong, quiet="422"),
    Shot("menu-euro", "customer", "/r/tasca-da-mouraria"),
    Shot("menu-yen", "customer", "/r/tsukimido"),
    Shot("menu-long", "customer", "/r/quiet", lambda page: page.locator("[data-more]").first.click()),
    Shot("menu-paused", "customer", "/r/paused"),
    Shot("menu-vendor", "vendor", "/r/quiet"),
    Shot("menu-noscript", None, "/r/quiet", script=False),
    Shot("orders", "customer", "/orders/"),
    Shot("orders-empty", "newcomer", "/orders/"),
    Shot("orders-long", "long", "/orders/"),
    Shot("orders-person", "long", "/orders/", do.open_menu, full=False),
    Shot("order", "customer", "/orders/{order}"),
    *(
        Shot(f"pay-{what}", "long", f"/orders/{{pay_{what}}}")
        for what in ("ask", "sent", "silent", "refused", "review", "doubt", "back", "manual")
    ),
    Shot("order-awaiting", "long", "/orders/{awaiting}"),
    Shot("order-scheduled", "long", "/orders/{scheduled}"),
    Shot("order-placed", "long", "/orders/{placed}", do.open_fold),
    Shot("order-accepted", "long", "/orders/{accepted}", do.open_fold),
    Shot("order-asked", "long", "/orders/{asked}"),
    Shot("order-ready", "long", "/orders/{ready}"),
    Shot("order-link", "long", "/orders/{ready}", do.make_link),
    Shot("order-picked-up", "long", "/orders/{picked_up}"),
    Shot("order-delivered", "long", "/orders/{delivered}"),
    Shot("order-cancelled", "long", "/orders/{cancelled}"),
    Shot("order-declined", "long", "/orders/{declined}"),
    Shot("menu-again", "long", "/r/mama-wanjiru?again={delivered}", full=False),
    Shot("receipt", "long", "/orders/{delivered}/receipt"),
    Shot("receipt-roll", "long", "/orders/{delivered}/receipt?paper=80mm"),
    Shot("offline", None, "/orders/offline"),
    Shot("order-noscript", "long", "/orders/{placed}", script=False),
    *(Shot(f"ride-{name}", "long", f"/orders/{{{name}}}", do.map_drawn) for name in RIDES),
    Shot("ride-looking", "long", "/orders/{looking}"),
    Shot("ride-brought", "long", "/orders/{brought}"),
    Shot("ride-noscript", "long", "/orders/{riding}", script=False),
    Shot("tracked", None, "/t/{token}"),
    Shot("tracked-assigned", None, "/t/{assigned_token}"),
    Shot("tracked-riding", None, "/t/{riding_token}", do.map_drawn),
)

DRIVER = (
    Shot("driver", "driver", "/driver/", full=False),
    Shot("driver-offer", "offered_driver", "/driver/", do.settled, do.ask_again, full=False),
    *(Shot(f"driver-{name}", f"{name}_driver", "/driver/", full=False) for name in ("assigned", "riding", "at_door")),
    Shot("driver-code", "at_door_driver", "/driver/", do.ask_for_code, full=False),
    Shot("driver-reason", "riding_driver", "/driver/", do.give_up, full=False),
    Shot("driver-done", "brought_driver", "/driver/", full=False),
    Shot("driver-noscript", "driver", "/driver/", script=False),
)

VENDOR = (
    Shot("board", "vendor", "/vendor/"),
    Shot("board-empty", "quiet_vendor", "/vendor/"),
    Shot("board-long", "paused_vendor", "/vendor/"),
    Shot("board-noscript", "vendor", "/vendor/", script=False),
    Shot("board-stream", "vendor", "/vendor/?view=stream", full=False),
    Shot("board-card", "vendor", "/vendor/", do.open_card, full=False),
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
    Shot("admin-dashboard", "admin", "/admin/", do.charts_drawn),
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
    Shot("admin-orders-kept", "admin", "/admin/orders?status=collected&sort=total", do.keep_filter),
    Shot("admin-orders-ticked", "admin", "/admin/orders", do.tick_orders, full=False),
    Shot("admin-bulk", "admin", "/admin/orders", do.look_at_many),
    Shot("admin-order-everything", "admin", "/admin/orders/{preparing}", do.show_everything),
    Shot("admin-order-shown", "admin", "/admin/orders/{riding}/shown"),
    Shot("admin-search", "admin", "/admin/search?q=am", script=False),
    Shot("admin-search-none", "admin", "/admin/search?q=zzzz"),
    Shot("admin-palette", "admin", "/admin/orders", do.open_palette, full=False),
    Shot("admin-orders-none", "admin", "/admin/orders?q=nobodyiscalledlikethis"),
    Shot("admin-order", "admin", "/admin/orders/{preparing}"),
    Shot("admin-order-asked", "admin", "/admin/orders/{asked}"),
    Shot("admin-order-cancelled", "admin", "/admin/orders/{declined}"),
    Shot("admin-order-noscript", "admin", "/admin/orders/{placed}", script=False),
    Shot("admin-order-delivery", "admin", "/admin/orders/{riding}"),
    Shot("admin-messages", "admin", "/admin/messages"),
    Shot("admin-messages-none", "admin", "/admin/messages?after=1"),
    Shot("admin-messages-noscript", "admin", "/admin/messages", script=False),
    Shot("admin-dispatch", "admin", "/admin/dispatch", do.map_drawn),
    Shot("admin-dispatch-noscript", "admin", "/admin/dispatch", script=False),
    Shot("admin-jobs", "admin", "/admin/jobs"),
    Shot("admin-jobs-noscript", "admin", "/admin/jobs", script=False),
    *(
        Shot(f"admin-ticket-{name}", "admin", f"/admin/tickets/{{{name}_ticket}}", do.map_drawn)
        for name in ("calling", "offered", "riding", "brought")
    ),
)


_HOUSE = "/admin/restaurants/mama-wanjiru"
HOUSES = (
    Shot("houses-list", "admin", "/admin/restaurants"),
    Shot("houses-one", "admin", _HOUSE),
    Shot("houses-menu", "admin", f"{_HOUSE}/menu"),
    Shot("houses-import", "admin", f"{_HOUSE}/menu/import", do.plan_of_menu),
    Shot("houses-stock", "vendor", "/vendor/menu"),
    Shot("houses-mode", "vendor", "/vendor/", do.set_mode, full=False),
)


TRANSITIONS = (
    Shot("transitions", "admin", "/admin/transitions"),
    Shot("transitions-house", "admin", "/admin/transitions?restaurant=mama-wanjiru"),
    Shot("transitions-wrong", "admin", "/admin/transitions", do.wrong_deadlines, quiet="422"),
    Shot("transition", "admin", "/admin/transitions/accepted/cancelled"),
    Shot("transition-run", "admin", "/admin/transitions/preparing/cancelled", do.take_from_vendor),
    Shot("transition-run-moves", "admin", "/admin/transitions", do.move_deadlines),
    Shot(
        "transition-run-nothing",
        "admin",
        "/admin/transitions/scheduled/placed",
        lambda page: do.button(page, do.DRY_RUN).click(),
    ),
    Shot("transitions-noscript", "admin", "/admin/transitions", script=False),
)


ACCOUNTS = (
    Shot("login-code", "half", "/login/code"),
    Shot("login-code-wrong", None, "/login/code", do.wrong_code, do.half_in, quiet="42"),
    Shot("login-enrol", "half_new", "/login/code"),
    Shot("forgotten", None, "/password-reset"),
    Shot("invitation", None, "/invitation/{invitation}"),
    Shot("password-reset", None, "/password-reset/{reset}"),
    Shot("link-gone", None, "/password-reset/gone", quiet="404"),
    Shot("account", "customer", "/account"),
    Shot("account-vendor", "vendor", "/account"),
    Shot("account-factor", "careful", "/account"),
    Shot("account-factor-new", "newcomer", "/account", do.set_up_factor),
    Shot("account-acting", "acting", "/account"),
    Shot("board-acting", "acting", "/vendor/", full=False),
    Shot("people", "admin", "/admin/people"),
    Shot("people-none", "admin", "/admin/people?q=nobodyiscalledlikethis"),
    Shot("people-new", "admin", "/admin/people/new"),
    Shot("people-new-wrong", "admin", "/admin/people/new", do.invite_wrong, quiet="422"),
    Shot("person", "admin", "/admin/people/{vendor_person}"),
    Shot("person-invited", "admin", "/admin/people/new", do.invite),
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
    Shot("error-429", None, "/login", do.guess(6), quiet="42"),
    Shot("error-500", None, "/r/", broken=True, quiet="500"),
    *(
        Shot(f"error-{status}", None, "/error-page", before=do.answer_with(status))
        for status in (400, 409, 413, 422, 503)
    ),
)

_ACCESS_POINT = "?link-login-only=http%3A%2F%2F10.5.50.1%2Flogin"
WIFI = (
    Shot("wifi-shop", None, "/wifi/mama-wanjiru"),
    Shot("wifi-shop-wrong", None, "/wifi/mama-wanjiru", do.send_no_phone, quiet="422"),
    Shot("wifi-shop-empty", None, "/wifi/quiet"),
    Shot("wifi-prompted", None, "/wifi/mama-wanjiru/{wifi_prompted}", full=False),
    Shot("wifi-unknown", None, "/wifi/mama-wanjiru/{wifi_unknown}", full=False),
    Shot("wifi-rejected", None, "/wifi/mama-wanjiru/{wifi_rejected}", full=False),
    Shot("wifi-paid", None, "/wifi/mama-wanjiru/{wifi_paid}" + _ACCESS_POINT),
    Shot("wifi-order", "long", "/orders/{wifi_gift}"),
    Shot("wifi-admin", "admin", "/admin/wifi", do.open_pass),
    Shot("wifi-admin-packages", "admin", "/admin/wifi/packages"),
    Shot("wifi-admin-package", "admin", "/admin/wifi/packages/{wifi_package}"),
)

SHOTS = (*ACCOUNTS, *CUSTOMER, *DRIVER, *VENDOR, *ADMIN, *HOUSES, *WIFI, *TRANSITIONS, *ERRORS)
