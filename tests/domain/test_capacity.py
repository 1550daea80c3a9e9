"""A kitchen that counts: who gets which place, what gives one back, and what is said to whom there is none for."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import event, select

from app.contract.times import iso
from app.domain import (
    busy,
    capacity,
    opening_hours,
    order_deadlines,
    order_placement,
    orders,
    promises,
    quarters,
)
from app.domain.actor import SYSTEM
from app.domain.capacity import Outlook
from app.domain.order_placement import Line
from app.errors import Invalid, KitchenFull
from app.extensions import atomic, db
from app.models import AuditEntry, EventLog, Order, Person, Restaurant
from tests.at_once import at_once
from tests.factories import order_in, place

# A Friday; the restaurant's clock says the same. What comes as usual is ready at 12:20.
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
def noon():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def kitchen(cast, noon):
    """The first restaurant, whose kitchen can cook one order of the cast's (three dishes) in a quarter of an hour."""
    capacity.change(cast.restaurant, 15, 5, by=cast.vendor)
    return cast.restaurant


def minutes_of(order: Order) -> float:
    """When it is to be ready, in minutes after noon."""
    return (order.ready_by - NOON) / timedelta(minutes=1)


def ready(cast, **details) -> float:
    return minutes_of(place(cast, **details).order)


def test_an_order_gets_the_first_quarter_that_has_room(cast, kitchen):
    assert [ready(cast) for _ in range(3)] == [20, 45, 60]
    later = db.session.scalars(select(Order).order_by(Order.id)).all()[1]
    assert (later.promised_from, later.promised_by) == (at(45), at(55))
    assert [promise.reason for promise in promises.history(later)] == [promises.FULL]


def test_a_delivery_is_promised_with_its_ride(cast, kitchen):
    place(cast)
    order = place(cast, fulfilment="delivery", address="1 Street").order
    assert (minutes_of(order), order.promised_from) == (45, at(45 + kitchen.delivery_minutes))


def test_dishes_count_what_they_are(cast, kitchen):
    soup, stew, _ = cast.items()
    with atomic():
        soup.work_minutes, stew.work_minutes = 0, 15
    assert ready(cast, lines=[Line(stew.id, 1)]) == 20
    assert ready(cast, lines=[Line(soup.id, 9)]) == 20
    assert ready(cast, lines=[Line(stew.id, 1)]) == 45


def test_what_is_more_than_a_quarter_takes_several(cast, kitchen):
    """Sixty minutes of work are four quarters', of which the first is the one that runs."""
    soup, *_ = cast.items()
    assert ready(cast, lines=[Line(soup.id, 12)]) == 60
    assert ready(cast) == 75


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("end", ["cancel", "mark_ready"])
def test_a_place_is_free_when_its_order_is_ready_or_cancelled(cast, kitchen, end):
    order = order_in(cast, "preparing")
    if end == "cancel":
        orders.cancel(order, by=cast.vendor, reason_code="too_busy")
    else:
        orders.mark_ready(order, by=cast.vendor)
    assert ready(cast) == 20


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_busy_kitchen_looks_for_room_from_later_on(cast, kitchen):
    busy.set_mode(kitchen, "busy", minutes=20, by=cast.vendor)
    assert [ready(cast) for _ in range(2)] == [40, 60]


def test_a_time_that_is_full_is_refused_with_the_next_that_is_not(cast, kitchen):
    wished = at(180)
    place(cast, scheduled_for=wished)
    place(cast, scheduled_for=wished + timedelta(minutes=15))
    with pytest.raises(KitchenFull, match="The next free time: 15:30") as refusal:
        place(cast, scheduled_for=wished)
    assert refusal.value.members == {"next_time": iso(at(210))}
    assert place(cast, scheduled_for=at(210)).order.status == "scheduled"


def test_what_is_not_soon_any_more_is_refused(cast, kitchen):
    """The kitchen is closed at one, and opens again the next day at eleven."""
    opening_hours.set_week(kitchen, ["11:00-13:00"] * 7, by=cast.admin)
    assert [ready(cast) for _ in range(3)] == [20, 45, 60]
    with pytest.raises(KitchenFull, match=r"full for now\. The next free time: Saturday 11:00") as refusal:
        place(cast)
    assert refusal.value.members == {"next_time": iso(at(23 * 60))}
    assert db.session.query(Order).count() == 3


@pytest.mark.parametrize("backend", ["sqlite"])
def test_as_soon_as_possible_is_within_three_hours(cast, kitchen):
    soup, *_ = cast.items()
    with pytest.raises(KitchenFull) as refusal:
        place(cast, lines=[Line(soup.id, 45)])
    assert refusal.value.members == {"next_time": iso(at(15 * 15))}


def test_who_has_not_paid_holds_a_place_until_it_is_given_up(cast, kitchen, noon):
    unpaid = order_in(cast, "awaiting_payment")
    assert (minutes_of(unpaid), ready(cast)) == (20, 45)
    noon.move_to(unpaid.due_at)
    order_deadlines.act_on_due()
    assert (unpaid.status, ready(cast)) == ("cancelled", kitchen.abandonment_minutes + 20)


def test_who_pays_in_time_has_the_place_that_was_held(cast, kitchen, noon):
    place(cast)
    unpaid = order_in(cast, "awaiting_payment")
    noon.move_to(at(4))
    orders.settle(unpaid, by=SYSTEM)
    assert (unpaid.status, minutes_of(unpaid)) == ("placed", 45)


def test_who_pays_late_has_the_next_place(cast, kitchen, noon):
    unpaid = order_in(cast, "awaiting_payment")
    place(cast)
    noon.move_to(at(12))
    orders.settle(unpaid, by=SYSTEM)
    assert minutes_of(unpaid) == 60, "the quarter before is another's"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_whose_money_came_is_never_refused(cast, kitchen, noon):
    orders.accept(place(cast).order, by=cast.vendor, prep_minutes=55)
    unpaid = order_in(cast, "awaiting_payment")
    opening_hours.set_week(kitchen, ["11:00-12:30"] * 7, by=cast.admin)
    noon.move_to(at(26))
    orders.settle(unpaid, by=SYSTEM)
    assert (unpaid.status, minutes_of(unpaid)) == ("placed", 46)


@pytest.mark.parametrize("auto_accept", [True, False])
def test_acceptance_keeps_the_place(cast, kitchen, noon, auto_accept):
    with atomic():
        kitchen.auto_accept = auto_accept
    place(cast)
    order = place(cast).order
    noon.move_to(at(3.5))
    orders.accept(order, by=cast.vendor)
    assert (order.status, minutes_of(order)) == ("accepted", 45)
    assert order.prep_minutes == (45 if auto_accept else 42)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_acceptance_with_other_minutes_moves_the_place(cast, kitchen):
    order = place(cast).order
    orders.accept(order, by=cast.vendor, prep_minutes=45)
    assert minutes_of(order) == 45
    assert [ready(cast) for _ in range(2)] == [20, 60]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_is_late_is_cooked_now_and_what_was_forgotten_never(cast, kitchen, noon):
    with atomic():
        kitchen.preparation_minutes = 5
    order_in(cast, "preparing")
    noon.move_to(at(31))
    assert quarters.of(db.session, kitchen, at(31)).have_room(at(45), 1) is False
    assert quarters.of(db.session, kitchen, at(66)).have_room(at(75), 15) is True


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_limit_that_is_lowered_counts_from_the_next_order_on(cast, kitchen):
    place(cast)
    capacity.change(kitchen, 5, 5, by=cast.vendor)
    soup, *_ = cast.items()
    assert ready(cast, lines=[Line(soup.id, 1)]) == 45


def test_the_outlook_is_what_a_dish_would_get(cast, kitchen):
    assert capacity.outlook(kitchen, NOON) == Outlook(at(20))
    place(cast)
    assert capacity.outlook(kitchen, NOON) == Outlook(at(45), is_full=True)
    opening_hours.set_week(kitchen, ["11:00-12:40"] * 7, by=cast.admin)
    assert capacity.outlook(kitchen, NOON) == Outlook(None, is_full=True)
    busy.set_mode(kitchen, "paused", by=cast.vendor)
    assert capacity.outlook(kitchen, NOON) == Outlook(None)


def test_of_those_who_race_for_a_place_each_gets_one_of_their_own(app, cast):
    """Also where they come in at the same moment: each quarter holds what it can and no more."""
    capacity.change(cast.restaurant, 15, 5, by=cast.vendor)
    soup, *_ = cast.items()
    slug, item_id = cast.restaurant.slug, soup.id
    people = [cast.customer.id, cast.other_customer.id, cast.outsider.id] * 2

    def order(person_id):
        restaurant = db.session.scalars(select(Restaurant).where(Restaurant.slug == slug)).one()
        details = {"fulfilment": "pickup", "payment": "cash"}
        lines = [Line(item_id, 3)]
        return order_placement.place(db.session.get(Person, person_id), restaurant, lines, **details).order.ready_by

    told = at_once(app, *(lambda person_id=person_id: order(person_id) for person_id in people))
    assert len(set(told)) == len(people), told
    db.session.rollback()
    at = min(told) - timedelta(minutes=20)
    assert set(quarters.of(db.session, cast.restaurant, at).load.values()) == {15}


@pytest.fixture
def asked(app):
    """The statements that are sent."""
    statements: list[str] = []

    def remember(_connection, _cursor, statement, *_more):
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", remember)
    yield statements
    event.remove(db.engine, "before_cursor_execute", remember)


def test_nobody_counts_for_a_kitchen_without_a_limit(cast, asked):
    place(cast)
    capacity.outlook(cast.restaurant, datetime.now(UTC))
    assert [text for text in asked if "ready_by >" in text] == []


@pytest.mark.parametrize("backend", ["sqlite"])
def test_it_is_asked_by_an_index_for_what_is_open(cast, kitchen, asked):
    place(cast)
    [query] = {text for text in asked if "ready_by >" in text}
    with db.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"explain query plan {query}", ("",) * query.count("?")).all()
    assert "USING INDEX ix_orders_restaurant_status_id (restaurant_id=? AND status=?)" in str(plan)


def test_every_screen_and_the_trail_hear_of_another_limit(cast):
    changes = [capacity.change(cast.restaurant, 30, 4, by=cast.vendor) for _ in "ab"]
    assert changes == [True, False]
    assert db.session.scalars(select(EventLog.name)).all() == ["RestaurantChanged"]
    [entry] = db.session.scalars(select(AuditEntry)).all()
    assert (entry.action, entry.actor_name) == ("restaurant.capacity_changed", cast.vendor.name)
    assert entry.after == '{"capacity_minutes":30,"work_minutes":4}'


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(("limit", "work", "field"), [(0, 5, "capacity_minutes"), (30, 601, "work_minutes")])
def test_it_refuses_what_cannot_be(cast, limit, work, field):
    with pytest.raises(Invalid) as refusal:
        capacity.change(cast.restaurant, limit, work, by=cast.vendor)
    assert set(refusal.value.members["errors"]) == {field}
