"""Connection state recovery: who comes back with the pid and the offset of a broken connection gets it back, or not."""

import json

from app.contract import rooms
from app.extensions import db
from app.models import Recovery
from tests.gateway.rows import numbers, place, write


def pid_of(screen):
    """The pid in the CONNECT reply; read before `ready`, as it comes."""
    return json.loads(screen.answer()[2:])["pid"]


def hears(screen, count):
    """What the next so many events of the log say: replayed before `ready`, or (numbered later than it) live."""
    events = screen.before + [screen.event() for _ in range(count - len(screen.before))]
    assert [event[3] for event in events] == sorted({event[3] for event in events}, key=place)
    return numbers(events)


def kept():
    db.session.rollback()
    return db.session.scalars(db.select(Recovery)).all()


def test_it_gives_back_pid_and_events(cast, screen):
    room = rooms.vendor_orders(cast.restaurant.id)
    vendor = screen(cast.vendor)
    pid = pid_of(vendor)
    _, offset = vendor.ready()
    vendor.close()
    write(room, 1, 2)
    again = screen(cast.vendor, {"pid": pid, "offset": offset})
    assert pid_of(again) == pid
    data, _ = again.ready()
    assert data["recovered"] is True
    assert hears(again, 2) == [1, 2]
