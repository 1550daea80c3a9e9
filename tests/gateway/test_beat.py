"""The beat: everything up to here was written to you; and silence, when that cannot be said."""

from time import monotonic

import pytest
from sqlalchemy import text

from app.contract import rooms
from app.extensions import db
from tests.gateway.rows import head_now, numbers, place, write


@pytest.fixture
def backend():
    """Where it makes a difference, a test says so."""
    return "sqlite"


def test_it_comes_at_least_every_four_seconds(cast, screen):
    vendor = screen(cast.vendor)
    vendor.ready()
    for _ in range(2):
        began = monotonic()
        data, position = vendor.beat()
        assert monotonic() - began < 4
        assert set(data) == {"server_time", "lag_ms"}
        assert 0 <= data["lag_ms"] < 1000
        assert position == head_now()


def test_it_never_overtakes_an_event(cast, screen):
    room = rooms.vendor_orders(cast.restaurant.id)
    vendor = screen(cast.vendor)
    vendor.ready()
    latest, n = monotonic() + 3, 0
    while monotonic() < latest or not vendor.beats:
        write(room, *range(n, n + 5))
        n += 5
        for _ in range(5):
            vendor.event()
    reached = 0
    for frame in vendor.frames:
        if frame.startswith("42"):
            position = place(frame.rpartition(',"')[2].rstrip('"]'))
            assert position >= reached
            reached = position
    assert vendor.beats


@pytest.mark.parametrize("backend", ["postgresql"])
def test_it_is_silent_while_the_database_does_not_answer(cast, own_gateway, screen):
    """The log is locked away from its readers; afterwards nothing is lost."""
    gateway, room = own_gateway(), rooms.vendor_orders(cast.restaurant.id)
    vendor = screen(cast.vendor, to=gateway)
    vendor.ready()
    write(room, 1)
    assert numbers([vendor.event()]) == [1]
    db.session.rollback()
    db.session.execute(text("lock table event_log in access exclusive mode"))
    vendor.listen(4.6)
    heard = len(vendor.beats)
    assert gateway.get("/ready").status_code == 503
    vendor.listen(2.6)
    assert len(vendor.beats) == heard
    db.session.rollback()
    write(room, 2)
    assert numbers([vendor.event(8)]) == [2]
    vendor.beat()
