"""Guest Wi-Fi in a browser: a purchase that shows its code by itself, and the admin's page that moves with it."""

from playwright.sync_api import expect
from sqlalchemy import select

from app.contract.times import now
from app.domain import passes, wifi_sessions
from app.extensions import atomic, db
from app.models import HotspotUser, Payment
from tests.browser.conftest import Visit
from tests.cast import Cast
from tests.wifi_rows import account, package, paid


def settle(payment: Payment) -> str:
    """The money is there; the code that it bought."""
    with atomic() as session:
        payment.status, payment.settled_at = "paid", now()
        session.flush()
        return passes.mint_for_payment(session, payment, at=now()).code


def test_the_code_appears_by_itself_and_the_admin_sees_the_pass(visit: Visit, cast: Cast):
    payment = paid(package(cast), status="prompted")
    admin = visit(cast.admin, "/admin/wifi")
    expect(admin.get_by_text("No pass yet")).to_be_visible()
    guest = visit(None, f"/wifi/first/{payment.transaction_id}?link-login-only=http://10.5.0.1/login")
    expect(guest.get_by_role("heading", name="Look at your phone")).to_be_visible()
    code = settle(payment)
    expect(guest.locator("[data-code]")).to_have_text(passes.shown(code))
    expect(guest.locator("form.pl-wifi-login")).to_have_attribute("action", "http://10.5.0.1/login")
    expect(guest.locator(".pl-wifi-qr svg")).to_be_visible()
    row = admin.locator(".pl-pass")
    expect(row).to_contain_text(passes.masked(code))
    expect(row).to_have_attribute("data-state", "minted")


def test_an_admin_sees_a_session_end(visit: Visit, cast: Cast):
    payment = paid(package(cast), status="prompted")
    settle(payment)
    user = db.session.scalars(select(HotspotUser)).unique().one()
    account(user, "S1", began=now(), seconds=60)
    wifi_sessions.sync_accounting()
    admin = visit(cast.admin, "/admin/wifi")
    expect(admin.locator("[data-online='1']")).to_be_visible()
    account(user, "S2", began=now(), seconds=30, acctstoptime=now())
    wifi_sessions.sync_accounting()
    expect(admin.locator("[data-use]")).to_contain_text("1 min")


def test_without_scripts_a_package_is_chosen_and_the_page_waits(visit: Visit, cast: Cast):
    package(cast, name="Short")
    package(cast, name="Long", price_minor=9000)
    guest = visit(None, "/wifi/first", java_script_enabled=False)
    guest.get_by_role("radio", name="Long").check()
    expect(guest.locator("input[type=radio]").nth(1)).to_be_checked()
    guest.get_by_role("button", name="Pay with M-Pesa").click()
    expect(guest.locator(".pl-error")).to_contain_text("Which phone pays?")
    expect(guest.locator("input[type=radio]").nth(1)).to_be_checked()
