"""A form offers the reasons that can be true of its order."""

from app.domain.order_states import REASONS
from app.views.reasons import offered
from tests.factories import order_in, place


def test_nobody_failed_to_come_for_what_is_not_ready(cast):
    assert not {"no_show", "not_found"} & set(offered(place(cast).order))


def test_what_stands_ready_was_not_refused_for_want_of_time(cast):
    reasons = set(offered(order_in(cast, "ready_for_pickup")))
    assert "no_show" in reasons
    assert not {"too_busy", "closing"} & reasons


def test_only_a_delivery_is_too_far_away(cast):
    assert "out_of_area" not in offered(place(cast).order)
    assert "out_of_area" in offered(place(cast, fulfilment="delivery", address="1 Street").order)


def test_every_reason_is_offered_for_some_order(cast):
    some = [place(cast, fulfilment="delivery", address="1 Street").order, order_in(cast, "picked_up")]
    assert set().union(*map(offered, some)) == set(REASONS)
