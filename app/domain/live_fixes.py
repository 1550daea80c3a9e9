"""What screens are told of where a driver is: for each room and driver one row, always the newest (models/driver.py).

Positions are no rows of the log: one that is superseded is of no use to anybody. Before the food is picked up a guest
is told how many minutes away it is and not where; whoever holds the order's link hears nothing before; once the
driver is not under way any more the row is emptied, and nobody is told anything.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Insert, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.contract import events, rooms
from app.contract.events import Message
from app.contract.times import iso_or_none
from app.models import Driver, LiveFix, Ticket

from . import log
from .geography import Place, place, ride_minutes, road_metres
from .ticket_states import UNDER_WAY, WITH_THE_FOOD

# A fix that is older says nothing about where somebody is now.
_STALE_AFTER = timedelta(minutes=15)
# A phone at rest speaks once a minute (static/js/driver/location.js), and a little late.
_AT_REST = timedelta(seconds=75)
# An emptied row stays so long, for gateways that were away.
_EMPTY_FOR = timedelta(hours=1)


def tell(session: Session, driver: Driver, tickets: Iterable[Ticket], *, at: datetime) -> None:
    """Tell everybody who may know of the driver's last fix: guests and followers of `tickets`, and dispatch."""
    messages = [
        message for ticket in tickets if ticket.status in UNDER_WAY for message in _of_ticket(ticket, driver, at)
    ]
    ticket_id = next((ticket.id for ticket in tickets), None)
    messages.append(
        events.DRIVER_MOVED_FOR_ADMIN.message(rooms.ADMIN_DISPATCH, _data(driver, ticket_id, at) | log.stamp(at))
    )
    _write(session, driver.person_id, messages, at)


def tell_of(session: Session, ticket: Ticket, *, at: datetime) -> None:
    """The ticket changed: what may be told of its driver's last fix may have, too."""
    session.flush()
    # The ticket is ours by now: no fix comes between, but one may have come since the driver was looked at.
    driver = session.get(Driver, ticket.driver_id, populate_existing=True)
    if driver is not None and driver.latitude is not None:
        _write(session, driver.person_id, _of_ticket(ticket, driver, at), at)


def silence(session: Session, ticket: Ticket, driver_id: int | None, *, at: datetime) -> None:
    """From now on guest and followers are told nothing of this driver."""
    if driver_id is not None:
        guest, followers = rooms.driver_location(ticket.order.customer_id), rooms.order(ticket.order.number)
        _empty(session, driver_id, guest, followers, at=at)


def silence_driver(session: Session, driver_id: int, *, at: datetime) -> None:
    """Off duty: dispatch is told nothing of this driver."""
    _empty(session, driver_id, rooms.ADMIN_DISPATCH, at=at)


def current(session: Session, ticket: Ticket, *, at: datetime) -> dict[str, Any] | None:
    """What the guest of `ticket` is told at `at`, as the event would; None: nobody is under way with it."""
    driver = session.get(Driver, ticket.driver_id) if ticket.status in UNDER_WAY else None
    return None if driver is None else for_guest(ticket, driver, at=at)


def forget(session: Session, before: datetime) -> int:
    """Nobody is told any more what was told before `before`; how many rows."""
    # Emptied first, so that gateways forget it as well, and dropped when each has seen that.
    session.execute(
        delete(LiveFix)
        .where(LiveFix.at < before - _EMPTY_FOR, LiveFix.data.is_(None))
        .execution_options(synchronize_session=False)
    )
    emptied = session.execute(
        update(LiveFix)
        .where(LiveFix.at < before, LiveFix.data.is_not(None))
        .values(n=_next_n(session), data=None)
        .execution_options(synchronize_session=False)
    )
    return int(emptied.rowcount)  # type: ignore[attr-defined]


def for_guest(ticket: Ticket, driver: Driver, *, at: datetime) -> dict[str, Any]:
    """S4's fields for the guest of `ticket`: no coordinates before pickup, and none from before it was taken."""
    data = _data(driver, ticket.id, at)
    is_before = ticket.status not in WITH_THE_FOOD
    is_seen = _was_seen_on(ticket, driver)
    data["minutes_away"] = minutes_away(ticket, driver, at) if is_before or is_seen else None
    if is_before or not is_seen:
        data |= {"latitude": None, "longitude": None}
    return data


def _was_seen_on(ticket: Ticket, driver: Driver) -> bool:
    """Whether the last fix is of this ride: where the driver was before, at home or with another guest, is not told.

    A phone that lies still speaks once a minute: what it said just before it was taken is of this ride.
    """
    if driver.fixed_at is None or ticket.assigned_at is None:
        return False
    return driver.fixed_at >= ticket.assigned_at - _AT_REST


def minutes_away(ticket: Ticket, driver: Driver | None, at: datetime) -> int | None:
    """Whole minutes until the driver is at the door, as far as one can say; None when nobody can."""
    restaurant = ticket.order.restaurant
    drop = place(ticket)
    fix = known_place(driver, at)
    if ticket.status in WITH_THE_FOOD:
        return None if fix is None or drop is None else ride_minutes(road_metres(fix, drop))
    # The driver waits for the kitchen, or the food for the driver.
    fetching = ride_minutes(road_metres(fix, place(restaurant))) if ticket.status == "assigned" else 0
    cooking = max(0.0, (ticket.ready_at - at).total_seconds() / 60) if ticket.ready_at is not None else 0.0
    riding = ride_minutes(ticket.distance_m) if ticket.distance_m is not None else restaurant.delivery_minutes
    return round(max(fetching, cooking)) + riding


def minutes_to_counter(ticket: Ticket, driver: Driver | None, at: datetime) -> int | None:
    """Whole minutes until the driver is at the restaurant; None when nobody can say."""
    road = road_metres(known_place(driver, at), place(ticket.order.restaurant))
    return None if road is None else ride_minutes(road)


def known_place(driver: Driver | None, at: datetime) -> Place | None:
    """Where the driver is, unless that is not known, or was long ago."""
    if driver is None or driver.fixed_at is None or at - driver.fixed_at >= _STALE_AFTER:
        return None
    return place(driver)


def _of_ticket(ticket: Ticket, driver: Driver, at: datetime) -> Iterable[Message]:
    data = for_guest(ticket, driver, at=at) | log.stamp(at)
    yield events.DRIVER_MOVED_FOR_CUSTOMER.message(rooms.driver_location(ticket.order.customer_id), data)
    if data["latitude"] is not None:
        # A link may have been passed on: it shows no names.
        nameless = data | {"driver_name": None}
        yield events.DRIVER_MOVED_FOR_FOLLOWER.message(rooms.order(ticket.order.number), nameless)


def _data(driver: Driver, ticket_id: int | None, at: datetime) -> dict[str, Any]:
    return {
        "ticket_id": ticket_id,
        "driver_id": driver.person_id,
        "driver_name": driver.person.name,
        "latitude": driver.latitude,
        "longitude": driver.longitude,
        "last_location_updated_at": iso_or_none(driver.fixed_at),
        "minutes_away": None,
    }


def _write(session: Session, driver_id: int, messages: Iterable[Message], at: datetime) -> None:
    """Put the newest into each room's row."""
    new = (sqlite if _is_sqlite(session) else postgresql).insert(LiveFix.__table__)
    put: Insert = new.on_conflict_do_update(
        index_elements=["room", "driver_id"],
        set_={"n": new.excluded.n, "data": new.excluded.data, "at": new.excluded.at},
    )
    for message in messages:
        data = orjson.dumps(message.data).decode()
        row = {"room": message.room, "driver_id": driver_id, "n": _next_n(session), "data": data, "at": at}
        session.execute(put.values(row))


def _empty(session: Session, driver_id: int, *from_rooms: str, at: datetime) -> None:
    """Take back what was told there, if anything was and still is."""
    for room in from_rooms:
        session.execute(
            update(LiveFix)
            .where(LiveFix.room == room, LiveFix.driver_id == driver_id, LiveFix.data.is_not(None))
            .values(n=_next_n(session), data=None, at=at)
            .execution_options(synchronize_session=False)
        )


def _next_n(session: Session) -> Any:
    """The next number, as an expression."""
    if _is_sqlite(session):
        return select(func.coalesce(func.max(LiveFix.n), 0) + 1).scalar_subquery()
    return func.nextval("live_fixes_n")


def _is_sqlite(session: Session) -> bool:
    return session.connection().dialect.name == "sqlite"
