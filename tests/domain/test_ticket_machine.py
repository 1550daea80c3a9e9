"""The machine of a ticket: its table is whole, and any walk leaves tickets, offers, orders and events in step."""

import json
from datetime import timedelta
from itertools import groupby

import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.contract.times import now
from app.domain import deliveries, drivers, offers, orders, ticket_deadlines
from app.domain.ticket_states import BUSY, EDGES, ENDS, LABELS, SEARCHING
from app.errors import DomainError
from app.extensions import db
from app.models import EventLog, LiveFix, Order, Ticket, TicketChange, TicketOffer
from tests.cast import COUNTER
from tests.factories import on_duty, ticket_in


def test_it_can_reach_every_state():
    reached, last = {"unassigned"}, set()
    while reached != last:
        last = set(reached)
        reached |= {to for start, to in EDGES if start in reached}
    assert reached == set(LABELS)


def test_it_can_leave_every_state_that_is_no_end():
    for status in LABELS:
        assert bool({to for start, to in EDGES if start == status}) == (status not in ENDS)


def test_its_states_are_the_contracts():
    assert set(LABELS) == {
        *("unassigned", "offered", "assigned", "at_pickup", "picked_up", "at_dropoff", "delivered"),
        *("needs_dispatcher", "failed", "returning", "returned", "cancelled"),
    }


def test_only_a_driver_takes_it_on():
    assert all(edge.roles == {"driver"} for edge in EDGES.values() if edge.to == "assigned")


# What somebody does: of the two drivers one, an admin, the kitchen, the clock.
DRIVERS = ("driver", "other_driver")
ACTS = {
    "accept": lambda cast, ticket, who: offers.accept(ticket, by=who),
    "decline": lambda cast, ticket, who: offers.decline(ticket, by=who),
    "arrive": lambda cast, ticket, who: deliveries.arrive(ticket, by=who),
    "pick_up": lambda cast, ticket, who: deliveries.pick_up(ticket, by=who, handover_code=ticket.order.handover_code),
    "reach": lambda cast, ticket, who: deliveries.reach(ticket, by=who),
    "deliver": lambda cast, ticket, who: deliveries.deliver(ticket, by=who, proof={"drop_code": ticket.drop_code}),
    "fail": lambda cast, ticket, who: deliveries.fail(ticket, by=who, reason_code="not_found"),
    "bring_back": lambda cast, ticket, who: deliveries.bring_back(ticket, by=who),
    "hand_back": lambda cast, ticket, who: deliveries.hand_back(ticket, by=who),
    "off_duty": lambda cast, ticket, who: drivers.go_off_duty(who, by=who),
    "on_duty": lambda cast, ticket, who: on_duty(who, *COUNTER),
    "offer": lambda cast, ticket, who: offers.offer(ticket, who, by=cast.admin),
    "withdraw": lambda cast, ticket, who: offers.withdraw(ticket, by=cast.admin),
    "ready": lambda cast, ticket, who: orders.mark_ready(ticket.order, by=cast.vendor),
    "recall": lambda cast, ticket, who: orders.recall(ticket.order, by=cast.vendor),
    "hand_over": lambda cast, ticket, who: orders.hand_over(ticket.order, by=cast.vendor),
    "admin_delivers": lambda cast, ticket, who: orders.deliver(ticket.order, by=cast.admin),
    "cancel": lambda cast, ticket, who: orders.cancel(ticket.order, by=cast.vendor, reason_code="other"),
    "look": lambda cast, ticket, who: ticket_deadlines.act_on_due() + ticket_deadlines.renew_promises(),
}
steps = st.lists(
    st.tuples(
        # What moves things on is tried more often than what ends them.
        st.sampled_from(
            [*ACTS, "accept", "accept", "arrive", "pick_up", "pick_up", "reach", "deliver", "look", "look"]
        ),
        st.sampled_from(DRIVERS),
        st.sampled_from([0, 1, 20, 46, 700]),  # seconds that pass before
    ),
    max_size=18,
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(start=st.sampled_from(sorted(LABELS)), walk=steps)
def test_any_walk_leaves_tickets_offers_orders_and_events_in_step(cast, start, walk):
    clear_the_road(cast)
    ticket = ticket_in(cast, start)
    on_duty(cast.other_driver, *COUNTER)
    path, clock = changes_since(ticket, 0), now()
    for act, who, seconds in walk:
        clock += timedelta(seconds=seconds)
        with time_machine.travel(clock, tick=False):
            attempt(ACTS[act], cast, ticket, getattr(cast, who))
        db.session.refresh(ticket)
        # One verb may take it two steps: an admin who offers what another was offered takes it from them first.
        path += changes_since(ticket, len(path))
        assert ticket.status == path[-1][1]
    check(ticket, path)


def attempt(act, cast, ticket, who):
    """Try it; a refusal must leave everything as the database has it."""
    try:
        act(cast, ticket, who)
    except DomainError:
        db.session.rollback()


def clear_the_road(cast):
    """Earlier examples left their drivers somewhere: their tickets end, and they go off duty."""
    for ticket in db.session.scalars(select(Ticket).where(Ticket.ended_at.is_(None))).all():
        end(cast, ticket)
    for who in DRIVERS:
        attempt(lambda cast, _, driver: drivers.go_off_duty(driver, by=driver), cast, None, getattr(cast, who))


def end(cast, ticket):
    """Whatever it is, by the admin."""
    if ticket.status in ("picked_up", "at_dropoff"):
        return orders.deliver(ticket.order, by=cast.admin)
    if ticket.status in ("failed", "returning"):
        if ticket.status == "failed":
            deliveries.bring_back(ticket, by=cast.admin)
        return deliveries.hand_back(ticket, by=cast.admin)
    return orders.cancel(ticket.order, by=cast.admin, reason_code="other")


def changes_since(ticket, known):
    rows = db.session.scalars(
        select(TicketChange)
        .where(TicketChange.ticket_id == ticket.id, TicketChange.version > known)
        .order_by(TicketChange.version)
    )
    return [(row.from_status, row.to_status) for row in rows]


def check(ticket, path):
    db.session.expire_all()
    assert all(edge in EDGES for edge in path[1:])
    assert [start for start, _ in path[1:]] == [to for _, to in path[:-1]]
    assert (ticket.status, ticket.version) == (path[-1][1], len(path))
    assert (ticket.ended_at is not None) == (ticket.status in ENDS)
    assert (ticket.driver_id is not None) == (ticket.status not in SEARCHING) or ticket.status == "cancelled"
    check_offers(ticket)
    check_order(ticket)
    check_events(ticket, path)


def check_offers(ticket):
    found = db.session.scalars(select(TicketOffer).where(TicketOffer.ticket_id == ticket.id)).all()
    by_status = [offer.status for offer in found]
    assert by_status.count("open") == (ticket.status == "offered")
    assert by_status.count("accepted") <= 1
    if ticket.driver_id is not None and ticket.status != "cancelled":
        [accepted] = [offer for offer in found if offer.status == "accepted"]
        assert accepted.driver_id == ticket.driver_id
    busy = select(func.count()).where(Ticket.status.in_(BUSY), Ticket.ended_at.is_(None)).group_by(Ticket.driver_id)
    assert all(count == 1 for count in db.session.scalars(busy))


def check_order(ticket):
    order = db.session.get_one(Order, ticket.order_id)
    expected = {
        "picked_up": "picked_up",
        "at_dropoff": "picked_up",
        "delivered": "delivered",
        "failed": "undeliverable",
        "returning": "undeliverable",
        "returned": "undeliverable",
    }
    if ticket.status in expected:
        assert order.status == expected[ticket.status]
    elif ticket.status != "cancelled":
        assert order.status in ("accepted", "preparing", "ready_for_pickup")


def check_events(ticket, path):
    rows = db.session.scalars(select(EventLog).where(EventLog.order_id == ticket.order_id).order_by(EventLog.id)).all()
    told = [json.loads(row.data) for row in rows if (row.name, row.room) == ("DeliveryUpdated", "admin.orders")]
    statuses = [data["ticket"]["status"] for data in told]
    # That a search began is told too, and changes no state.
    assert [to for to, _ in groupby(statuses)] == [to for _, to in path]
    for row in rows:
        if row.name.startswith("Ticket"):
            assert not {ticket.drop_code, ticket.order.handover_code} & set(texts(json.loads(row.data)))
    live = select(LiveFix).where(LiveFix.room == f"order.{ticket.order.number}", LiveFix.data.is_not(None))
    followers = db.session.scalars(live).all()
    assert not followers or ticket.status in ("picked_up", "at_dropoff")


def texts(document):
    """Every text of it."""
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list):
        return [text for part in document for text in texts(part)]
    return [document] if isinstance(document, str) else []
