"""The rows of the demo's orders: what a verb would have written stands in them."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from app.contract import rooms
from app.contract.times import now
from app.demo.chronicle import number_of
from app.domain.order_clock import PROMISE_WIDTH
from app.domain.order_search import terms
from app.domain.order_states import EDGES, ENDS
from app.extensions import db
from app.models import CancellationRequest, EventLog, MenuItem, Order, OrderChange, OrderTerm, Person


@pytest.fixture
def orders(demo) -> list[Order]:
    return list(db.session.scalars(select(Order).order_by(Order.id)))


@pytest.fixture
def histories(demo) -> dict[int, list[OrderChange]]:
    found: dict[int, list[OrderChange]] = {}
    for change in db.session.scalars(select(OrderChange).order_by(OrderChange.order_id, OrderChange.version)):
        found.setdefault(change.order_id, []).append(change)
    return found


def test_it_counts_versions_without_a_gap(orders, histories):
    for order in orders:
        assert [change.version for change in histories[order.id]] == list(range(1, order.version + 1))


def test_it_has_a_history_that_is_a_walk_to_where_the_order_is(orders, histories):
    for order in orders:
        history = histories[order.id]
        assert history[0].from_status is None
        assert all(before.to_status == after.from_status for before, after in pairwise(history))
        assert all((change.from_status, change.to_status) in EDGES for change in history[1:])
        assert history[-1].to_status == order.status


def test_it_keeps_the_times_in_order_and_in_the_past(orders, histories):
    for order in orders:
        times = [change.at for change in histories[order.id]]
        assert times == sorted(times)
        assert times[0] == order.created_at
        assert times[-1] == order.changed_at <= now()


def test_it_keeps_the_rules_of_the_edges(orders, histories):
    for order in orders:
        for before, change in pairwise(histories[order.id]):
            edge = EDGES[change.from_status, change.to_status]
            then = Order(**{column.name: getattr(order, column.name) for column in Order.__table__.columns})
            then.changed_at = before.at
            assert edge.refusal(then, change.at) is None


def test_it_names_who_took_each_step(orders, histories):
    people = {person.id: person for person in db.session.scalars(select(Person))}
    for order in orders:
        for change in histories[order.id]:
            actor = people.get(change.actor_id)
            assert (actor is None) == (change.role == "system")
            assert actor is None or (actor.name, actor.role) == (change.actor_name, change.role)
            assert change.role != "vendor" or actor.restaurant_id == order.restaurant_id
            assert change.role != "customer" or change.actor_id == order.customer_id


def test_it_says_on_the_order_who_took_the_last_step(orders, histories):
    for order in orders:
        last = histories[order.id][-1]
        assert (order.changed_by_id, order.changed_by_name) == (last.actor_id, last.actor_name)
        assert order.changed_by_role == last.role


def test_it_writes_orders_oldest_first(orders):
    assert all(before.created_at <= after.created_at for before, after in pairwise(orders))


def test_it_adds_up(orders):
    for order in orders:
        assert order.items
        assert order.total_minor == sum(item.total_minor for item in order.items)
        assert order.items_count == sum(item.quantity for item in order.items)


def test_it_freezes_items_of_the_restaurants_own_menu(orders):
    menu = {item.id: item for item in db.session.scalars(select(MenuItem))}
    for order in orders:
        for item in order.items:
            dish = menu[item.menu_item_id]
            assert dish.restaurant_id == order.restaurant_id
            assert (dish.name, dish.price_minor) == (item.name, item.unit_price_minor)
        assert order.currency == order.restaurant.currency


def test_it_finds_orders_by_the_words_of_the_domain(orders):
    found: dict[int, set[str]] = {}
    for term, id in db.session.execute(select(OrderTerm.term, OrderTerm.order_id)):
        found.setdefault(id, set()).add(term)
    for order in orders:
        assert found[order.id] == set(terms(order.number, order.customer.name, order.customer.phone))


def test_it_remembers_when_an_order_became_the_kitchens_business(orders, histories):
    for order in orders:
        entered = {change.to_status: change.at for change in reversed(histories[order.id])}
        assert order.placed_at == entered.get("placed")
        assert order.accepted_at == entered.get("accepted")
        assert (order.prep_minutes is None) == (order.accepted_at is None)
        confirmed = [entered[status] for status in ("scheduled", "placed") if status in entered]
        assert order.confirmed_at == (min(confirmed) if confirmed else None)


def test_it_promises_a_window(orders):
    for order in orders:
        assert order.promised_by - order.promised_from == PROMISE_WIDTH
        assert order.promised_from > order.created_at
        if order.scheduled_for is not None:
            assert order.promised_from == order.scheduled_for
        elif order.accepted_at is not None:
            ride = order.restaurant.delivery_minutes if order.fulfilment == "delivery" else 0
            assert order.promised_from == order.accepted_at + timedelta(minutes=order.prep_minutes + ride)


def test_it_lets_orders_expire_when_their_time_is_up(orders):
    expired = [order for order in orders if order.cancellation_kind == "expired"]
    assert expired
    for order in expired:
        waited = order.changed_at - order.placed_at - timedelta(minutes=order.restaurant.acceptance_minutes)
        assert timedelta(0) <= waited < timedelta(seconds=2)


def test_it_says_why_and_by_whom_an_order_was_cancelled(orders):
    for order in orders:
        if order.status == "cancelled" and order.changed_by_role in ("vendor", "admin"):
            assert order.cancellation_reason
        if order.cancellation_kind is None:
            assert order.cancellation_reason is order.cancellation_note is order.stop_acknowledged_at is None


def test_it_has_a_request_where_the_customer_asked(orders):
    asked = {order.id for order in orders if order.cancellation_reason == "customer_asked"}
    requests = db.session.scalars(select(CancellationRequest)).all()
    assert {request.order_id for request in requests} == asked


def test_it_sends_nothing_to_the_log_for_what_is_past(orders):
    told = set(db.session.scalars(select(EventLog.order_id)))
    # What begins now is placed by the verb, and for what is to be delivered a driver is looked for.
    assert told == {order.id for order in orders if order.due_at is not None or order.ticket is not None}


def test_it_leaves_nothing_due_once_an_order_is_accepted_or_done(orders):
    assert all(order.due_at is None for order in orders if order.status in ENDS or order.accepted_at)


def test_it_gives_numbers_that_have_a_room(orders):
    assert all(rooms.exists(rooms.order(order.number)) for order in orders)


def test_it_gives_each_order_another_number():
    assert len({number_of(id) for id in range(1, 200_001)}) == 200_000


def test_it_has_mostly_good_evenings(orders):
    done = sum(order.status in ("delivered", "collected") for order in orders)
    assert done / len(orders) > 0.7


def test_it_has_a_customer_with_many_orders_in_several_restaurants(demo):
    query = select(func.count(), func.count(Order.restaurant_id.distinct())).join(Order.customer)
    count, places = db.session.execute(query.where(Person.email == "customer@passline.test")).one()
    assert count > 15
    assert places == 3
