"""Deadlines that an admin sets: who goes along, and what becomes of open orders; and what is told of any decision."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from app.contract.times import now
from app.domain import order_deadlines, orders, policy_changes, policy_effects
from app.errors import Invalid
from app.extensions import atomic, db
from app.models import AuditEntry, EventLog, Restaurant
from app.models.restaurant import DEADLINES
from tests.domain.test_policies import decide
from tests.factories import order_in, place


def set_deadlines(cast, scope=None, *, open_orders=False, **minutes):
    wanted = {**policy_effects.deadlines_of(db.session(), scope), **minutes}
    policy_changes.change_deadlines(
        scope, wanted, open_orders=open_orders, by=cast.admin, seen=policy_changes.version_of(db.session(), scope)
    )
    db.session.expire_all()


def test_who_has_what_is_for_all_goes_along_with_all(cast):
    set_deadlines(cast, cast.other_restaurant, acceptance_minutes=5)
    set_deadlines(cast, acceptance_minutes=12)
    assert (cast.restaurant.acceptance_minutes, cast.other_restaurant.acceptance_minutes) == (12, 5)


def test_a_new_restaurant_begins_with_what_is_for_all(cast):
    set_deadlines(cast, acceptance_minutes=12, abandonment_minutes=60)
    with atomic() as session:
        session.add(Restaurant(slug="new", name="New", time_zone="Europe/Lisbon", currency="EUR"))
    new = db.session.scalars(select(Restaurant).where(Restaurant.slug == "new")).one()
    assert (new.acceptance_minutes, new.abandonment_minutes, new.preparation_alert_minutes) == (12, 60, 0)


def test_orders_that_come_later_have_the_new_time(cast):
    set_deadlines(cast, cast.restaurant, acceptance_minutes=12, abandonment_minutes=60)
    order, unpaid = place(cast).order, order_in(cast, "awaiting_payment")
    assert order.accept_by == order.placed_at + timedelta(minutes=12)
    assert unpaid.due_at == unpaid.created_at + timedelta(minutes=60)


def test_an_order_that_is_placed_by_rules_that_just_changed_has_the_new_time(cast):
    """As by another process: what this one knows of the restaurant is older."""
    order, house = order_in(cast, "awaiting_payment"), cast.restaurant
    known = {name: getattr(house, name) for name in ("policy_version", "acceptance_minutes")}
    set_deadlines(cast, house, acceptance_minutes=12)
    db.session.refresh(house)
    for name, value in known.items():
        set_committed_value(house, name, value)
    orders.settle(order, by=cast.admin, note="in cash")
    assert order.accept_by == order.placed_at + timedelta(minutes=12)


def test_open_orders_keep_theirs_unless_it_is_asked_for(cast):
    order = place(cast).order
    set_deadlines(cast, acceptance_minutes=12)
    assert order.accept_by == order.placed_at + timedelta(minutes=8)
    set_deadlines(cast, acceptance_minutes=10, open_orders=True)
    assert order.accept_by == order.placed_at + timedelta(minutes=10)


def test_an_order_is_never_over_at_once_because_its_time_was_cut(cast):
    order = place(cast).order
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        set_deadlines(cast, acceptance_minutes=2, open_orders=True)
        assert order.accept_by == now() + policy_effects.LEAST_LEFT
        assert order_deadlines.act_on_due() == 0


def test_a_restaurant_of_its_own_mind_is_not_touched_by_all(cast):
    set_deadlines(cast, cast.other_restaurant, acceptance_minutes=5)
    theirs = place(cast, restaurant=cast.other_restaurant).order
    set_deadlines(cast, acceptance_minutes=12, open_orders=True)
    assert theirs.accept_by == theirs.placed_at + timedelta(minutes=5)


@pytest.mark.parametrize(
    "minutes", [{"acceptance_minutes": 0}, {"abandonment_minutes": 4}, {"preparation_alert_minutes": 241}]
)
def test_minutes_out_of_bounds_are_refused(cast, minutes):
    with pytest.raises(Invalid):
        set_deadlines(cast, **minutes)
    assert policy_effects.deadlines_of(db.session(), None) == DEADLINES


def told(name):
    rows = db.session.scalars(select(EventLog).where(EventLog.name == name).order_by(EventLog.id))
    return [(row.room, json.loads(row.data)) for row in rows]


def test_screens_are_told_of_a_decision(cast):
    decide(cast, cast.restaurant)
    assert [(room, data["restaurant_id"]) for room, data in told("PolicyChanged")] == [
        (f"vendor-orders.{cast.restaurant.id}", cast.restaurant.id),
        ("admin.orders", cast.restaurant.id),
    ]
    assert told("PolicyChanged")[0][1]["version"] == cast.restaurant.policy_version


def test_every_kitchen_is_told_of_one_for_all(cast):
    decide(cast)
    rooms = [room for room, data in told("PolicyChanged") if data["restaurant_id"] is None]
    assert sorted(rooms) == sorted(
        [f"vendor-orders.{cast.restaurant.id}", f"vendor-orders.{cast.other_restaurant.id}", "admin.orders"]
    )


def test_the_kitchen_does_not_hear_of_the_deadline_of_what_is_not_paid(cast):
    order_in(cast, "awaiting_payment")
    set_deadlines(cast, abandonment_minutes=60, open_orders=True)
    rooms = {room for room, _ in told("OrderDeadlineMoved")}
    assert len(rooms) == 3
    assert not any(room.startswith("vendor") for room in rooms)


def test_the_trail_tells_what_was_decided(cast):
    decide(cast, cast.restaurant)
    set_deadlines(cast, acceptance_minutes=12)
    edge, deadlines = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    assert (edge.action, edge.actor_name, edge.subject_kind) == ("policy.changed", cast.admin.name, "policy")
    assert edge.subject_name == "Preparing to cancelled, The First Table"
    assert json.loads(edge.before) == {"roles": "admin vendor", "reason": "admin vendor"}
    assert json.loads(edge.after) == {"roles": "admin", "reason": "admin"}
    assert (deadlines.subject_id, json.loads(deadlines.after)) == ("all", {"acceptance_minutes": 12})


def test_a_dry_run_says_which_orders_are_touched(cast):
    order = order_in(cast, "preparing")
    order_in(cast, "accepted")
    effect = policy_effects.of_edge(db.session(), None, "preparing", "cancelled", {"admin"}, {"admin"})
    assert effect.sentences == ["The vendor could no longer cancel an order that is preparing."]
    assert [one.number for one in effect.orders] == [order.number]
    assert effect.warnings == ["Nobody but admins would be left on this step."]
    decide(cast, cast.restaurant, roles={"admin", "vendor"}, reason=())
    own = policy_effects.of_edge(db.session(), None, "preparing", "cancelled", {"admin"}, {"admin"})
    assert own.count == 0, "its restaurant has decided for itself"


def test_a_dry_run_of_deadlines_says_what_would_move_and_writes_nothing(cast):
    order = place(cast).order
    minutes = {**DEADLINES, "acceptance_minutes": 12}
    effect = policy_effects.of_deadlines(db.session(), None, minutes, open_orders=True)
    [move] = effect.moves
    assert (move.order.number, move.after - move.before) == (order.number, timedelta(minutes=4))
    assert effect.count == 1
    db.session.refresh(order)
    assert order.accept_by == move.before


def test_a_dry_run_counts_what_the_board_would_shout_about(cast):
    order_in(cast, "preparing")
    minutes = {**DEADLINES, "preparation_alert_minutes": 15}
    with time_machine.travel(now() + timedelta(minutes=16)):
        assert policy_effects.of_deadlines(db.session(), None, minutes, open_orders=False).count == 1
