"""A driver who drives no more holds nothing up."""

import pytest
from sqlalchemy import select

from app.domain import drivers, people, ticket_deadlines
from app.errors import Invalid
from app.extensions import db
from app.models import LiveFix, TicketOffer
from tests.at_once import behind
from tests.cast import COUNTER
from tests.factories import delivery, on_duty, ticket_in

LEAVES = [people.deactivate, lambda person: people.change_role(person, "customer")]


@pytest.mark.parametrize("leave", LEAVES)
def test_who_drives_no_more_is_off_duty_and_asked_for_nothing(cast, leave):
    on_duty(cast.driver, *COUNTER)
    leave(cast.driver)
    assert not drivers.of(cast.driver).on_duty
    assert LiveFix.query.filter(LiveFix.data.is_not(None)).count() == 0
    ticket = delivery(cast, "ready_for_pickup").ticket
    on_duty(cast.other_driver)
    ticket_deadlines.act_on_due()
    assert ticket.status == "offered"


@pytest.mark.parametrize("leave", LEAVES)
def test_what_they_were_asked_or_were_to_fetch_goes_to_the_next(cast, leave):
    fetched = ticket_in(cast, "at_pickup")
    asked = ticket_in(cast, "offered", driver=cast.other_driver)
    leave(cast.driver)
    leave(cast.other_driver)
    assert (fetched.status, asked.status, fetched.driver_id) == ("unassigned", "unassigned", None)
    assert set(db.session.scalars(select(TicketOffer.status))) == {"withdrawn"}


def test_what_they_have_with_them_stays_theirs(cast):
    ticket = ticket_in(cast, "picked_up")
    people.deactivate(cast.driver)
    assert (ticket.status, ticket.driver_id) == ("picked_up", cast.driver.id)


def test_a_driver_with_another_password_rides_on(cast):
    ticket = ticket_in(cast, "assigned")
    people.change_password(cast.driver, "another long password")
    assert ticket.status == "assigned"


def test_of_two_with_one_address_the_second_is_told_that_it_is_taken(app, cast):
    def made():
        return people.create(email="new@example.com", name="New", role="customer", password_hash="none").id

    told = behind(app, made, made)
    assert isinstance(told, Invalid)
    assert told.members["errors"]["email"] == ["It is taken."]
