"""Guests: made with their order, of one form and one browser, and never an account."""

import pytest

from app.contract.identity import Role
from app.domain import guests, invitations, order_placement, password_resets, people, sessions
from app.domain.order_placement import Line
from app.errors import Conflict, RestaurantClosed, WrongCredentials
from app.extensions import atomic, db
from app.models import Job, Order, Person, Restaurant, Session
from tests.at_once import at_once

PHONE = "+351912345678"


@pytest.fixture
def order(cast):
    """Order a soup as a guest, by the form that this is the mark of."""
    lines, restaurant_id = [Line(cast.items()[0].id, 1)], cast.restaurant.id

    def place(guest):
        how = {"fulfilment": "pickup", "payment": "cash"}
        restaurant = db.session.get_one(Restaurant, restaurant_id)
        return order_placement.place(guest, restaurant, lines, **how).order.number

    def ordered(mark="one form"):
        return guests.order(name="Ann", phone=PHONE, mark=mark, key=mark, asked=b"a soup", place=place)

    return ordered


def test_a_guest_comes_with_an_order_and_a_session_of_their_own(order):
    row, number = order()
    guest = db.session.query(Order).filter_by(number=number).one().customer
    assert (guest.name, guest.phone, guest.role, guest.is_guest) == ("Ann", PHONE, Role.CUSTOMER, True)
    assert guest.email.endswith("@guests.invalid")
    assert sessions.by_id(row.id).holder.id == guest.id


def test_the_same_form_is_the_same_guest_and_the_same_order(order):
    assert order()[1] == order()[1]
    assert db.session.query(Person).filter_by(is_guest=True).count() == 1
    assert order("another form")[1] != order()[1]
    assert db.session.query(Person).filter_by(is_guest=True).count() == 2


def test_the_same_form_twice_at_once_is_one_guest_and_one_order(app, order):
    numbers = at_once(app, lambda: order()[1], lambda: order()[1])
    assert numbers[0] == numbers[1]
    db.session.rollback()
    assert db.session.query(Person).filter_by(is_guest=True).count() == 1


def test_nobody_came_where_the_order_is_refused(cast, order):
    with atomic():
        cast.restaurant.mode = "paused"
    with pytest.raises(RestaurantClosed):
        order()
    db.session.rollback()
    assert (db.session.query(Person).filter_by(is_guest=True).count(), db.session.query(Session).count()) == (0, 0)


@pytest.mark.parametrize("password", ["", "!", "a long enough password"])
def test_no_password_lets_a_guest_in(order, password):
    row, _ = order()
    with pytest.raises(WrongCredentials):
        sessions.enter(row.person.email, password)


def test_nobody_makes_an_account_of_a_guest(cast, order):
    guest = order()[0].person
    for make in (
        lambda: people.change_password(guest, "a long enough password"),
        lambda: people.change_role(guest, "admin", by=cast.admin),
        lambda: password_resets.send_link(guest, by=cast.admin),
        lambda: password_resets.hand_over(guest, by=cast.admin),
        lambda: invitations.renew(guest, by=cast.admin, mailed=False),
    ):
        with pytest.raises(Conflict):
            make()


def test_a_forgotten_password_of_a_guest_is_mailed_nowhere(order):
    guest = order()[0].person
    before = db.session.query(Job).filter_by(kind="mail").count()
    password_resets.request(guest.email)
    assert db.session.query(Job).filter_by(kind="mail").count() == before


def test_whoever_has_an_account_gets_no_session_for_nothing(cast):
    with pytest.raises(ValueError, match="logs in"):
        sessions.begin_for_guest(cast.customer)
