"""The dashboard: every figure, where it leads, and the same without JavaScript."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event, update

from app.contract.times import now
from app.extensions import atomic, db
from app.models import Order
from tests.factories import order_in, payment_of, place, refund_of


def stats(page) -> dict[str, str]:
    """Each figure of the page by what it is called, and where it leads."""
    assert page.status_code == 200
    found = re.findall(
        r'<(?:a|div) class="pl-stat[^"]*"[^>]*?(?:href="([^"]*)")?\s*>.*?</svg><span>([^<]*)</span></span>\s*'
        r'<b class="pl-stat-value">([^<]*)</b>',
        page.text,
        re.S,
    )
    return {label: (value, href.replace("&amp;", "&")) for href, label, value in found}


@pytest.fixture
def admin(cast, as_person):
    return as_person(cast.admin)


def test_an_empty_house_has_a_dashboard(app, cast, admin):
    found = stats(admin.get("/admin/"))
    assert found["Money today"][0] == "0"
    assert found["Late"][0] == "0"
    assert "No order was cancelled in 7 days." in admin.get("/admin/").text


def test_it_is_drawn_by_the_clock_too_because_no_event_says_that_an_order_is_late_by_now(cast, admin):
    assert 'data-fragment-every="15"' in admin.get("/admin/dashboard").text


def test_it_leads_home_for_an_admin(cast, admin):
    assert admin.get("/").location == "/admin/"


def test_money_is_shown_by_currency(cast, admin):
    payment_of(place(cast).order, amount_minor=2150)
    payment_of(place(cast, restaurant=cast.other_restaurant).order, amount_minor=900, method="cash", receipt=None)
    page = admin.get("/admin/").text
    values = re.findall(r'Money today</span></span>\s*<b class="pl-stat-value">([^<]*)</b>', page)
    assert sorted(values) == ["¥900", "€21.50"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_each_figure_counts_what_it_says_and_leads_there(cast, admin):
    late = order_in(cast, "accepted")
    slow = place(cast).order
    with atomic() as session:
        past = now() - timedelta(minutes=1)
        session.execute(update(Order).where(Order.id == late.id).values(promised_by=past))
        session.execute(update(Order).where(Order.id == slow.id).values(due_at=now() + timedelta(minutes=1)))
    payment_of(place(cast).order, "unknown")
    payment_of(place(cast).order, "needs_review")
    payment_of(place(cast).order, "prompted")
    refund_of(payment_of(place(cast).order))
    found = stats(admin.get("/admin/"))
    expected = ("Late", "Waiting too long", "On the phone now", "Not heard of", "To be reviewed", "Refunds owed")
    assert {name: found[name][0] for name in expected} == dict.fromkeys(expected, "1")
    assert late.number in admin.get(found["Late"][1]).text
    assert slow.number in (listed := admin.get(found["Waiting too long"][1]).text)
    assert late.number not in listed
    for name in expected[2:]:
        assert admin.get(found[name][1]).status_code == 200


def test_cancellations_lead_to_the_orders_cancelled_so(cast, admin):
    declined, placed = order_in(cast, "cancelled"), place(cast).order
    assert '<a href="/admin/orders?only=declined">Declined by the kitchen</a>' in admin.get("/admin/").text
    listed = admin.get("/admin/orders?only=declined").text
    assert declined.number in listed
    assert placed.number not in listed


@pytest.mark.parametrize("backend", ["sqlite"])
def test_charts_are_tables_too(cast, admin):
    payment_of(place(cast).order, amount_minor=2150)
    page = admin.get("/admin/").text
    assert page.count("data-chart=") == page.count("As a table") == 2
    assert any("€21.50" in table for table in re.findall(r"<tbody>.*?</tbody>", page, re.S))
    assert 'class="pl-bars pl-without-js"' in page


@pytest.mark.parametrize("backend", ["sqlite"])
def test_the_figures_alone_are_a_fragment_with_as_few_statements_however_many_orders(cast, admin):
    def statements() -> int:
        seen: list[str] = []
        listen = lambda *args: seen.append(args[2])  # noqa: E731  (removed again below)
        event.listen(db.engine, "before_cursor_execute", listen)
        fragment = admin.get("/admin/dashboard")
        event.remove(db.engine, "before_cursor_execute", listen)
        assert "<html" not in fragment.text
        return len(seen)

    few = statements()
    for _ in range(5):
        payment_of(order_in(cast, "accepted"))
    assert statements() == few
