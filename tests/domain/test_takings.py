"""What came in, by span and currency; and what a person should look at, in numbers."""

from datetime import timedelta

import pytest

from app.contract.times import now
from app.domain import attention, takings
from app.domain.attention import Owed
from app.domain.days import Span
from app.domain.takings import Taken
from app.extensions import atomic, db
from app.models import HotspotUser, Job, SmsMessage, WifiSession
from tests.factories import order_in, payment_of, place, refund_of, wifi_package

HOUR = timedelta(hours=1)


def test_money_counts_in_the_span_in_which_it_was_settled(cast):
    at = now()
    order, other = place(cast).order, place(cast, restaurant=cast.other_restaurant).order
    payment_of(order, at=at - 90 * timedelta(minutes=1), amount_minor=100)
    payment_of(order, at=at - HOUR, amount_minor=20, method="cash", receipt=None)
    payment_of(order, at=at - HOUR, amount_minor=3)
    payment_of(other, at=at - HOUR, amount_minor=7)
    for status in ("rejected", "needs_review"):
        payment_of(order, status, at=at - HOUR)
    payment_of(order, at=at)
    found = takings.taken(db.session(), [Span(at - 2 * HOUR, at - HOUR), Span(at - HOUR, at)])
    assert found == [Taken(0, "EUR", 1, 100), Taken(1, "EUR", 2, 23), Taken(1, "JPY", 1, 7)]


def test_what_really_came_counts(cast):
    at = now()
    payment_of(place(cast).order, at=at, amount_minor=100, received_minor=60)
    assert takings.taken(db.session(), [Span(at - HOUR, at + HOUR)]) == [Taken(0, "EUR", 1, 60)]


def test_payments_that_hang_are_counted_by_state(cast):
    for status in ("prompted", "unknown", "needs_review", "paid", "rejected"):
        payment_of(place(cast).order, status)
    expected = {"initiated": 0, "prompted": 1, "unknown": 1, "needs_review": 1}
    assert attention.open_payments(db.session()) == expected


def test_money_owed_is_added_up_by_currency(cast):
    for restaurant, amount in ((cast.restaurant, 100), (cast.restaurant, 50), (cast.other_restaurant, 9)):
        refund_of(payment_of(place(cast, restaurant=restaurant).order, amount_minor=amount))
    assert attention.owed(db.session()) == [Owed("EUR", 2, 150), Owed("JPY", 1, 9)]


@pytest.fixture
def trouble(cast):
    """A dead job and a failed message beside others that are well, and a pass with two sessions, one of them over."""
    package, at = wifi_package(cast.restaurant), now()
    bought, given = payment_of(package), order_in(cast, "collected")
    with atomic() as session:
        session.add_all(
            Job(queue="default", kind="send_credentials", key=status, status=status) for status in ("dead", "done")
        )
        for status in ("failed", "sent"):
            session.add(SmsMessage(kind="credentials", phone="+254712345678", status=status))
        old = at - timedelta(days=9)
        session.add(SmsMessage(kind="credentials", phone="+254712345678", status="failed", created_at=old))
        for n, source in enumerate(({"payment_id": bought.id}, {"order_id": given.id})):
            known = {"package_id": package.id, "restaurant_id": cast.restaurant.id, "expires_at": at}
            session.add(HotspotUser(code=f"CODE{n}", **known, **source))
        session.flush()
        holder = session.query(HotspotUser).first()
        for name, ended_at in (("a", None), ("b", at)):
            times = {"started_at": at, "heard_at": at, "ended_at": ended_at}
            named = {"acct_unique_id": name, "acct_session_id": name, "nas_address": "127.0.0.1"}
            session.add(WifiSession(hotspot_user_id=holder.id, **named, **times))
    return at


def test_failures_and_the_wifi_are_counted(trouble):
    session = db.session()
    assert attention.dead_jobs(session) == 1
    assert attention.failed_messages(session, trouble - timedelta(days=7)) == 1
    assert attention.wifi_sessions(session) == 1
    assert attention.passes_minted(session, trouble - HOUR) == (1, 1)
    assert attention.passes_minted(session, trouble + HOUR) == (0, 0)
