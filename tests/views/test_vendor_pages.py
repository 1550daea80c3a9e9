"""The pages of a restaurant beside its board: papers, orders, statistics, staff; and who of the staff may see which."""

from datetime import timedelta

import pytest
import time_machine

from app.contract.times import now
from app.domain import board_settings, kitchen_statistics, orders
from app.domain.order_placement import Line
from app.extensions import atomic, db
from tests.factories import order_in, place

pytestmark = [pytest.mark.parametrize("backend", ["sqlite"]), pytest.mark.usefixtures("csrf_off")]

# Page by page, of a ready order: what the roles are answered.
DUTIES = """
GET  /vendor/                               manager cook counter
GET  /vendor/orders/{number}/card           manager cook counter
POST /vendor/orders/{number}/handover       manager cook counter
POST /vendor/orders/{number}/recall         manager cook
POST /vendor/orders/{number}/items/{item}/tick manager cook
GET  /vendor/orders                         manager counter
GET  /vendor/orders/list                    manager counter
GET  /vendor/orders/{number}/kitchen-ticket manager counter
POST /vendor/orders/{number}/receipt        manager counter
GET  /vendor/statistics                     manager
GET  /vendor/staff                          manager
GET  /vendor/settings                       manager
POST /vendor/settings                       manager
POST /vendor/settings/capacity              manager
GET  /vendor/capacity                       manager counter cook
"""


@pytest.mark.parametrize("line", DUTIES.strip().splitlines(), ids=lambda line: " ".join(line.split()[:2]))
def test_each_page_is_for_those_whose_duty_it_is(cast, as_person, line):
    method, path, *may = line.split()
    order = order_in(cast, "ready_for_pickup")
    path = path.format(number=order.number, item=order.items[0].id)
    for role in ("counter", "cook", "manager"):
        with atomic():
            cast.colleague.staff_role = role
        status = as_person(cast.colleague).open(path, method=method, data={"expected_version": "1"}).status_code
        assert (status == 403) == (role not in may), role


def test_a_card_offers_what_one_may_do(cast, as_person):
    order = order_in(cast, "placed")
    path = f"/vendor/orders/{order.number}/card"
    assert "Accept" in as_person(cast.colleague).get(path).text
    with atomic():
        cast.colleague.staff_role = "counter"
    assert "Accept" not in as_person(cast.colleague).get(path).text
    assert "/kitchen-ticket" in as_person(cast.colleague).get(path).text


def test_a_ticket_is_printed_once_and_then_says_copy(cast, as_person):
    soup, stew, _ = cast.items()
    board_settings.assign(cast.restaurant, {soup.id: "Cold", stew.id: "Grill"}, by=cast.vendor)
    order = place(cast, lines=[Line(soup.id, 2, "nut allergy"), Line(stew.id, 1)]).order
    browser = as_person(cast.vendor)
    path = f"/vendor/orders/{order.number}/kitchen-ticket"
    assert "Not printed yet" in browser.get(path).text
    first = browser.post(path, follow_redirects=True).text
    assert "data-print-now" in first
    assert is_original(first)
    assert "!! ALLERGY !!" in first
    assert ">Copy 1<" in browser.post(path, follow_redirects=True).text
    grill = browser.get(f"{path}?station=Grill").text
    assert stew.name in grill
    assert soup.name not in grill


def is_original(page):
    """Whether what a printer makes of the page has no mark of a copy."""
    return '<p class="pl-paper-copy " hidden>' in page


def test_of_two_screens_each_prints_what_was_counted_for_it(cast, as_person):
    path = f"/vendor/orders/{place(cast).order.number}/kitchen-ticket"
    screens = [as_person(cast.vendor), as_person(cast.colleague)]
    # Both have pressed before either page comes.
    pages = [screen.post(path).location for screen in screens]
    original, copy = (screen.get(page).text for screen, page in zip(screens, pages, strict=True))
    assert is_original(original)
    assert ">Copy 1<" in copy


def test_a_page_for_which_nothing_was_counted_prints_a_copy(cast, as_person):
    path = f"/vendor/orders/{place(cast).order.number}/kitchen-ticket"
    browser = as_person(cast.vendor)
    before, printed = browser.get(path).text, browser.post(path).location
    forged = browser.get(f"{printed}x").text
    for page in (before, forged, browser.get(path).text):
        assert "pl-paper-uncounted" in page
        assert "data-print-now" not in page


def test_an_order_that_moved_since_it_was_counted_is_not_printed(cast, as_person):
    order = order_in(cast, "accepted")
    browser = as_person(cast.vendor)
    page = browser.post(f"/vendor/orders/{order.number}/kitchen-ticket").location
    orders.start(order, by=cast.colleague)
    shown = browser.get(page).text
    assert "The order has changed meanwhile" in shown
    assert "data-print-now" not in shown


def test_a_receipt_has_what_was_bought(cast, as_person):
    order = place(cast).order
    page = as_person(cast.vendor).post(f"/vendor/orders/{order.number}/receipt", follow_redirects=True).text
    for words in (order.number, cast.restaurant.name, "21.50", "to pay", order.customer.name):
        assert words in page


@pytest.mark.parametrize("paper", ["kitchen-ticket", "receipt"])
def test_the_papers_of_who_eats_here_name_the_table(cast, as_person, paper):
    order = place(cast, fulfilment="dine_in", table="Window 7").order
    assert "Eat in, table Window 7" in as_person(cast.vendor).get(f"/vendor/orders/{order.number}/{paper}").text


@pytest.mark.parametrize("query", ["first=0001-01-01", "last=9999-12-31"])
def test_the_ends_of_the_calendar_are_no_days_of_a_kitchen(cast, as_person, query):
    assert as_person(cast.vendor).get(f"/vendor/orders?{query}").status_code == 422


@pytest.mark.parametrize(("asked", "found"), [("", 2), ("Other", 1), ("+351910", 2), ("Nobody", 0)])
def test_orders_are_found_by_words(cast, as_person, asked, found):
    place(cast)
    place(cast, customer=cast.other_customer)
    place(cast, restaurant=cast.other_restaurant)
    assert as_person(cast.vendor).get("/vendor/orders", query_string={"q": asked}).text.count("<tr data-order") == found


def test_orders_are_found_by_service_day_and_state(cast, as_person):
    browser = as_person(cast.vendor)
    with time_machine.travel("2026-11-21T03:00:00Z", tick=False):
        night = order_in(cast, "collected")
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False):
        noon = order_in(cast, "collected")
    friday = browser.get("/vendor/orders?first=2026-11-20&last=2026-11-20").text
    assert night.number[-4:] in friday
    assert noon.number not in friday
    assert browser.get("/vendor/orders?first=2026-11-21&status=collected").text.count("<tr data-order") == 1
    assert "No order matches" in browser.get("/vendor/orders?status=cancelled").text
    assert browser.get("/vendor/orders?first=yesterday").status_code == 422


def test_figures_of_today_and_of_the_week(cast, as_person):
    began = kitchen_statistics.week_began(cast.restaurant, now())
    with time_machine.travel(began + timedelta(days=1, hours=6), tick=False) as clock:
        order_in(cast, "cancelled")
        clock.shift(timedelta(days=1))
        order = place(cast).order
        clock.shift(90)
        orders.accept(order, by=cast.vendor, prep_minutes=10)
        clock.shift(timedelta(minutes=50))
        orders.mark_ready(order, by=cast.vendor)
        place(cast, restaurant=cast.other_restaurant)
        today = kitchen_statistics.day_began(cast.restaurant, now())
        figures = kitchen_statistics.since(db.session(), cast.restaurant, today)
        week = kitchen_statistics.since(db.session(), cast.restaurant, began)
        page = as_person(cast.vendor).get("/vendor/statistics").text
    assert (figures.orders, figures.sales_minor, figures.late, figures.cancelled) == (1, order.total_minor, 1, {})
    assert (figures.acceptance.median, figures.preparation.slow) == (90, 3000)
    assert figures.best == [("The First Table soup", 2), ("The First Table stew", 1)]
    assert (week.orders, week.cancelled, week.sales_minor) == (2, {"declined": 1}, order.total_minor)
    for words in ("1:30", "50:00", "Declined by the kitchen: 1", "The First Table soup"):
        assert words in page


def test_a_kitchen_without_orders_has_figures_too(cast, as_person):
    assert "none yet" in as_person(cast.vendor).get("/vendor/statistics").text


def test_a_manager_changes_what_a_colleague_may_do(cast, as_person):
    browser = as_person(cast.vendor)
    path = f"/vendor/staff/{cast.colleague.id}"
    assert browser.post(f"{path}/role", data={"staff_role": "cook"}).status_code == 303
    assert "is cook now" in browser.get("/vendor/staff").text
    browser.post(f"{path}/activity")
    assert "May not log in" in browser.get("/vendor/staff").text
    browser.post(f"{path}/activity", data={"active": "y"})
    assert "May not log in" not in browser.get("/vendor/staff").text
    browser.post(f"/vendor/staff/{cast.vendor.id}/role", data={"staff_role": "cook"})
    assert "another manager has to do it" in browser.get("/vendor/staff").text
