"""What staff may do: the table, kept in the walk of an order too; and changing it, so that a manager is left."""

import pytest
from sqlalchemy import select

from app.domain import orders, password_resets, people, prints, staff
from app.errors import Conflict, Forbidden, Invalid, LinkUnknown, NotFound
from app.extensions import atomic, db
from app.models import AuditEntry, Session
from tests.factories import order_in, session_of


def let_be(person, role):
    with atomic():
        person.staff_role = role
    return person


def test_the_counter_hands_over_and_does_not_cook(cast):
    order = order_in(cast, "ready_for_pickup")
    counter = let_be(cast.colleague, "counter")
    with pytest.raises(Forbidden, match="for cooks and managers"):
        orders.recall(order, by=counter)
    assert orders.hand_over(order, by=counter)


def test_a_cook_takes_every_step_and_prints_nothing(cast):
    order = order_in(cast, "placed")
    cook = let_be(cast.colleague, "cook")
    for verb in (orders.accept, orders.start, orders.mark_ready, orders.hand_over):
        assert verb(order, by=cook)
    with pytest.raises(Forbidden):
        prints.take(order, "receipt", by=cook)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_program_is_told_what_its_person_may_still_do(app, cast, bearer):
    order = order_in(cast, "placed")
    counter = let_be(cast.colleague, "counter")
    path = f"/api/orders/{order.number}/transitions"
    answer = app.test_client().post(path, json={"to": "accepted"}, headers=bearer(counter))
    assert answer.status_code == 403
    orders.cancel(order, by=cast.customer)
    answer = app.test_client().post(path, json={"to": "accepted", "expected_version": 1}, headers=bearer(counter))
    assert (answer.status_code, answer.json["allowed"]) == (409, [])


def test_an_admin_may_do_all_of_it(cast):
    assert all(staff.may(cast.admin, duty) for duty in staff.DUTIES["manager"])


def test_another_role_ends_what_one_is_logged_in_with(cast):
    session_of(cast.colleague)
    staff.give_role(cast.colleague.id, "cook", by=cast.vendor)
    assert cast.colleague.staff_role == "cook"
    [row] = db.session.scalars(select(Session).where(Session.person_id == cast.colleague.id))
    assert row.ended_at is not None
    [entry] = db.session.scalars(select(AuditEntry))
    assert (entry.action, entry.subject_name) == ("staff.role", cast.colleague.name)


def test_who_was_deactivated_can_be_let_in_again(cast):
    assert not staff.set_active(cast.colleague.id, False, by=cast.vendor).is_active
    assert staff.set_active(cast.colleague.id, True, by=cast.vendor).is_active


def test_what_an_admin_did_no_manager_undoes(cast):
    staff.set_active(cast.colleague.id, False, by=cast.vendor)
    people.reactivate(cast.colleague, by=cast.admin)
    people.deactivate(cast.colleague, by=cast.admin)
    with pytest.raises(Forbidden, match="only an admin"):
        staff.set_active(cast.colleague.id, True, by=cast.vendor)
    assert not cast.colleague.is_active


def test_what_a_manager_of_another_kitchen_did_is_for_an_admin(cast):
    staff.set_active(cast.colleague.id, False, by=cast.vendor)
    people.change_role(cast.colleague, "vendor", cast.other_restaurant, by=cast.admin)
    with pytest.raises(Forbidden):
        staff.set_active(cast.colleague.id, True, by=cast.other_vendor)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_no_link_outlives_a_deactivation(cast):
    token = password_resets.hand_over(cast.colleague, by=cast.admin)
    staff.set_active(cast.colleague.id, False, by=cast.vendor)
    staff.set_active(cast.colleague.id, True, by=cast.vendor)
    with pytest.raises(LinkUnknown):
        password_resets.opened(token)


def test_nobody_takes_the_last_manager_away(cast):
    staff.give_role(cast.colleague.id, "cook", by=cast.vendor)
    for person, by in ((cast.vendor, cast.vendor), (cast.vendor, cast.colleague)):
        with pytest.raises((Conflict, Forbidden)):
            staff.give_role(person.id, "cook", by=by)
        with pytest.raises((Conflict, Forbidden)):
            staff.set_active(person.id, False, by=by)
    assert cast.vendor.staff_role == "manager"


def test_colleagues_are_of_the_same_restaurant(cast):
    for person in (cast.other_vendor, cast.customer):
        with pytest.raises(NotFound):
            staff.give_role(person.id, "cook", by=cast.vendor)
    with pytest.raises(Invalid):
        staff.give_role(cast.colleague.id, "owner", by=cast.vendor)
