"""Everybody on duty is weighed for a ticket, the nearest first, and for each it is said why not."""

import pytest

from app.contract.times import now
from app.domain import offers
from app.domain.dispatch import weigh
from app.extensions import db
from tests.cast import COUNTER
from tests.factories import on_duty, ticket_in

FAR_AWAY = (COUNTER[0] + 0.5, COUNTER[1])


@pytest.fixture
def why_not(cast):
    """Why a driver cannot be asked for a ticket."""

    def why(ticket, driver):
        return {one.driver_id: one.why_not for one in weigh(db.session(), ticket, now())}[driver.id]

    return why


def test_the_nearest_comes_first_and_unknown_places_last(cast):
    ticket = ticket_in(cast, "unassigned")
    on_duty(cast.driver)
    on_duty(cast.other_driver, *COUNTER)
    assert [one.driver_id for one in weigh(db.session(), ticket, now())] == [cast.other_driver.id, cast.driver.id]


def test_who_is_asked_is_asked_for_this_one_or_for_another(cast, why_not):
    asked, another = ticket_in(cast, "offered"), ticket_in(cast, "unassigned")
    assert why_not(asked, cast.driver) == "is being asked for this one"
    assert why_not(another, cast.driver) == "is being asked for another one"


def test_who_did_not_take_it_is_free_for_another(cast, why_not):
    refused, another = ticket_in(cast, "offered"), ticket_in(cast, "unassigned")
    offers.decline(refused, by=cast.driver)
    assert why_not(refused, cast.driver) == "did not take this one less than 10 minutes ago"
    assert why_not(another, cast.driver) == ""


def test_who_has_a_delivery_has_it_whatever_they_refused_before(cast, why_not):
    refused = ticket_in(cast, "offered")
    offers.decline(refused, by=cast.driver)
    ticket_in(cast, "assigned")
    assert why_not(refused, cast.driver) == "has a delivery"


def test_nobody_comes_from_far_away(cast, why_not):
    on_duty(cast.driver, *FAR_AWAY)
    assert why_not(ticket_in(cast, "unassigned"), cast.driver).startswith("too far away (72.")
