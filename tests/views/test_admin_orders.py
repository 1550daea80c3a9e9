"""The admin's list: all orders, newest first, narrowed, by cursor."""

import re

import pytest
from sqlalchemy import event

from app.extensions import db
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
    ["status=eaten", "restaurant=nowhere", "after=-1", "after=x", "after=9223372036854775808", f"q={'x' * 101}"],
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


def test_a_page_takes_the_same_few_statements_however_long_it_is(cast, as_person):
    admin = as_person(cast.admin)

    def statements() -> int:
        seen: list[str] = []
        listen = lambda *args: seen.append(args[2])  # noqa: E731  (removed again below)
        event.listen(db.engine, "before_cursor_execute", listen)
        admin.get("/admin/orders")
        event.remove(db.engine, "before_cursor_execute", listen)
        return len(seen)

    place(cast)
    few = statements()
    for _ in range(20):
        place(cast, customer=cast.other_customer, restaurant=cast.other_restaurant)
    assert statements() == few


@pytest.mark.parametrize("who", ["vendor", "customer", "driver", "outsider"])
@pytest.mark.parametrize("path", ["/admin/orders", "/admin/orders/list"])
def test_it_is_for_admins_alone(cast, as_person, who, path):
    assert as_person(cast.people()[who]).get(path).status_code == 403
