"""One original for each version, station and kind of paper; after it copies."""

import time_machine

from app.contract.times import now
from app.domain import board_settings, orders, prints
from app.extensions import db
from app.models import Order, Person
from tests.at_once import at_once
from tests.factories import order_in, place


def test_the_first_is_the_original_and_what_follows_is_a_copy(cast):
    order = order_in(cast, "accepted")
    first = prints.take(order, "kitchen_ticket", by=cast.vendor)
    again = prints.take(order, "kitchen_ticket", by=cast.colleague)
    assert (first.is_copy, again.is_copy, again.times, again.first_by) == (False, True, 2, cast.vendor.name)


def test_a_receipt_and_each_station_have_their_own(cast):
    soup, stew, _ = cast.items()
    board_settings.assign(cast.restaurant, {soup.id: "Cold", stew.id: "Grill"}, by=cast.vendor)
    order = place(cast).order
    papers = [("kitchen_ticket", "Cold"), ("kitchen_ticket", "Grill"), ("kitchen_ticket", ""), ("receipt", "")]
    assert [prints.take(order, *paper, by=cast.vendor).is_copy for paper in papers] == [False] * 4


def test_another_version_is_printed_anew_and_says_what_it_replaces(cast):
    order = order_in(cast, "placed")
    before = prints.take(order, "kitchen_ticket", by=cast.vendor)
    orders.accept(order, by=cast.vendor)
    paper = prints.take(order, "kitchen_ticket", by=cast.vendor)
    assert not paper.is_copy
    assert paper.before == before.first_at


def test_of_two_screens_that_print_at_once_one_gets_the_copy(app, cast):
    assert sorted(at_once(app, *(print_of(cast, person) for person in (cast.vendor, cast.colleague)))) == [1, 2]


def test_a_double_click_is_one_print(app, cast):
    assert at_once(app, *[print_of(cast, cast.vendor, key="of one form")] * 2) == [1, 1]


def print_of(cast, person, key=None):
    """The verb that prints the cast's order and says which print it was."""
    order = Order.query.first() or place(cast).order
    order_id, person_id = order.id, person.id

    def verb():
        mine, by = db.session.get(Order, order_id), db.session.get(Person, person_id)
        return prints.take(mine, "kitchen_ticket", key=key, by=by).number

    return verb


def test_a_form_that_is_sent_again_later_prints_a_copy(cast):
    order = place(cast).order
    with time_machine.travel(now(), tick=False) as clock:
        numbers = [prints.take(order, "receipt", key="of one form", by=cast.vendor).number]
        clock.shift(10)
        numbers.append(prints.take(order, "receipt", key="of one form", by=cast.vendor).number)
    assert numbers == [1, 2]
