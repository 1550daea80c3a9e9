"""One original for each version, station and kind of paper; after it copies."""

from threading import Barrier, Thread

from app.domain import board_settings, orders, prints
from app.extensions import db
from app.models import Order, Person
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
    order, screens = place(cast).order, (cast.vendor.id, cast.colleague.id)
    papers, together = [], Barrier(len(screens))

    def print_one(person_id):
        with app.app_context():
            mine, by = db.session.get(Order, order.id), db.session.get(Person, person_id)
            together.wait()
            papers.append(prints.take(mine, "kitchen_ticket", by=by))

    threads = [Thread(target=print_one, args=(person_id,)) for person_id in screens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(paper.is_copy for paper in papers) == [False, True]
