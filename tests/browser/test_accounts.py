"""A log-in of two steps, and an admin who acts as somebody, as people do them."""

import re

import pyotp
from playwright.sync_api import expect

from app.contract.times import now
from app.extensions import db
from app.models import OrderChange
from tests.browser.conftest import Visit, is_live
from tests.cast import PASSWORD, Cast
from tests.factories import place, two_factors


def test_a_log_in_asks_for_the_code_of_the_app(visit: Visit, cast: Cast):
    secret, _ = two_factors(cast.customer)
    page = visit(None, "/login?next=/orders/")
    page.get_by_label("E-mail").fill(cast.customer.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    code = page.get_by_label("Code", exact=True)
    expect(code).to_be_focused()
    code.fill("123456")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("This code is wrong")
    # The app's next code: the one of now confirmed it.
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).at(now(), counter_offset=1))
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile(r"/orders/$"))


def test_an_admin_acts_as_a_vendor_and_the_page_says_so(visit: Visit, cast: Cast):
    order = place(cast).order
    page = visit(cast.admin, f"/admin/people/{cast.vendor.id}")
    watching = is_live(visit(cast.admin, "/admin/", beside=page))
    page.get_by_role("button", name=f"Act as {cast.vendor.name}").click()
    expect(page).to_have_url(re.compile(r"/vendor/$"))
    marked = page.get_by_role("region", name="Acting as another person")
    expect(marked).to_contain_text(f"You act as {cast.vendor.name}")
    is_live(page)
    # The same session in another tab has left the admin's rooms, and looks at its page anew: it is somebody else's now.
    expect(watching.get_by_role("region", name="Acting as another person")).to_be_visible()
    card = page.locator(f"[data-order-number='{order.number}']")
    card.get_by_role("button", name=re.compile("Accept")).first.click()
    expect(card).to_have_attribute("data-state", "accepted")
    db.session.rollback()
    change = db.session.query(OrderChange).order_by(OrderChange.id.desc()).first()
    assert change.actor_name == f"{cast.vendor.name} (by {cast.admin.name})"
    marked.get_by_role("button", name="Stop acting").click()
    expect(page).to_have_url(re.compile(rf"/admin/people/{cast.vendor.id}$"))
    expect(page.get_by_role("region", name="Acting as another person")).to_have_count(0)


def test_an_invitation_becomes_a_log_in(visit: Visit, cast: Cast):
    admin = visit(cast.admin, "/admin/people/new")
    admin.get_by_label("E-mail").fill("cook@example.com")
    admin.get_by_label("Name").fill("A Cook")
    admin.get_by_label("Role").select_option("vendor")
    admin.get_by_label("Restaurant", exact=True).select_option("first")
    admin.get_by_role("button", name="Invite").click()
    link = admin.get_by_label("The link").input_value()
    cook = visit(None, link[link.index("/invitation/") :])
    cook.get_by_label("New password").fill("a cook's own password")
    cook.get_by_role("button", name="Choose this password").click()
    cook.get_by_label("E-mail").fill("cook@example.com")
    cook.get_by_label("Password").fill("a cook's own password")
    cook.get_by_role("button", name="Log in").click()
    expect(cook).to_have_url(re.compile(r"/vendor/$"))
