"""Tickets follow their orders, drivers are asked in turn, and what changes hands is one transaction with the order."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import delete, select

from app.contract.times import now
from app.domain import deliveries, drivers, fixes, offers, orders, ticket_deadlines, tickets
from app.errors import Conflict, Forbidden, Invalid, LostRace, OfferLapsed
from app.extensions import atomic, db
from app.models import EventLog, Ticket, TicketChange, TicketOffer
from tests.cast import COUNTER
from tests.factories import delivery, on_duty, place, ticket_in

NEAR, FAR = (38.7149, -9.1334), (38.7239, -9.1334)


def offers_of(ticket):
    query = select(TicketOffer).where(TicketOffer.ticket_id == ticket.id).order_by(TicketOffer.id)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def look(after=0):
    """The worker looks, so many seconds from now."""
    with time_machine.travel(now() + timedelta(seconds=after), tick=False):
        return ticket_deadlines.act_on_due()


def test_an_accepted_delivery_has_a_ticket(cast):
    order = delivery(cast)
    assert (order.ticket.status, order.ticket.version) == ("unassigned", 1)
    assert order.ticket.distance_m == pytest.approx(1950, abs=30)
    assert order.ticket.pay_minor == 300 + 50 * order.ticket.distance_m // 1000


def test_what_is_picked_up_by_the_guest_has_none(cast):
    order = place(cast).order
    orders.accept(order, by=cast.vendor)
    assert order.ticket is None
    with pytest.raises(Conflict):
        tickets.request(order, by=cast.customer)


def test_a_guest_who_asks_gets_the_one_that_there_is(cast):
    order = place(cast, fulfilment="delivery", address="1 Street").order
    asked, opened = tickets.request(order, by=cast.customer)
    assert opened
    orders.accept(order, by=cast.vendor)
    again, opened_again = tickets.request(order, by=cast.customer)
    assert (again.id, opened_again) == (asked.id, False)
    with pytest.raises(Forbidden):
        tickets.request(order, by=cast.other_customer)


def test_nobody_is_asked_before_the_ride_fits(cast):
    """Twenty minutes to cook, the driver at the counter: the ride is one minute."""
    on_duty(cast.driver, *COUNTER)
    order = delivery(cast)
    ticket = order.ticket
    with time_machine.travel(now() + timedelta(minutes=18), tick=False):
        fixes.record(cast.driver, *COUNTER)
        ticket_deadlines.act_on_due()
        assert ticket.status == "unassigned"
    with time_machine.travel(now() + timedelta(minutes=19, seconds=20), tick=False):
        ticket_deadlines.act_on_due()
        assert ticket.status == "offered"


def test_the_nearest_is_asked_and_told_why(cast):
    on_duty(cast.driver, *FAR)
    on_duty(cast.other_driver, *NEAR)
    ticket = delivery(cast, "ready_for_pickup").ticket
    look()
    [offer] = offers_of(ticket)
    assert (ticket.status, offer.driver_id, offer.status) == ("offered", cast.other_driver.id, "open")
    assert offer.reason.startswith("Nearest of 2 free drivers: 140 m")
    assert cast.driver.name in offer.considered


def test_of_two_as_near_who_was_asked_longest_ago_is_asked(cast):
    on_duty(cast.driver, *NEAR)
    on_duty(cast.other_driver, *NEAR)
    first = delivery(cast, "ready_for_pickup").ticket
    look()
    second = delivery(cast, "ready_for_pickup").ticket
    look()
    assert {offers_of(first)[0].driver_id, offers_of(second)[0].driver_id} == {cast.driver.id, cast.other_driver.id}


def test_one_that_lapses_goes_to_the_next(cast):
    on_duty(cast.driver, *NEAR)
    on_duty(cast.other_driver, *FAR)
    ticket = delivery(cast, "ready_for_pickup").ticket
    look()
    look(after=46)
    assert ticket.status == "unassigned"
    look(after=46)
    assert [(offer.driver_id, offer.status) for offer in offers_of(ticket)] == [
        (cast.driver.id, "lapsed"),
        (cast.other_driver.id, "open"),
    ]


def test_an_offer_that_ran_out_cannot_be_accepted_though_no_worker_lives(cast):
    ticket = ticket_in(cast, "offered")
    with time_machine.travel(now() + timedelta(seconds=46), tick=False), pytest.raises(OfferLapsed, match="ran out"):
        offers.accept(ticket, by=cast.driver)
    assert ticket.status == "offered"


def test_three_lapses_in_a_row_set_the_driver_off_duty(cast):
    on_duty(cast.driver, *NEAR)
    for _ in range(3):
        delivery(cast, "ready_for_pickup")
        look()
        look(after=46)
    driver = drivers.of(cast.driver)
    assert (driver.on_duty, driver.off_duty_reason) == (False, "lapses")
    assert "3 offers in a row" in drivers.says(driver)


def test_after_five_refusals_a_person_is_called(cast):
    ticket = delivery(cast, "ready_for_pickup").ticket
    on_duty(cast.driver, *NEAR)
    for round in range(5):
        with time_machine.travel(now() + timedelta(minutes=11 * round), tick=False):
            offers.offer(ticket, cast.driver, by=cast.admin)
            offers.decline(ticket, by=cast.driver)
    look(after=60 * 60)
    assert (ticket.status, ticket.refusals) == ("needs_dispatcher", 5)


def test_a_search_that_finds_nobody_is_told_once(cast):
    ticket = delivery(cast, "ready_for_pickup").ticket
    look()
    look(after=5)
    told = select(EventLog).where(EventLog.order_id == ticket.order_id, EventLog.name == "DeliveryUpdated")
    rooms = [row.room.partition(".")[0] for row in db.session.scalars(told.order_by(EventLog.id))]
    assert rooms == ["vendor-orders", "user", "admin", "order"] * 2


def test_after_ten_minutes_of_nobody_a_person_is_called(cast):
    ticket = delivery(cast, "ready_for_pickup").ticket
    look()
    look(after=601)
    assert ticket.status == "needs_dispatcher"


def test_the_same_driver_is_not_asked_again_within_ten_minutes(cast):
    ticket = ticket_in(cast, "offered")
    offers.decline(ticket, by=cast.driver)
    look(after=5)
    assert ticket.status == "unassigned"
    assert len(offers_of(ticket)) == 1


def test_who_comes_on_duty_may_take_what_waits(cast):
    ticket = delivery(cast, "ready_for_pickup").ticket
    look()
    with pytest.raises(Conflict, match="on duty"):
        offers.accept(ticket, by=cast.driver)
    on_duty(cast.driver)
    assert offers.accept(ticket, by=cast.driver)
    on_duty(cast.other_driver)
    with pytest.raises(LostRace, match="Driver Person was faster"):
        offers.accept(ticket, by=cast.other_driver)


def test_a_driver_has_one_offer_and_one_delivery(cast):
    ticket_in(cast, "offered")
    another = delivery(cast, "ready_for_pickup").ticket
    with pytest.raises(Conflict, match="being asked"):
        offers.offer(another, cast.driver, by=cast.admin)
    assert another.status == "unassigned"


def test_an_admin_gives_it_to_somebody_else(cast):
    ticket = ticket_in(cast, "assigned")
    on_duty(cast.other_driver)
    offers.offer(ticket, cast.other_driver, by=cast.admin)
    assert (ticket.status, ticket.driver_id) == ("offered", None)
    assert [offer.status for offer in offers_of(ticket)] == ["withdrawn", "open"]
    with pytest.raises(LostRace):
        deliveries.arrive(ticket, by=cast.driver)


def test_picking_up_needs_the_restaurants_code(cast):
    ticket = ticket_in(cast, "at_pickup")
    with pytest.raises(Invalid):
        deliveries.pick_up(ticket, by=cast.driver, handover_code="nope")
    assert (ticket.status, ticket.order.status) == ("at_pickup", "ready_for_pickup")
    deliveries.pick_up(ticket, by=cast.driver, handover_code=ticket.order.handover_code)
    assert (ticket.status, ticket.order.status) == ("picked_up", "picked_up")


def test_delivering_needs_the_guests_code(cast):
    ticket = ticket_in(cast, "at_dropoff")
    with pytest.raises(Invalid, match="not this delivery's code"):
        deliveries.deliver(ticket, by=cast.driver, proof={"drop_code": "x"})
    deliveries.deliver(ticket, by=cast.driver, proof={"drop_code": ticket.drop_code})
    assert (ticket.status, ticket.order.status) == ("delivered", "delivered")


def test_what_happened_in_a_dead_zone_has_the_devices_times(cast):
    ticket = ticket_in(cast, "picked_up")
    begun = now()
    with time_machine.travel(begun + timedelta(minutes=5), tick=False):
        deliveries.reach(
            ticket, by=cast.driver, occurred_at=begun + timedelta(minutes=3), expected_version=ticket.version
        )
        deliveries.deliver(
            ticket, by=cast.driver, occurred_at=begun + timedelta(minutes=4), proof={"drop_code": ticket.drop_code}
        )
    assert (ticket.status, ticket.ended_at) == ("delivered", begun + timedelta(minutes=4))
    changes = db.session.scalars(
        select(TicketChange).where(TicketChange.ticket_id == ticket.id).order_by(TicketChange.version)
    ).all()
    assert [change.occurred_at for change in changes[-2:]] == [begun + timedelta(minutes=m) for m in (3, 4)]


def test_a_cancelled_order_calls_its_driver_off(cast):
    ticket = ticket_in(cast, "at_pickup")
    orders.cancel(ticket.order, by=cast.vendor, reason_code="other")
    assert (ticket.status, ticket.order.ticket) == ("cancelled", None)


def test_a_restored_order_gets_another_ticket(cast):
    order = delivery(cast)
    first = order.ticket
    orders.cancel(order, by=cast.vendor, reason_code="other")
    orders.restore(order, by=cast.admin, note="Wrong one")
    assert order.ticket.id != first.id
    assert order.ticket.status == "unassigned"


def test_what_cannot_be_delivered_goes_back(cast):
    ticket = ticket_in(cast, "returned")
    assert ticket.order.status == "undeliverable"
    assert ticket.ended_at is not None


def test_a_restaurant_that_hands_over_itself_calls_the_search_off(cast):
    ticket = ticket_in(cast, "unassigned")
    orders.hand_over(ticket.order, by=cast.vendor)
    assert ticket.status == "cancelled"


def test_a_driver_of_another_ticket_moves_nothing(cast):
    ticket = ticket_in(cast, "picked_up")
    with pytest.raises(LostRace):
        deliveries.deliver(ticket, by=cast.other_driver, proof={"drop_code": ticket.drop_code})
    with pytest.raises(Forbidden):
        orders.deliver(ticket.order, by=cast.other_driver)


def test_nobody_goes_off_duty_with_food_on_the_way(cast):
    ticket_in(cast, "picked_up")
    with pytest.raises(Conflict, match="under way"):
        drivers.go_off_duty(cast.driver, by=cast.driver)


def test_going_on_duty_hastens_what_waits(cast):
    ticket = delivery(cast, "ready_for_pickup").ticket
    look()
    on_duty(cast.driver)
    look()
    assert db.session.get(Ticket, ticket.id, populate_existing=True).status == "offered"


def test_the_guest_hears_of_the_first_driver_asked_also_when_a_dispatcher_asks(cast):
    ticket = ticket_in(cast, "needs_dispatcher")
    on_duty(cast.driver)
    for _ in range(2):
        offers.offer(ticket, cast.driver, by=cast.admin)
    assert EventLog.query.filter_by(order_id=ticket.order_id, name="ticket.offered").count() == 1


@pytest.mark.parametrize("answer", [offers.accept, offers.decline])
def test_no_answer_came_before_it_was_asked_or_comes_tomorrow(cast, answer):
    ticket = ticket_in(cast, "offered")
    asked = ticket.changed_at
    answer(ticket, by=cast.driver, occurred_at=asked - timedelta(days=1))
    change = TicketChange.query.filter_by(ticket_id=ticket.id, version=ticket.version).one()
    assert change.occurred_at == asked


def test_a_door_that_is_too_far_to_be_true_earns_nothing(cast):
    """The guest's device says where it is, and the driver is paid by the way there."""
    with atomic():
        cast.restaurant.ride_pay_minor, cast.restaurant.ride_pay_per_km_minor = 200, 50
    near, far = delivery(cast).ticket, delivery(cast, door=(-38.7, 170.0)).ticket
    assert near.pay_minor > 200
    assert (far.pay_minor, far.distance_m, far.latitude) == (200, None, None)


def test_times_that_a_kitchen_says_are_believed_as_a_drivers_are(cast):
    ticket = ticket_in(cast, "at_pickup")
    orders.hand_over(ticket.order, by=cast.vendor, occurred_at=now() + timedelta(days=365))
    assert ticket.picked_up_at <= now()
    orders.deliver(ticket.order, by=cast.admin, occurred_at=now() - timedelta(days=365))
    assert ticket.ended_at >= ticket.picked_up_at


def test_what_is_cooked_again_for_hours_is_looked_for_when_it_is_time(cast):
    order = place(cast, fulfilment="delivery", address="1 Street").order
    orders.accept(order, by=cast.vendor, prep_minutes=120)
    orders.mark_ready(order, by=cast.vendor)
    look()
    orders.recall(order, by=cast.vendor)
    with time_machine.travel(now() + timedelta(minutes=118), tick=False):
        on_duty(cast.driver)
        ticket_deadlines.act_on_due()
    assert order.ticket.status == "offered"


def test_an_order_from_before_there_were_tickets_gets_one_when_it_is_ready(cast):
    order = delivery(cast)
    with atomic() as session:
        session.execute(delete(TicketChange))
        session.execute(delete(Ticket))
    db.session.expire_all()
    orders.mark_ready(order, by=cast.vendor)
    assert order.ticket.status == "unassigned"


def test_what_a_dispatcher_called_off_stays_so(cast):
    order = delivery(cast)
    offers.cancel(order.ticket, by=cast.admin, at=now())
    orders.mark_ready(order, by=cast.vendor)
    assert order.ticket is None


def test_two_that_are_due_at_once_go_to_two_drivers(cast):
    on_duty(cast.driver, *NEAR)
    on_duty(cast.other_driver, *FAR)
    tickets = [delivery(cast, "ready_for_pickup").ticket for _ in range(2)]
    assert look() == 2
    assert [offers_of(ticket)[0].driver_id for ticket in tickets] == [cast.driver.id, cast.other_driver.id]
    assert "is being asked for another one" in offers_of(tickets[1])[0].considered


def test_who_gave_it_back_does_not_take_it_again_at_once(cast):
    ticket = ticket_in(cast, "assigned")
    deliveries.fail(ticket, by=cast.driver, reason_code="other")
    with pytest.raises(Conflict, match="others are asked first"):
        offers.accept(ticket, by=cast.driver)
    with time_machine.travel(now() + timedelta(minutes=11), tick=False):
        assert offers.accept(ticket, by=cast.driver)
