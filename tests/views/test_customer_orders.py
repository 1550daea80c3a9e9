"""The customer's home."""

import pytest

from tests.factories import order_in, place


def test_what_is_under_way_stands_before_what_is_done(cast, as_person):
    done, live = order_in(cast, "collected"), order_in(cast, "preparing")
    page = as_person(cast.customer).get("/orders/").text
    assert page.index(live.number) < page.index(done.number)


def test_it_shows_nobody_elses_orders(cast, as_person):
    mine, foreign = place(cast).order, place(cast, customer=cast.other_customer).order
    page = as_person(cast.customer).get("/orders/").text
    assert mine.number in page
    assert foreign.number not in page


def test_it_says_so_when_there_is_nothing_yet(cast, as_person):
    page = as_person(cast.outsider).get("/orders/").text
    assert "Nothing under way" in page
    assert "The First Table" in page


def test_earlier_orders_are_read_page_by_page(cast, as_person):
    numbers = [order_in(cast, "cancelled").number for _ in range(13)][::-1]
    browser = as_person(cast.customer)
    first = browser.get("/orders/").text
    assert all(number in first for number in numbers[:10])
    assert numbers[10] not in first
    link = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    second = browser.get(link).text
    assert all(number in second for number in numbers[10:])
    assert numbers[9] not in second


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 30, "٣"])
def test_a_cursor_that_never_was_one_is_the_first_page(cast, as_person, cursor):
    order = place(cast).order
    assert order.number in as_person(cast.customer).get(f"/orders/?after={cursor}").text


@pytest.mark.parametrize("path", ["/orders/", "/orders/live", "/orders/past"])
def test_it_is_for_customers(cast, as_person, path):
    assert as_person(cast.vendor).get(path).status_code == 403
    assert as_person(None).get(path).location.startswith("/login?next=/orders")


def test_the_page_says_how_far_the_log_was(cast, as_person):
    assert '<meta name="passline-position" content="' in as_person(cast.customer).get("/orders/").text


def test_what_is_on_the_page_can_be_fetched_alone(cast, as_person):
    done, live = order_in(cast, "collected"), order_in(cast, "preparing")
    browser = as_person(cast.customer)
    assert live.number in browser.get("/orders/live").text
    assert done.number in browser.get("/orders/past").text
    assert "<html" not in browser.get("/orders/live").text
