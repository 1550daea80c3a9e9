"""One step for many orders: looked at first, then taken, each with its own answer."""

import re

import pytest

from app.domain import bulk, orders
from app.extensions import db
from app.models import Order
from tests.factories import order_in, place

pytestmark = [pytest.mark.parametrize("backend", ["sqlite"]), pytest.mark.usefixtures("csrf_off")]


def post(browser, path: str, chosen: list[str], to: str, **said: str):
    return browser.post(f"/admin/orders/bulk{path}", data={"order": chosen, "to": to, **said})


def seen(*chosen: Order) -> list[str]:
    return [f"{order.number}:{order.version}" for order in chosen]


def outcomes(page) -> list[tuple[str, str]]:
    assert page.status_code == 200
    lines = re.findall(r'<li data-outcome="(\w+)">(.*?)</li>', page.text.split("pl-bulk-lines")[1], re.DOTALL)
    return [(outcome, re.findall(r'pl-bulk-sentence">([^<]+)<', text)[0]) for outcome, text in lines]


def statuses(*chosen: Order) -> list[str]:
    db.session.rollback()
    db.session.expire_all()
    return [order.status for order in chosen]


def test_it_is_looked_at_before_anything_happens(cast, as_person):
    placed, accepted, done = place(cast).order, order_in(cast, "accepted"), order_in(cast, "collected")
    page = post(as_person(cast.admin), "/preview", seen(placed, accepted, done), "accepted")
    assert outcomes(page) == [
        ("moves", "Placed becomes accepted."),
        ("there", "It is accepted already."),
        ("refused", "An order that is collected cannot become accepted."),
    ]
    assert statuses(placed, accepted, done) == ["placed", "accepted", "collected"]
    assert f'name="order" value="{placed.number}:1"' in page.text


def test_each_order_is_taken_there_for_itself(cast, as_person):
    first, done, second = place(cast).order, order_in(cast, "collected"), place(cast).order
    page = post(as_person(cast.admin), "", seen(first, done, second), "accepted")
    assert [outcome for outcome, _ in outcomes(page)] == ["moves", "refused", "moves"]
    assert statuses(first, done, second) == ["accepted", "collected", "accepted"]


def test_whoever_was_faster_has_won_that_order_alone(cast, as_person):
    first, second = place(cast).order, place(cast).order
    chosen = seen(first, second)
    orders.accept(first, by=cast.vendor)
    page = post(as_person(cast.admin), "", chosen, "cancelled", reason_code="other")
    (lost, sentence), (moved, _) = outcomes(page)
    assert (lost, moved) == ("refused", "moves")
    assert sentence.startswith("Vendor Person was faster")
    assert statuses(first, second) == ["accepted", "cancelled"]


@pytest.mark.parametrize("path", ["/preview", ""])
def test_a_reason_that_is_asked_for_is_missed_in_each_row(cast, as_person, path):
    order = place(cast).order
    assert outcomes(post(as_person(cast.admin), path, seen(order), "cancelled")) == [("refused", "Say why.")]


@pytest.mark.parametrize(
    ("chosen", "to"), [([], "accepted"), (["nonsense"], "accepted"), (["X:1"] * 2, ""), (["X:1"], "eaten")]
)
def test_what_is_not_chosen_is_said_above_the_list(cast, as_person, chosen, to):
    answer = post(as_person(cast.admin), "/preview", chosen, to)
    assert (answer.status_code, answer.location) == (303, "/admin/orders")


def test_there_is_an_end_to_many(cast, as_person):
    answer = post(as_person(cast.admin), "", [f"X{n}:1" for n in range(bulk.MOST + 1)], "accepted")
    assert answer.status_code == 303
