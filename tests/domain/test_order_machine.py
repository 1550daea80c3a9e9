"""The machine: its table is whole, and any walk of anybody leaves history, versions and events in step."""

import json
from collections import Counter
from datetime import timedelta

import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.contract.times import now
from app.domain import order_states, orders
from app.domain.actor import SYSTEM
from app.domain.order_states import CANCELLATION_KINDS, EDGES, ENDS, LABELS
from app.errors import DomainError
from app.extensions import db
from app.models import EventLog, Order, OrderChange
from tests.factories import order_in

ACTORS = ("customer", "vendor", "admin", "driver", "outsider", "system")
STARTS = ("awaiting_payment", "scheduled", "placed")


def test_it_can_reach_every_state():
    reached, last = set(STARTS), set()
    while reached != last:
        last = set(reached)
        reached |= {to for start, to in EDGES if start in reached}
    assert reached == set(LABELS)


def test_it_can_leave_every_state_that_is_no_end():
    for status in LABELS:
        leaves = {to for start, to in EDGES if start == status}
        assert bool(leaves) != (status in ENDS) or (status == "cancelled" and leaves == {"accepted"})


def test_its_edges_are_the_contracts():
    assert set(EDGES) == {
        ("awaiting_payment", "placed"),
        ("awaiting_payment", "scheduled"),
        ("awaiting_payment", "cancelled"),
        ("scheduled", "placed"),
        ("scheduled", "cancelled"),
        ("placed", "accepted"),
        ("placed", "cancelled"),
        ("accepted", "preparing"),
        ("accepted", "ready_for_pickup"),
        ("preparing", "ready_for_pickup"),
        ("ready_for_pickup", "preparing"),
        ("ready_for_pickup", "picked_up"),
        ("ready_for_pickup", "collected"),
        ("picked_up", "delivered"),
        ("picked_up", "undeliverable"),
        ("accepted", "cancelled"),
        ("preparing", "cancelled"),
        ("ready_for_pickup", "cancelled"),
        ("cancelled", "accepted"),
    }


def test_it_lets_no_timer_mark_an_order_ready():
    assert all("system" not in edge.roles for edge in EDGES.values() if edge.to == "ready_for_pickup")


steps = st.lists(
    st.tuples(
        st.sampled_from(ACTORS),
        st.sampled_from(sorted(LABELS)),
        st.sampled_from([None, "other", "sold_out"]),
        st.sampled_from([None, "because"]),
        st.sampled_from([None, 0, 1]),  # expected version: not said, right, one too high
        st.sampled_from([0, 1, 12, 20]),  # minutes that pass before
    ),
    max_size=14,
)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(start=st.sampled_from(STARTS), fulfilment=st.sampled_from(["pickup", "delivery", "dine_in"]), walk=steps)
def test_any_walk_leaves_history_versions_and_events_in_step(cast, start, fulfilment, walk):
    address = "1 Street" if fulfilment == "delivery" else ""
    order = order_in(cast, start, fulfilment=fulfilment, address=address)
    path, clock = [(None, start)], now()
    for who, to, reason, note, version, minutes in walk:
        clock += timedelta(minutes=minutes)
        before = order.status
        with time_machine.travel(clock, tick=False):
            moved = attempt(order, to, SYSTEM if who == "system" else getattr(cast, who), reason, note, version)
        assert moved == (order.status != before)
        if moved:
            assert (before, to) in EDGES
            assert str(getattr(cast, who).role if who != "system" else who) in EDGES[before, to].roles
            path.append((before, to))
    check(order, path)


def attempt(order: Order, to: str, by: object, reason: str | None, note: str | None, version: int | None) -> bool:
    """Try the step; a refusal must leave the order as the database has it."""
    try:
        if by is SYSTEM and to == "cancelled":
            return orders.cancel(order, by=SYSTEM, kind="expired")
        return orders.transition(
            order,
            to,
            by=by,
            reason_code=reason,
            note=note,
            expected_version=None if version is None else order.version + version,
        )
    except DomainError:
        return False


def check(order: Order, path: list[tuple[str | None, str]]) -> None:
    db.session.expire_all()
    changes = db.session.scalars(
        select(OrderChange).where(OrderChange.order_id == order.id).order_by(OrderChange.version)
    ).all()
    assert [(c.from_status, c.to_status) for c in changes] == path
    assert [c.version for c in changes] == list(range(1, len(path) + 1))
    assert (order.status, order.version) == (path[-1][1], len(path))
    assert (order.cancellation_kind in CANCELLATION_KINDS) == (order.status == "cancelled")
    told = db.session.scalars(select(EventLog).where(EventLog.order_id == order.id).order_by(EventLog.id)).all()
    updates = [json.loads(e.data) for e in told if (e.name, e.room) == ("order.status.updated", "admin.orders")]
    assert [(u["previous_status"], u["current_status"]) for u in updates] == path[1:]
    assert [u["order_version"] for u in updates] == list(range(2, len(path) + 1))
    received = Counter(e.name for e in told)["OrderReceived"]
    assert received == sum(to == "placed" for _, to in path)
    # What is told of its money has no version of the order.
    assert len({(e.name, e.room, json.loads(e.data).get("order_version")) for e in told}) == len(told)
    assert order_states.LABELS[order.status]
