"""Paying in a browser: a PIN on the simulated phone, and everybody's page turns by itself."""

import re
from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from playwright.sync_api import Browser, Page, expect

from app.domain import passes
from app.extensions import atomic, db
from app.models import HotspotUser
from tests.browser.conftest import PATIENCE, Visit, is_live
from tests.browser.site import Site
from tests.cast import Cast
from tests.conftest import settings
from tests.factories import order_in
from tests.gateway.process import Gateway
from tests.processes import SimulatorProcess, Web, Worker
from tests.services import free_port
from tests.wifi_rows import package

PHONE, TYPED = "254712345678", "0712 345 678"


class PaidSite(Site):
    """The site with its provider and its worker, as the demo has them."""

    def __init__(self, database_url: str) -> None:
        port, simulator = free_port(), free_port()
        here = f"http://127.0.0.1:{simulator}"
        config = settings(
            database_url,
            gateway_port=free_port(),
            public_url=f"http://127.0.0.1:{port}",
            mpesa_url=here,
            mpesa_consumer_key="key",
            mpesa_consumer_secret="secret",
            mpesa_passkey="passkey",
            mpesa_shortcode="174379",
            mpesa_sources=(ip_network("127.0.0.0/8"),),
            sms_url=here,
            sms_username="sandbox",
            sms_api_key="sms key",
        )
        self.web = Web(config, port)
        self.http = self.web.http
        self.gateway = Gateway(settings(database_url, allowed_origins=(self.http,)), config.gateway_port)
        self.worker = Worker(config)
        self.provider = SimulatorProcess(config, simulator)

    def start(self) -> "PaidSite":
        for process in (self.provider, self.gateway, self.worker, self.web):
            process.start()
        return self

    def remove(self) -> None:
        for process in (self.worker, self.provider):
            process.remove()
        super().remove()


@pytest.fixture(scope="module")
def running_site(database_url_of, chrome) -> Iterator[list[Site]]:
    """This module's own: those of the other tests know no provider."""
    site = PaidSite(database_url_of("sqlite"))
    yield [site]
    site.remove()


@pytest.fixture
def site(site_app, running_site) -> Site:
    [site] = running_site
    return site if site.web.process else site.start()


@pytest.fixture
def cast(cast) -> Cast:
    with atomic():
        cast.restaurant.currency = "KES"
    return cast


@pytest.fixture
def phone(chrome: Browser, site: PaidSite) -> Iterator[Page]:
    """The guest's phone."""
    context = chrome.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{site.provider.http}/phone?number={PHONE}")
    yield page
    context.close()


def enter_pin(phone: Page) -> None:
    for digit in "1234":
        phone.get_by_role("button", name=digit, exact=True).click()
    phone.get_by_role("button", name="Send").click()


def test_a_pin_on_the_phone_places_the_order_and_moves_the_dashboard(visit: Visit, cast: Cast, phone: Page):
    order = order_in(cast, "awaiting_payment")
    admin = is_live(visit(cast.admin, "/admin/"))
    guest = is_live(visit(cast.customer, f"/orders/{order.number}"))
    guest.get_by_label("M-Pesa number").fill(TYPED)
    guest.get_by_role("button", name="Send the prompt").click()
    expect(guest.locator("#payment")).to_have_attribute("data-pay", "sent")
    expect(phone.get_by_text(re.compile(r"Pay KES .* to Passline\?"))).to_be_visible()
    enter_pin(phone)
    expect(guest.locator("#payment")).to_have_count(0)
    expect(guest.locator(".pl-state").first).to_contain_text("Placed")
    expect(phone.get_by_text(re.compile("Confirmed. Ksh"))).to_be_visible()
    stat = admin.locator(".pl-stat", has_text="Money today")
    expect(stat).to_contain_text("1 payment ")
    expect(admin.locator(".pl-states-line[href$='status=placed'] b")).to_have_text("1")


def test_an_hour_of_wifi_shows_its_code_and_texts_it(visit: Visit, cast: Cast, phone: Page, site: PaidSite):
    package(cast)
    guest = visit(None, "/wifi/first")
    guest.locator("input[type=tel]").fill(TYPED)
    guest.get_by_role("button", name="Pay with M-Pesa").click()
    expect(guest.get_by_role("heading", name="Look at your phone")).to_be_visible()
    expect(phone.get_by_text(re.compile(r"Pay KES 50 to Passline\?"))).to_be_visible()
    enter_pin(phone)
    expect(guest.locator("[data-code]")).to_be_visible()
    db.session.rollback()
    user = db.session.query(HotspotUser).one()
    expect(guest.locator("[data-code]")).to_have_text(passes.shown(user.code))
    phone.goto(f"{site.provider.http}/sms")
    expect(phone.get_by_text(passes.shown(user.code)).first).to_be_visible()
