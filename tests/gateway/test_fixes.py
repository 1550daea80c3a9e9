"""Where drivers are, on the screens of those who may know: live, with `ready`, upon subscribing, and not any more."""

import json

import pytest
from sqlalchemy import text

from app.contract import rooms
from app.contract.times import now
from app.domain import deliveries, drivers, fixes, tracking
from app.extensions import atomic, db
from app.models import LiveFix
from gateway.fixes import ALL_EVERY, BACK, EVERY
from tests.cast import COUNTER
from tests.factories import on_duty, ticket_in, token_of
from tests.gateway.rough import Poller
from tests.gateway.rows import head_now, numbers, until, write
from tests.gateway.screen import Screen

NAME = "driver.location.updated"
# Seventy metres up the street from the counter.
CORNER = (38.7145, -9.1334)
# Seconds after which somebody surely would have been told.
A_WHILE = 3 * EVERY
# Where the database makes no difference, or all of it.
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"])
ON_POSTGRES = pytest.mark.parametrize("backend", ["postgresql"])


@pytest.fixture
def riding(cast):
    """The customer's food is with the driver, who was last seen at the counter."""
    ticket = ticket_in(cast, "picked_up")
    fixes.record(cast.driver, *COUNTER)
    return ticket


@pytest.fixture
def link(riding):
    """What whoever holds the order's link connects with."""
    return {"tracking": tracking.create_link(riding.order)}


def location(person):
    return rooms.driver_location(person.id)


def spot(data):
    return data["latitude"], data["longitude"]


def fixes_in(screen, seconds=A_WHILE):
    """Channel and place of each fix that comes in so many seconds."""
    return [(event[1], spot(event[2])) for event in screen.listen(seconds) if event[0] == NAME]


def fixes_of(ready):
    return [(fix["channel"], spot(fix["data"])) for fix in ready[0].get("fixes", [])]


def has_read(gateway, cast):
    """Wait until the gateway has read what the guest, and everybody else, is told by now."""
    db.session.rollback()
    row = LiveFix.query.filter_by(room=location(cast.customer)).populate_existing().one_or_none()
    expected = [json.loads(row.data)] if row is not None and row.data is not None else []

    def is_read():
        with Screen(gateway.port, {"token": token_of(cast.customer)}) as guest:
            return [fix["data"] for fix in guest.ready()[0].get("fixes", [])] == expected

    until(is_read)


def tell(room, driver_id, n, mark):
    """Write one row as the domain does, with a number of one's own."""
    with atomic() as session:
        session.merge(LiveFix(room=room, driver_id=driver_id, n=n, data=json.dumps({"mark": mark}), at=now()))


# -- live ------------------------------------------------------------------------------------------------------------


def test_it_tells_the_guest_where_the_driver_is(cast, gateway, riding, screen):
    """Without a position argument, so that a stock client's place in the log stays what it is."""
    has_read(gateway, cast)
    guest = screen(cast.customer)
    guest.ready()
    assert fixes.record(cast.driver, *CORNER)
    name, channel, data = guest.event()
    assert (name, channel) == (NAME, location(cast.customer))
    assert spot(data) == CORNER
    assert (data["ticket_id"], data["driver_name"]) == (riding.id, cast.driver.name)


def test_before_pickup_the_guest_hears_how_far_and_the_link_hears_nothing(cast, gateway, screen):
    ticket = ticket_in(cast, "assigned")
    has_read(gateway, cast)
    guest, follower = screen(cast.customer), screen(auth={"tracking": tracking.create_link(ticket.order)})
    guest.ready()
    assert fixes_of(follower.ready()) == []
    fixes.record(cast.driver, *CORNER)
    _name, _channel, data = guest.event()
    assert spot(data) == (None, None)
    assert data["minutes_away"] > 0
    assert fixes_in(follower) == []
    deliveries.arrive(ticket, by=cast.driver)
    deliveries.pick_up(ticket, by=cast.driver, handover_code=ticket.order.handover_code)
    assert fixes_in(follower) == [(rooms.order(ticket.order.number), CORNER)]


@ON_SQLITE
def test_nobody_else_hears_it(cast, riding, screen):
    others = [screen(each) for name, each in cast.people().items() if name != "customer"]
    elsewhere = ticket_in(cast, "assigned", driver=cast.other_driver)
    others.append(screen(auth={"tracking": tracking.create_link(elsewhere.order)}))
    assert [fixes_of(each.ready()) for each in others] == [[]] * len(others)
    fixes.record(cast.driver, *CORNER)
    others[0].listen(A_WHILE)
    assert [fixes_in(each, 0.05) for each in others] == [[]] * len(others)
    assert NAME not in "".join(others[0].frames)


def test_nobody_hears_anything_after_the_delivery(cast, gateway, riding, link, screen):
    has_read(gateway, cast)
    guest, follower = screen(cast.customer), screen(auth=link)
    for each in (guest, follower):
        each.ready()
    deliveries.reach(riding, by=cast.driver)
    assert len(fixes_in(guest)) == len(fixes_in(follower, 0.05)) == 1
    deliveries.deliver(riding, by=cast.driver, proof={"drop_code": riding.drop_code})
    fixes.record(cast.driver, *CORNER)
    assert fixes_in(guest) == fixes_in(follower, 0.05) == []
    has_read(gateway, cast)
    assert [fixes_of(late.ready()) for late in (screen(cast.customer), screen(auth=link))] == [[], []]


@ON_SQLITE
def test_dispatch_hears_of_everybody_on_duty_until_they_go(cast, own_gateway, screen):
    on_duty(cast.driver, *COUNTER)
    desk = screen(cast.admin, to=own_gateway())
    desk.ready()
    assert desk.ask("subscribe", {"channel": rooms.ADMIN_DISPATCH})["ok"]
    fixes_in(desk)
    fixes.record(cast.driver, *CORNER)
    on_duty(cast.other_driver, *COUNTER)
    heard = [(data["driver_id"], spot(data)) for name, _, data, *_ in desk.listen(A_WHILE) if name == NAME]
    assert heard == [(cast.driver.id, CORNER), (cast.other_driver.id, COUNTER)]
    drivers.go_off_duty(cast.driver, by=cast.driver)
    desk.listen(A_WHILE)
    assert desk.ask("subscribe", {"channel": rooms.ADMIN_DISPATCH})["ok"]
    assert fixes_in(desk, 0.1) == [(rooms.ADMIN_DISPATCH, COUNTER)]


@ON_SQLITE
def test_it_counts_what_it_tells(cast, gateway, riding, screen):
    has_read(gateway, cast)
    screen(cast.customer).ready()
    counted = gateway.metric("fixes_total"), gateway.metric("fix_age_seconds_count")
    fixes.record(cast.driver, *CORNER)
    until(lambda: gateway.metric("fixes_total") == counted[0] + 1)
    assert gateway.metric("fix_age_seconds_count") == counted[1] + 1
    assert gateway.metric("fix_age_seconds_sum") > 0


# -- those who come --------------------------------------------------------------------------------------------------


def test_ready_carries_what_a_follower_may_know(cast, gateway, riding, link, screen):
    fixes.record(cast.driver, *CORNER)
    has_read(gateway, cast)
    guest, follower = screen(cast.customer), screen(auth=link)
    assert fixes_of(guest.ready()) == [(location(cast.customer), CORNER)]
    assert fixes_of(follower.ready()) == [(rooms.order(riding.order.number), CORNER)]
    assert fixes_in(guest) == fixes_in(follower, 0.05) == []


@ON_SQLITE
def test_a_gateway_that_has_just_begun_tells_those_who_come_once(cast, own_gateway, riding, screen):
    """Also when it reads all of the table again."""
    gateway = own_gateway()
    has_read(gateway, cast)
    guest = screen(cast.customer, to=gateway)
    assert fixes_of(guest.ready()) == [(location(cast.customer), COUNTER)]
    assert fixes_in(guest, ALL_EVERY + A_WHILE) == []


@ON_SQLITE
def test_who_subscribes_is_told_before_the_acknowledgement(cast, own_gateway, riding, screen):
    gateway = own_gateway()
    has_read(gateway, cast)
    desk = screen(cast.admin, to=gateway)
    assert fixes_of(desk.ready()) == []
    for channel in (rooms.ADMIN_DISPATCH, rooms.order(riding.order.number)):
        assert desk.ask("subscribe", {"channel": channel})["ok"]
        assert fixes_in(desk, 0) == [(channel, COUNTER)]


@ON_SQLITE
def test_who_may_not_subscribe_is_told_nothing(cast, gateway, riding, screen):
    has_read(gateway, cast)
    other = screen(cast.other_customer)
    other.ready()
    for channel in (location(cast.customer), rooms.order(riding.order.number), rooms.ADMIN_DISPATCH):
        assert not other.ask("subscribe", {"channel": channel})["ok"]
    fixes.record(cast.driver, *CORNER)
    assert fixes_in(other) == []


@ON_SQLITE
def test_a_socket_that_was_not_accepted_is_told_nothing(cast, gateway, riding, screen):
    has_read(gateway, cast)
    refused, silent = screen(auth={"token": "unknown"}), screen(ask=False)
    assert refused.answer().startswith("44")
    fixes.record(cast.driver, *CORNER)
    assert fixes_in(silent) == []
    assert NAME not in "".join(refused.frames + silent.frames)


@ON_SQLITE
def test_who_leaves_a_room_is_told_nothing_more(cast, gateway, riding, screen):
    desk = screen(cast.admin)
    desk.ready()
    assert desk.ask("subscribe", {"channel": rooms.ADMIN_DISPATCH})["ok"]
    assert desk.ask("unsubscribe", {"channel": rooms.ADMIN_DISPATCH})["ok"]
    desk.listen(0)
    fixes.record(cast.driver, *CORNER)
    assert fixes_in(desk) == []


@ON_SQLITE
def test_it_uses_the_name_by_which_the_client_knows_the_room(cast, gateway, riding, screen):
    has_read(gateway, cast)
    guest, channel = screen(cast.customer), f"private-{location(cast.customer)}"
    guest.ready()
    assert guest.ask("subscribe", {"channel": channel})["ok"]
    assert fixes_in(guest, 0) == [(channel, COUNTER)]
    fixes.record(cast.driver, *CORNER)
    assert fixes_in(guest) == [(channel, CORNER)]


@ON_SQLITE
def test_recovery_takes_no_notice_of_it(cast, gateway, riding, screen):
    """The last string that a stock client saw is a position; a room that it had asked for comes with its drivers."""
    room = rooms.order(riding.order.number)
    has_read(gateway, cast)
    guest = screen(cast.customer)
    pid = json.loads(guest.answer()[2:])["pid"]
    guest.ready()
    guest.ask("subscribe", {"channel": room})
    write(room, 1)
    fixes.record(cast.driver, *CORNER)
    heard = guest.listen(A_WHILE)
    assert [event[0] for event in heard if not isinstance(event[-1], str)] == [NAME] * 3
    *_, offset = [event[-1] for event in heard if isinstance(event[-1], str)]
    assert offset == head_now()
    guest.close()
    write(room, 2)
    again = screen(cast.customer, {"pid": pid, "offset": offset})
    ready = again.ready()
    assert ready[0]["recovered"] is True
    assert numbers(again.before) == [2]
    assert fixes_of(ready) == [(location(cast.customer), CORNER)]
    assert fixes_in(again, 0.1) == [(room, CORNER)]


# -- slow clients ----------------------------------------------------------------------------------------------------

# Other drivers of the room: more than the kernel takes for somebody who does not read, less than may wait here.
CROWD, LONG = 40, "x" * 20_000


def tell_one_by_one(gateway, room, *marks):
    """Tell of driver 7 again and again."""
    for mark in marks:
        before = gateway.metric("fixes_total")
        tell(room, 7, 100 + mark, mark)
        until(lambda before=before: gateway.metric("fixes_total") > before)


@ON_SQLITE
@pytest.mark.parametrize("prefix", ["", "private-"])
def test_a_client_that_does_not_read_gets_the_newest_and_not_the_queue(cast, gateway, screen, prefix):
    guest, room = screen(cast.customer), location(cast.customer)
    guest.ready()
    guest.ask("subscribe", {"channel": prefix + room})
    before = gateway.metric("fixes_total")
    for driver in range(10, 10 + CROWD):
        tell(room, driver, driver, LONG)
    until(lambda: gateway.metric("fixes_total") == before + CROWD)
    tell_one_by_one(gateway, room, 1, 2, 3, 4)
    write(room, "behind it")
    # Almost a megabyte is read here, by a client that shares its core with others.
    heard = guest.listen(6 * A_WHILE)
    assert [(at, data["mark"]) for _, at, data in heard[CROWD:-1]] == [(prefix + room, 4)]
    assert numbers(heard[-1:]) == ["behind it"]


@ON_SQLITE
def test_a_client_that_polls_gets_the_newest_and_not_the_queue(cast, gateway):
    guest = Poller(gateway)
    guest.connect(cast.customer)
    tell_one_by_one(gateway, location(cast.customer), 1, 2, 3, 4)
    status, payload = guest.get()
    assert status == 200
    assert [json.loads(packet[2:])[2]["mark"] for packet in payload.split("\x1e") if NAME in packet] == [4]


# -- the table -------------------------------------------------------------------------------------------------------


def test_every_gateway_follows_for_itself(cast, own_gateway, riding, screen):
    gateways = [own_gateway(), own_gateway()]
    for gateway in gateways:
        has_read(gateway, cast)
    guests = [screen(cast.customer, to=gateway) for gateway in gateways]
    for guest in guests:
        guest.ready()
    fixes.record(cast.driver, *CORNER)
    assert [fixes_in(guest) for guest in guests] == [[(location(cast.customer), CORNER)]] * 2


def test_what_commits_out_of_turn_is_told(cast, gateway, screen):
    """Soon where its number lies a little below the last one, within seconds where it lies far below."""
    guest, room = screen(cast.customer), location(cast.customer)
    guest.ready()
    tell(room, 1, 10 * BACK, "first")
    assert guest.event()[2]["mark"] == "first"
    tell(room, 2, 9 * BACK + 1, "a little late")
    assert guest.event(1)[2]["mark"] == "a little late"
    tell(room, 2, 7, "much too late")
    assert guest.event(ALL_EVERY + 5)[2]["mark"] == "much too late"


def test_what_is_pruned_is_forgotten_and_numbers_may_begin_anew(cast, gateway, screen):
    room = location(cast.customer)
    guest = screen(cast.customer)
    guest.ready()
    tell(room, 1, 10 * BACK, "old")
    assert guest.event()[2]["mark"] == "old"
    with atomic() as session:
        session.execute(text("delete from live_fixes"))
    has_read(gateway, cast)
    tell(room, 1, 1, "new")
    assert guest.event()[2]["mark"] == "new"


@ON_POSTGRES
def test_a_table_that_cannot_be_read_makes_it_late_and_nothing_else(cast, own_gateway, riding, screen):
    gateway = own_gateway()
    has_read(gateway, cast)
    guest = screen(cast.customer, to=gateway)
    guest.ready()
    with atomic() as session:
        session.execute(text("alter table live_fixes rename to elsewhere"))
    try:
        until(lambda: "fixes.interrupted" in gateway.logged())
        assert fixes_of(screen(cast.customer, to=gateway).ready()) == [(location(cast.customer), COUNTER)]
        assert gateway.get("/ready").status_code == 200
    finally:
        with atomic() as session:
            session.execute(text("alter table elsewhere rename to live_fixes"))
    fixes.record(cast.driver, *CORNER)
    assert spot(guest.event(8)[2]) == CORNER
