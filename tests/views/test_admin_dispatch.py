"""The dispatch board: what stands where, what may be done from it, and what it costs to read."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event

from app.contract.times import now
from app.domain import drivers, offers, ticket_deadlines
from app.extensions import db
from app.models import Ticket
from tests.cast import COUNTER
from tests.factories import delivery, on_duty, ticket_in
from tests.trail import trail

PROBLEM = {"Accept": "application/problem+json"}
# What is drawn is the same on either database; the verbs are tested on both.
pytestmark = [pytest.mark.usefixtures("csrf_off"), pytest.mark.parametrize("backend", ["sqlite"])]


def board(browser, path="/admin/dispatch"):
    page = browser.get(path)
    assert page.status_code == 200
    return page.text


def parts(text):
    """The numbers of the orders in each part of the board, in order."""
    sections = re.findall(r'data-part="(\w+)"(.*?)</section>', text, re.DOTALL)
    return {part: re.findall(r"Delivery of (\w+)", body) for part, body in sections}


def options(text):
    return re.findall(r"<option[^>]*>([^<]+)</option>", text)


def now_is(ticket):
    db.session.rollback()
    db.session.refresh(ticket)
    return ticket.status


def test_who_needs_a_person_stands_first(cast, as_person):
    later = delivery(cast).number
    waiting = delivery(cast, "ready_for_pickup")
    ticket_deadlines.act_on_due()
    riding = ticket_in(cast, "assigned").order.number
    asked = ticket_in(cast, "offered", driver=cast.other_driver).order.number
    calling = ticket_in(cast, "needs_dispatcher").order.number
    assert list(parts(board(as_person(cast.admin))).items()) == [
        ("calling", [calling]),
        ("sought", [waiting.number]),
        ("offered", [asked]),
        ("under_way", [riding]),
        ("later", [later]),
    ]


@pytest.mark.parametrize("status", ["delivered", "returned", "cancelled"])
def test_what_is_over_is_not_on_it(cast, as_person, status):
    number = ticket_in(cast, status).order.number
    assert number not in board(as_person(cast.admin))


@pytest.mark.parametrize("status", ["assigned", "at_pickup", "picked_up", "at_dropoff", "failed", "returning"])
def test_what_a_driver_has_is_under_way(cast, as_person, status):
    number = ticket_in(cast, status).order.number
    assert parts(board(as_person(cast.admin)))["under_way"] == [number]


def test_a_row_says_how_long_and_how_often(cast, as_person):
    ticket = ticket_in(cast, "offered")
    offers.decline(ticket, by=cast.driver)
    with time_machine.travel(now() + timedelta(minutes=4), tick=False):
        text = board(as_person(cast.admin))
    assert re.search(r"looked for since <span[^>]*>4 min", text)
    assert "1 refusal<" in text


def test_an_offer_says_to_whom_and_until_when(cast, as_person):
    ticket_in(cast, "offered")
    assert re.search(r"Driver Person, <span data-counts-down=", board(as_person(cast.admin)))


def test_drivers_are_listed_nearest_first_and_those_who_cannot_with_the_reason(cast, as_person):
    on_duty(cast.driver, COUNTER[0] + 0.02, COUNTER[1])
    on_duty(cast.other_driver, *COUNTER)
    ticket_in(cast, "needs_dispatcher")
    names = [each.partition(",")[0] for each in options(board(as_person(cast.admin)))]
    assert names == ["Choose a driver", "Other Driver Person", "Driver Person"]
    ticket_in(cast, "assigned", driver=cast.other_driver)
    said = options(board(as_person(cast.admin)))
    assert said[1].startswith("Driver Person, 2.9 km, seen ")
    assert said[2].startswith("Other Driver Person, ")
    assert said[2].endswith("has a delivery")


def test_drivers_are_free_asked_or_busy(cast, as_person):
    on_duty(cast.other_driver)
    browser = as_person(cast.admin)
    assert ">Free<" in board(browser)
    assert "place not known" in board(browser)
    ticket_in(cast, "offered")
    assert "Being asked" in board(browser)


def test_those_off_duty_say_why(cast, as_person):
    on_duty(cast.driver)
    drivers.go_off_duty(cast.driver, by=cast.driver)
    assert re.search(r"Driver Person.*by themselves", board(as_person(cast.admin)), re.DOTALL)
    assert trail() == []


def test_its_map_shows_kitchens_doors_and_drivers(cast, as_person):
    ticket = ticket_in(cast, "needs_dispatcher")
    on_duty(cast.driver, *COUNTER)
    text = board(as_person(cast.admin))
    for key in (f"restaurant-{cast.restaurant.id}", f"door-{ticket.id}", f"driver-{cast.driver.id}"):
        assert f'"key": "{key}"' in text


def test_the_board_alone_is_a_fragment_of_the_page(cast, as_person):
    number = ticket_in(cast, "unassigned").order.number
    browser = as_person(cast.admin)
    [url] = re.findall(r'class="pl-dispatch" data-fragment="([^"]+)"', board(browser))
    assert number in board(browser, url)
    assert "<html" not in board(browser, url)


def test_it_takes_the_same_few_statements_however_long_it_is(cast, as_person):
    admin = as_person(cast.admin)

    def statements():
        # What a process keeps for a few seconds (queues that nobody works on) is there by then.
        board(admin)
        seen = []
        listen = lambda *args: seen.append(args[2])  # noqa: E731  (removed again below)
        event.listen(db.engine, "before_cursor_execute", listen)
        board(admin)
        event.remove(db.engine, "before_cursor_execute", listen)
        return len(seen)

    ticket_in(cast, "assigned")
    ticket_in(cast, "needs_dispatcher")
    few = statements()
    for _ in range(5):
        ticket_in(cast, "needs_dispatcher")
        delivery(cast, customer=cast.other_customer, restaurant=cast.other_restaurant)
    ticket_in(cast, "assigned", driver=cast.other_driver)
    assert statements() == few


def test_a_ticket_is_offered_from_the_board(cast, as_person):
    on_duty(cast.driver)
    ticket = ticket_in(cast, "needs_dispatcher")
    form = {"driver_id": cast.driver.id, "expected_version": ticket.version, "on": "board"}
    answer = as_person(cast.admin).post(f"/admin/tickets/{ticket.id}/offer", data=form)
    assert (answer.status_code, answer.location) == (303, "/admin/dispatch")
    assert now_is(ticket) == "offered"


def test_a_driver_is_set_off_duty_and_asked_no_more(cast, as_person):
    ticket = ticket_in(cast, "offered")
    answer = as_person(cast.admin).post(f"/admin/drivers/{cast.driver.id}/off-duty")
    assert (answer.status_code, answer.location) == (303, "/admin/dispatch")
    assert now_is(ticket) == "unassigned"
    assert drivers.of(cast.driver).off_duty_reason == "admin"
    assert [told[:3] for told in trail()] == [(cast.admin.name, "person.set_off_duty", cast.driver.name)]


def test_a_driver_with_food_stays_on_duty(cast, as_person):
    ticket_in(cast, "picked_up")
    answer = as_person(cast.admin).post(f"/admin/drivers/{cast.driver.id}/off-duty", headers=PROBLEM)
    assert (answer.status_code, "under way" in answer.json["detail"]) == (409, True)


def test_only_drivers_are_set_off_duty(cast, as_person):
    for id in (cast.customer.id, 10**6, 10**30):
        assert as_person(cast.admin).post(f"/admin/drivers/{id}/off-duty").status_code == 404


@pytest.mark.parametrize("path", ["/admin/orders", "/admin/dispatch", "/admin/calls"])
def test_calls_are_counted_on_every_page(cast, as_person, path):
    admin = as_person(cast.admin)
    assert 'data-calling=""' in board(admin, path)
    number = ticket_in(cast, "needs_dispatcher").order.number
    assert f'data-calling="{number}">1<' in board(admin, path)


def test_the_list_of_orders_shows_which_one_calls(cast, as_person):
    ticket = ticket_in(cast, "needs_dispatcher")
    admin = as_person(cast.admin)
    assert "The delivery needs a dispatcher" in board(admin, "/admin/orders")
    on_duty(cast.driver)
    offers.offer(db.session.get(Ticket, ticket.id), cast.driver, by=cast.admin)
    assert "The delivery needs a dispatcher" not in board(admin, "/admin/orders")


def test_where_nothing_is_open_it_says_so(cast, as_person):
    assert "No delivery is open" in board(as_person(cast.admin))


def test_past_the_first_ones_it_leads_to_the_page_of_each(cast, as_person, monkeypatch):
    monkeypatch.setattr("app.views.admin.board._MOST_WEIGHED", 1)
    on_duty(cast.driver)
    ticket_in(cast, "needs_dispatcher")
    second = ticket_in(cast, "needs_dispatcher")
    text = board(as_person(cast.admin))
    assert text.count("<select") == 1
    assert f'<a href="/admin/tickets/{second.id}">Offer to somebody</a>' in text


def test_it_says_when_there_are_more_than_it_shows(cast, as_person, monkeypatch):
    monkeypatch.setattr("app.views.admin.board._MOST_TICKETS", 1)
    ticket_in(cast, "unassigned")
    assert "More deliveries are open" not in board(as_person(cast.admin))
    ticket_in(cast, "unassigned")
    assert "More deliveries are open" in board(as_person(cast.admin))
