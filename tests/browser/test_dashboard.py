"""The dashboard live: money and orders move it without a reload, and however much happens it asks once a second."""

import itertools

from playwright.sync_api import Page, expect

from app.contract.times import now
from app.domain import payment_events
from app.extensions import atomic
from app.models import Payment
from tests.browser.conftest import Visit, is_live
from tests.cast import Cast
from tests.factories import order_in, payment_of, place

FETCHES = """() => performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/admin/dashboard"))"""


def told(payment: Payment) -> None:
    with atomic() as session:
        payment_events.completed(session, payment, at=now())


def stat(page: Page, label: str):
    return page.locator(".pl-stat", has_text=label).locator(".pl-stat-value")


def test_money_that_comes_in_moves_it(visit: Visit, cast: Cast):
    page = is_live(visit(cast.admin, "/admin/"))
    expect(stat(page, "Money today")).to_have_text("0")
    told(payment_of(place(cast).order, amount_minor=2150))
    expect(stat(page, "Money today")).to_have_text("€21.50")
    expect(page.locator("[data-chart^=days] canvas")).to_be_visible()


def test_an_order_moves_it_and_the_chart_is_carried_over(visit: Visit, cast: Cast):
    page = is_live(visit(cast.admin, "/admin/"))
    page.evaluate("window.canvas = document.querySelector('[data-chart=hours] canvas')")
    page.evaluate("window.fragment = document.querySelector('.pl-dashboard')")
    order_in(cast, "accepted")
    expect(page.locator(".pl-states-line[href$='status=accepted'] b")).to_have_text("1")
    assert page.evaluate("window.fragment !== document.querySelector('.pl-dashboard')")
    assert page.evaluate("window.canvas === document.querySelector('[data-chart=hours] canvas')")
    assert page.evaluate("window.canvas.isConnected")


def test_a_flood_of_events_is_one_fetch_a_second(visit: Visit, cast: Cast):
    page = is_live(visit(cast.admin, "/admin/"))
    order = place(cast).order
    payments = [payment_of(order, amount_minor=1) for _ in range(20)]
    for payment in payments * 10:
        told(payment)
    page.wait_for_function("() => window.heard.filter((name) => name === 'PaymentCompleted').length === 400")
    expect(stat(page, "Money today")).to_have_text("€0.20")
    starts = page.evaluate(f"() => ({FETCHES})().map(({{ startTime }}) => startTime)")
    assert starts
    assert all(after - before > 950 for before, after in itertools.pairwise(starts))


def test_the_list_of_payments_follows_by_itself(visit: Visit, cast: Cast):
    page = is_live(visit(cast.admin, "/admin/payments"))
    expect(page.locator(".pl-empty")).to_be_visible()
    payment = payment_of(place(cast).order)
    told(payment)
    expect(page.locator(f"[data-payment-id='{payment.id}']")).to_be_visible()
