"""What holds for an order: its own restaurant's decision, else the one for all, else the code; for every walk."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value

from app.domain import busy, orders, policies, policy_changes
from app.domain.locks import hold
from app.domain.order_states import EDGES, ENDS, LABELS
from app.domain.policies import allowed, label
from app.domain.policy_changes import ReasonLine
from app.errors import Forbidden, Invalid, LostRace
from app.extensions import db
from app.models import EdgePolicy, Order, Person, Restaurant
from app.models.restaurant import DEADLINES
from tests.at_once import at_once, behind
from tests.factories import order_in, place, ticket_in

STAFF = {"vendor", "admin"}
CANCEL = ("preparing", "cancelled")


def decide(cast, scope=None, edge=CANCEL, roles=("admin",), reason=("admin",), seen=None):
    """Let an admin decide about an edge."""
    seen = policy_changes.version_of(db.session(), scope) if seen is None else seen
    policy_changes.change_edge(scope, *edge, roles=set(roles), reason=set(reason), by=cast.admin, seen=seen)


def held(restaurant, edge=CANCEL):
    return policies.of(restaurant).edges[edge]


def test_the_code_holds_where_nobody_decided(cast):
    assert policies.of(cast.restaurant) == policies.BY_CODE


def test_a_decision_for_all_holds_everywhere(cast):
    decide(cast)
    assert held(cast.restaurant).roles == held(cast.other_restaurant).roles == {"admin"}


def test_a_restaurants_own_decision_counts_before_that_for_all(cast):
    decide(cast, cast.restaurant, roles=STAFF, reason=())
    decide(cast)
    assert (held(cast.restaurant).roles, held(cast.restaurant).reason) == (STAFF, set())
    assert held(cast.other_restaurant).roles == {"admin"}


def test_what_is_decided_as_it_holds_anyway_leaves_nothing(cast):
    decide(cast, cast.restaurant)
    decide(cast, cast.restaurant, roles=STAFF, reason=STAFF)
    assert db.session.query(EdgePolicy).count() == 0
    decide(cast)
    assert held(cast.restaurant).roles == {"admin"}, "it goes along with all again"


def test_nobody_takes_an_edge_from_admins_or_from_the_system(cast):
    decide(cast, edge=("placed", "cancelled"), roles=(), reason=())
    assert held(cast.restaurant, ("placed", "cancelled")).roles == {"admin", "system"}


def test_a_role_that_makes_no_sense_on_an_edge_is_not_added(cast):
    decide(cast, edge=("accepted", "preparing"), roles={"customer", "driver", "vendor"})
    assert held(cast.restaurant, ("accepted", "preparing")).roles == STAFF


def test_a_customer_may_be_let_cancel_what_is_accepted(cast):
    order = order_in(cast, "accepted")
    assert not orders.may_cancel(order, "customer")
    decide(cast, edge=("accepted", "cancelled"), roles=STAFF | {"customer"}, reason=STAFF)
    assert orders.call_off(order, by=cast.customer)
    assert order.cancellation_kind == "customer"


def test_a_recall_may_need_a_reason(cast):
    order = order_in(cast, "ready_for_pickup")
    decide(cast, edge=("ready_for_pickup", "preparing"), roles=STAFF, reason={"vendor"})
    with pytest.raises(Invalid, match="Say why"):
        orders.recall(order, by=cast.vendor)
    assert orders.recall(order, by=cast.vendor, reason_code="kitchen_problem")


def test_a_driver_who_may_not_hand_over_is_not_offered_it(cast):
    ticket = ticket_in(cast, "at_pickup")
    assert "picked_up" in {edge.to for edge in policies.allowed_of(ticket, "driver")}
    decide(cast, edge=("ready_for_pickup", "picked_up"), roles=STAFF)
    assert "picked_up" not in {edge.to for edge in policies.allowed_of(ticket, "driver")}


def test_a_decision_for_all_waits_for_whoever_holds_a_restaurant(app, cast):
    """And does not keep them from writing it: each would wait for the other."""
    admin_id = cast.admin.id

    def decision():
        by, minutes = db.session.get_one(Person, admin_id), DEADLINES | {"acceptance_minutes": 15}
        policy_changes.change_deadlines(None, minutes, by=by, seen=0)

    told = behind(
        app,
        lambda: hold(db.session(), cast.restaurant),
        decision,
        then=lambda: busy.set_mode(cast.restaurant, "paused", by=cast.vendor),
    )
    assert told is None
    db.session.refresh(cast.restaurant)
    assert (cast.restaurant.mode, cast.restaurant.acceptance_minutes) == ("paused", 15)


def changed_behind_its_back(cast, restaurant):
    """As by another process: what this one knows of the restaurant is older."""
    version = restaurant.policy_version
    decide(cast, restaurant)
    set_committed_value(restaurant, "policy_version", version)
    assert "vendor" in held(restaurant).roles


def test_a_walk_is_held_to_rules_that_changed_after_its_order_was_read(cast):
    order = order_in(cast, "preparing")
    changed_behind_its_back(cast, cast.restaurant)
    with pytest.raises(Forbidden):
        orders.cancel(order, by=cast.vendor, reason_code="other")
    db.session.refresh(order)
    assert (order.status, order.version) == ("preparing", 3)


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_walk_that_waits_goes_by_the_rules_that_hold_when_its_turn_comes(app, cast):
    order = order_in(cast, "preparing")
    order_id, vendor_id, admin_id, house_id = order.id, cast.vendor.id, cast.admin.id, cast.restaurant.id

    def cancel():
        mine, by = db.session.get_one(Order, order_id), db.session.get_one(Person, vendor_id)
        orders.cancel(mine, by=by, reason_code="other")

    def forbid():
        house, by = db.session.get_one(Restaurant, house_id), db.session.get_one(Person, admin_id)
        policy_changes.change_edge(house, *CANCEL, roles={"admin"}, reason={"admin"}, by=by, seen=house.policy_version)

    told = behind(app, lambda: hold(db.session(), order), cancel, then=lambda: at_once(app, forbid))
    assert isinstance(told, Forbidden)
    db.session.refresh(order)
    assert order.status == "preparing"


def test_a_walk_that_the_new_rules_allow_as_well_happens_once(cast):
    order = order_in(cast, "preparing")
    changed_behind_its_back(cast, cast.restaurant)
    assert orders.cancel(order, by=cast.admin, reason_code="other")
    assert (order.status, order.version) == ("cancelled", 4)


def test_who_decides_by_an_old_version_is_told(cast):
    seen = cast.restaurant.policy_version
    decide(cast, cast.restaurant)
    with pytest.raises(LostRace):
        decide(cast, cast.restaurant, roles=STAFF, seen=seen)
    with pytest.raises(LostRace):
        decide(cast, None, seen=seen)
    assert held(cast.restaurant).roles == {"admin"}


def test_a_decision_for_all_overtakes_one_for_a_restaurant_that_was_not_made_yet(cast):
    seen = cast.restaurant.policy_version
    decide(cast)
    with pytest.raises(LostRace):
        decide(cast, cast.restaurant, seen=seen)


def test_no_version_comes_twice(cast):
    versions = set()
    for roles in (("admin",), STAFF, ("admin",), STAFF):
        decide(cast, roles=roles, reason=roles)
        db.session.refresh(cast.restaurant)
        versions.add(cast.restaurant.policy_version)
    assert len(versions) == 4


rules = st.dictionaries(
    st.sampled_from(sorted(EDGES)),
    st.tuples(*[st.sets(st.sampled_from(["customer", "vendor", "driver", "admin", "system", "owner"]))] * 2),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(decided=rules)
def test_no_decision_leaves_an_order_without_a_way_on_for_admins_or_the_system(decided):
    edges = {key: line.under(*decided[key]) if key in decided else line for key, line in EDGES.items()}
    for key, line in edges.items():
        assert line.roles >= EDGES[key].roles & {"admin", "system"}
        assert line.roles <= EDGES[key].possible
        assert line.reason <= line.roles
    for status in set(LABELS) - ENDS:
        assert any(line.start == status and "admin" in line.roles for line in edges.values())


def reason_lines(restaurant, **changes):
    """The list as it stands, with some of it changed: `code=(place, words, active)`."""
    now = policies.of(restaurant).reasons
    lines = {code: ReasonLine(code, r.label, place, r.is_active) for place, (code, r) in enumerate(now.items(), 1)}
    return [*(lines | {code: ReasonLine(code, w, p, a) for code, (p, w, a) in changes.items()}).values()]


def set_reasons(cast, scope, lines):
    policy_changes.change_reasons(scope, lines, by=cast.admin, seen=policy_changes.version_of(db.session(), scope))


def test_a_reason_can_be_added_and_given(cast):
    set_reasons(cast, cast.restaurant, [*reason_lines(cast.restaurant), ReasonLine("", "Überkocht  &  aus", 13)])
    order = order_in(cast, "preparing")
    assert orders.cancel(order, by=cast.vendor, reason_code="uberkocht_aus")
    assert label("uberkocht_aus", cast.restaurant) == "Überkocht & aus"
    with pytest.raises(Invalid, match="Unknown"):
        orders.cancel(
            place(cast, restaurant=cast.other_restaurant).order, by=cast.other_vendor, reason_code="uberkocht_aus"
        )


def test_a_reason_can_be_renamed_and_moved(cast):
    set_reasons(cast, None, reason_lines(cast.restaurant, other=(2, "None of these", True)))
    assert list(policies.of(cast.restaurant).offered.items())[1] == ("other", "None of these")
    assert label("other", cast.restaurant) == "None of these"


@pytest.mark.parametrize("place", [1, 5, 12])
def test_a_reason_stands_where_it_was_put(cast, place):
    set_reasons(cast, None, reason_lines(cast.restaurant, closing=(place, "Closing soon", True)))
    assert list(policies.of(cast.restaurant).reasons).index("closing") == place - 1


def test_a_reason_that_is_switched_off_is_not_taken_from_staff_any_more(cast):
    set_reasons(cast, None, reason_lines(cast.restaurant, too_busy=(1, "Too busy right now", False)))
    assert "too_busy" not in policies.of(cast.restaurant).offered
    with pytest.raises(Invalid, match="Unknown"):
        orders.cancel(place(cast).order, by=cast.vendor, reason_code="too_busy")


def test_a_customer_can_change_their_mind_whatever_is_switched_off(cast):
    set_reasons(cast, None, reason_lines(cast.restaurant, changed_mind=(9, "Changed their mind", False)))
    assert orders.call_off(place(cast).order, by=cast.customer)


def test_reasons_need_words_that_differ_and_one_that_is_offered(cast):
    with pytest.raises(Invalid, match="words"):
        set_reasons(cast, None, reason_lines(cast.restaurant, other=(1, "  ", True)))
    with pytest.raises(Invalid, match="same words"):
        set_reasons(cast, None, reason_lines(cast.restaurant, other=(1, "closing SOON", True)))
    off = [ReasonLine(one.code, one.label, one.position, is_active=False) for one in reason_lines(cast.restaurant)]
    with pytest.raises(Invalid, match="at least one"):
        set_reasons(cast, None, off)
    with pytest.raises(Invalid, match="no such reason"):
        set_reasons(cast, None, [ReasonLine("never_heard_of", "Never", 1)])


def test_allowed_follows_the_order_s_own_restaurant(cast):
    decide(cast, cast.restaurant)
    ours, theirs = order_in(cast, "preparing"), order_in(cast, "preparing", restaurant=cast.other_restaurant)
    assert "cancelled" not in {edge.to for edge in allowed(ours, "vendor")}
    assert "cancelled" in {edge.to for edge in allowed(theirs, "vendor")}


def test_a_restaurant_that_is_older_than_all_of_this_goes_by_the_code(cast):
    db.session.execute(update(Restaurant).values(policy_version=0))
    db.session.commit()
    db.session.expire_all()
    order: Order = order_in(cast, "preparing")
    assert orders.mark_ready(order, by=cast.vendor)
