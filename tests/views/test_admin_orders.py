"""The admin's list: all orders, newest first, narrowed, by cursor."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import event, func, select

from app.domain.order_placement import Line
from app.extensions import atomic, db
from app.models import SavedFilter
from app.views.admin import queue_warning
from tests.factories import order_in, place


def numbers(page) -> list[str]:
    assert page.status_code == 200
    return re.findall(r'<tr data-order-number="(\w+)"', page.text)


def test_it_lists_every_order_newest_first(cast, as_person):
    first = place(cast).order.number
    second = place(cast, restaurant=cast.other_restaurant).order.number
    unpaid = order_in(cast, "awaiting_payment").number
    assert numbers(as_person(cast.admin).get("/admin/orders")) == [unpaid, second, first]


def test_times_of_several_zones_say_their_zone(cast, as_person):
    place(cast)
    browser = as_person(cast.admin)
    assert "pl-zone" not in browser.get("/admin/orders").text
    place(cast, restaurant=cast.other_restaurant)
    assert re.findall(r'pl-zone">(\w+)<', browser.get("/admin/orders").text) in (["JST", "WET"], ["JST", "WEST"])


def test_it_narrows_by_status(cast, as_person):
    place(cast)
    accepted = order_in(cast, "accepted").number
    assert numbers(as_person(cast.admin).get("/admin/orders?status=accepted")) == [accepted]


def test_it_narrows_by_restaurant(cast, as_person):
    place(cast)
    other = place(cast, restaurant=cast.other_restaurant).order.number
    assert numbers(as_person(cast.admin).get("/admin/orders?restaurant=second")) == [other]


@pytest.mark.parametrize("text", ["{number}", "{start}", "other", "OTHER cust", "Pers other", "35191000"])
def test_it_searches_by_number_name_and_phone(cast, as_person, text):
    order = place(cast, customer=cast.other_customer).order
    text = text.format(number=order.number.lower(), start=order.number[:5])
    assert order.number in numbers(as_person(cast.admin).get("/admin/orders", query_string={"q": text}))


@pytest.mark.parametrize("text", ["nobody", "other nobody", "ther", "351919"])
def test_it_finds_nothing_where_there_is_nothing(cast, as_person, text):
    place(cast, customer=cast.other_customer)
    page = as_person(cast.admin).get("/admin/orders", query_string={"q": text})
    assert numbers(page) == []
    assert "No order matches" in page.text


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("fulfilment=dine_in", ["dine_in"]),
        ("payment=mpesa", ["mpesa"]),
        ("payment=unpaid&fulfilment=dine_in", ["dine_in"]),
        ("payment=paid", ["done"]),
        ("only=vendor", []),
        ("only=declined", ["declined"]),
        ("only=declined&restaurant=second", []),
        ("q=other&fulfilment=pickup", ["declined"]),
        ("q=other&fulfilment=delivery&sort=total", []),
        ("sort=oldest", ["dine_in", "mpesa", "done", "declined"]),
        ("sort=total", ["done", "dine_in", "declined", "mpesa"]),
        ("sort=due", ["dine_in", "mpesa"]),
    ],
)
def test_it_narrows_and_sorts(cast, as_person, query, finds):
    orders = {
        "dine_in": place(cast, fulfilment="dine_in", lines=[Line(cast.items()[0].id, 2)]).order,
        "mpesa": order_in(cast, "awaiting_payment", lines=[Line(cast.items()[0].id, 1)]),
        "done": order_in(cast, "collected"),
        "declined": order_in(cast, "cancelled", customer=cast.other_customer, lines=[Line(cast.items()[0].id, 1)]),
    }
    assert numbers(as_person(cast.admin).get(f"/admin/orders?{query}")) == [orders[name].number for name in finds]


@pytest.mark.parametrize("query", ["", "&status=placed", "&q=customer", "&fulfilment=pickup"])
def test_days_are_those_of_the_house(cast, as_person, query):
    with time_machine.travel(datetime(2026, 3, 3, 23, 30, tzinfo=ZoneInfo("Europe/Lisbon")), tick=False):
        place(cast)
    with time_machine.travel(datetime(2026, 3, 4, 0, 30, tzinfo=ZoneInfo("Europe/Lisbon")), tick=False):
        wanted = place(cast).order.number
    with atomic():
        cast.other_restaurant.time_zone = "Europe/Lisbon"
    admin = as_person(cast.admin)
    assert numbers(admin.get(f"/admin/orders?begins=2026-03-04&ends=2026-03-04{query}")) == [wanted]
    assert len(numbers(admin.get(f"/admin/orders?begins=2026-03-03{query}"))) == 2
    assert len(numbers(admin.get(f"/admin/orders?ends=2026-03-02{query}"))) == 0


@pytest.mark.parametrize("sort", ["newest", "oldest", "due", "total"])
@pytest.mark.parametrize("narrowed", ["", "&status=placed", "&fulfilment=pickup", "&q=customer"])
def test_a_sort_is_paged_without_gaps_or_repeats(cast, as_person, sort, narrowed, monkeypatch):
    monkeypatch.setattr("app.views.admin.orders.PAGE", 2)
    lines = [[Line(cast.items()[0].id, n)] for n in (1, 2, 2, 2, 1)]
    placed = {place(cast, lines=each).order.number for each in lines}
    admin = as_person(cast.admin)
    url, seen = f"/admin/orders?sort={sort}{narrowed}", []
    while url:
        page = admin.get(url)
        seen += numbers(page)
        url = next((each.replace("&amp;", "&") for each in re.findall(r'href="([^"]+)" rel="next"', page.text)), None)
    assert len(seen) == 5
    assert set(seen) == placed


def test_a_page_looks_through_no_more_than_a_window_and_says_so(cast, as_person, monkeypatch):
    monkeypatch.setattr("app.domain.order_lists.WINDOW", 3)
    wanted = place(cast, fulfilment="dine_in").order.number
    for _ in range(4):
        place(cast)
    admin = as_person(cast.admin)
    page = admin.get("/admin/orders?fulfilment=dine_in")
    assert numbers(page) == []
    assert "looked through 3 orders" in page.text
    [further] = re.findall(r'href="([^"]+)" rel="next"', page.text)
    page = admin.get(further.replace("&amp;", "&"))
    assert numbers(page) == [wanted]
    assert "looked through" not in page.text


@pytest.mark.usefixtures("csrf_off")
def test_a_filter_is_kept_under_a_name_and_taken_away(cast, as_person):
    admin, path = as_person(cast.admin), "/admin/orders/filters"
    for query in ("status=placed", "status=placed&sort=due&after=7"):
        answer = admin.post(path, data={"name": " To be taken ", "query": query})
    assert (answer.status_code, answer.location) == (303, "/admin/orders?status=placed&sort=due")
    page = admin.get("/admin/orders?status=placed&sort=due").text
    assert page.count("To be taken</span>") == 1
    assert 'href="/admin/orders?status=placed&amp;sort=due" aria-current="true"' in page
    [removal] = re.findall(r'action="(/admin/orders/filters/\d+/removal)"', page)
    assert as_person(cast.people()["vendor"]).post(removal).status_code == 403
    assert "is not kept any more" in admin.post(removal, follow_redirects=True).text
    assert "To be taken</span>" not in admin.get("/admin/orders").text


@pytest.mark.usefixtures("csrf_off")
@pytest.mark.parametrize(("name", "query"), [("", "status=placed"), ("All", ""), ("All", "after=3")])
def test_a_filter_needs_a_name_and_narrows_something(cast, as_person, name, query):
    answer = as_person(cast.admin).post("/admin/orders/filters", data={"name": name, "query": query})
    assert answer.status_code == 303
    assert db.session.scalars(select(func.count(SavedFilter.id))).one() == 0


def test_filters_work_together(cast, as_person):
    place(cast)
    wanted = place(cast, customer=cast.other_customer, restaurant=cast.other_restaurant).order.number
    place(cast, restaurant=cast.other_restaurant)
    page = as_person(cast.admin).get("/admin/orders?q=other&restaurant=second&status=placed")
    assert numbers(page) == [wanted]


@pytest.mark.parametrize("filters", ["", "status=placed", "restaurant=first", "q=customer"])
def test_a_page_begins_below_the_one_before(cast, as_person, filters):
    placed = [place(cast).order.number for _ in range(45)]
    admin = as_person(cast.admin)
    first = admin.get(f"/admin/orders?{filters}")
    assert numbers(first) == placed[:4:-1]
    [older] = re.findall(r'href="([^"]+)" rel="next"', first.text)
    second = admin.get(older.replace("&amp;", "&"))
    assert numbers(second) == placed[4::-1]
    assert 'rel="next"' not in second.text
    assert 'rel="first"' in second.text


def test_orders_that_come_meanwhile_do_not_shift_a_page(cast, as_person):
    placed = [place(cast).order for _ in range(3)]
    path = f"/admin/orders?after={placed[2].id}"
    before = numbers(as_person(cast.admin).get(path))
    place(cast)
    assert numbers(as_person(cast.admin).get(path)) == before == [placed[1].number, placed[0].number]


@pytest.mark.parametrize(
    "query",
    [
        "status=eaten",
        "restaurant=nowhere",
        "sort=taste",
        "fulfilment=drone",
        "payment=shells",
        "begins=today",
        "begins=2026-02-02&ends=2026-02-01",
        "begins=0001-01-01",
        "ends=9999-12-31",
        "after=-1",
        "after=x",
        "after=1.x",
        "after=1.2.3",
        "after=9223372036854775808",
        f"q={'x' * 101}",
    ],
)
def test_what_cannot_be_asked_is_refused(cast, as_person, query):
    assert as_person(cast.admin).get(f"/admin/orders?{query}").status_code == 422


def test_the_list_alone_is_a_fragment_of_the_same_page(cast, as_person):
    number = place(cast).order.number
    page = as_person(cast.admin).get("/admin/orders?status=placed").text
    [url] = re.findall(r'pl-orders" data-fragment="([^"]+)"', page)
    fragment = as_person(cast.admin).get(url)
    assert url == "/admin/orders/list?status=placed"
    assert numbers(fragment) == [number]
    assert "<html" not in fragment.text


def test_a_page_takes_the_same_few_statements_however_long_it_is(cast, as_person, monkeypatch):
    # Else a slow machine asks once more in between.
    monkeypatch.setattr(queue_warning, "_KEPT", 600.0)
    admin = as_person(cast.admin)

    def statements() -> int:
        seen: list[str] = []
        listen = lambda *args: seen.append(args[2])  # noqa: E731  (removed again below)
        event.listen(db.engine, "before_cursor_execute", listen)
        admin.get("/admin/orders")
        event.remove(db.engine, "before_cursor_execute", listen)
        return len(seen)

    place(cast)
    statements()  # what is remembered for a while is asked now
    few = statements()
    for _ in range(20):
        place(cast, customer=cast.other_customer, restaurant=cast.other_restaurant)
    statements()
    assert statements() == few


@pytest.mark.parametrize("who", ["vendor", "customer", "driver", "outsider"])
@pytest.mark.parametrize("path", ["/admin/orders", "/admin/orders/list"])
def test_it_is_for_admins_alone(cast, as_person, who, path):
    assert as_person(cast.people()[who]).get(path).status_code == 403
