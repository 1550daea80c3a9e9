"""Connection state recovery: who returns with the pid and the offset of a broken connection gets it back, or is told.

Each screen here does what a stock client does: it keeps the pid of the CONNECT reply and the last string of any event.
"""

import json
import threading
from contextlib import contextmanager
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import text, update

from app.contract import rooms
from app.contract.times import now
from app.contract.tokens import digest, new_pid
from app.domain import access, log, people, sessions, tracking
from app.extensions import atomic, db
from app.models import LogHead, Order, Recovery, Session
from gateway import refusals
from tests.factories import place as place_order
from tests.factories import token_of
from tests.gateway.rows import head_now, numbers, place, unnumbered, until, write
from tests.gateway.screen import back


def welcome(screen):
    """The pid in the CONNECT reply, and what `ready` says."""
    pid = json.loads(screen.answer()[2:])["pid"]
    data, position = screen.ready()
    return pid, data, position


def hears(screen, count):
    """What the next so many events of the log say: replayed before `ready`, or (numbered later than it) live."""
    events = screen.before + [screen.event(15) for _ in range(count - len(screen.before))]
    assert [event[3] for event in events] == sorted({event[3] for event in events}, key=place)
    return numbers(events)


def kept(pid):
    """The row behind a pid."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(Recovery, digest(pid))


def broken(screen):
    """The pid and the offset of a screen whose connection is gone; its row is written."""
    pid, _, offset = welcome(screen)
    until(lambda: kept(pid))
    screen.close()
    return {"pid": pid, "offset": offset}


def killed(gateway):
    """Kill -9; whoever numbers rows next need not wait until the dead one's lease is over."""
    gateway.kill()
    with db.engine.begin() as connection:
        connection.execute(update(LogHead).values(lease_until=None))


def is_new(screen, before):
    """Nothing is given back: another pid, nothing replayed, and a plain word."""
    pid, data, _ = welcome(screen)
    return pid != before["pid"] and data["recovered"] is False and screen.before == []


# -- what is given back ----------------------------------------------------------------------------------------------


def test_it_gives_back_the_pid_and_what_was_missed(cast, screen):
    """Nothing was seen before the drop but `ready`, whose position is the offset."""
    before = broken(screen(cast.vendor))
    write(rooms.vendor_orders(cast.restaurant.id), 1)
    write(rooms.vendor_orders(cast.other_restaurant.id), 2)
    write(rooms.user(cast.vendor.id), 3)
    again = screen(cast.vendor, before)
    pid, data, _ = welcome(again)
    assert (pid, data["recovered"]) == (before["pid"], True)
    assert hears(again, 2) == [1, 3]


def test_it_does_so_again_and_again(cast, screen):
    room, before = rooms.user(cast.vendor.id), broken(screen(cast.vendor))
    for n in range(3):
        write(room, n)
        again = screen(cast.vendor, before)
        pid, _, offset = welcome(again)
        assert pid == before["pid"]
        assert hears(again, 1) == [n]
        write(room, f"live {n}")
        *_, offset = again.event(15)
        again.close()
        before = {"pid": pid, "offset": offset}


def test_no_hole_and_no_double_while_events_are_written(app, cast, gateway, screen):
    """It comes back again and again while a writer never rests."""
    token, done, written = token_of(cast.admin), threading.Event(), count(1)

    def keep_writing():
        with app.app_context():
            while not done.wait(0.002):
                write("admin.orders", next(written), next(written))

    before, heard = broken(screen(auth={"token": token})), []
    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        for _ in range(60):
            with back(gateway, {"token": token, **before}) as admin:
                pid, data, offset = welcome(admin)
                assert (pid, data["recovered"]) == (before["pid"], True)
                events = [*admin.before, admin.event(15)]
                heard += numbers(events)
                before["offset"] = max(offset, events[-1][3], key=place)
    finally:
        done.set()
        writer.join()
    assert heard == list(range(1, len(heard) + 1))


def test_another_gateway_does_so_after_a_kill(cast, gateway, own_gateway, screen):
    """Trap: stock python-socketio recovers no connection, and stock servers that do lose it with their process."""
    first = own_gateway()
    before = broken(screen(cast.admin, to=first))
    killed(first)
    write("admin.orders", 1, 2)
    again = screen(cast.admin, before)
    pid, data, _ = welcome(again)
    assert (pid, data["recovered"]) == (before["pid"], True)
    assert hears(again, 2) == [1, 2]


def test_it_gives_back_every_channel_under_its_name_after_a_kill(cast, own_gateway, screen):
    """The gateway dies with the acknowledgement; the client asks for nothing again, and hears all of it.

    Trap: Laravel Echo does not subscribe again after a reconnect, so the server has to join its channels.
    """
    gateway, vendor_orders = own_gateway(), rooms.vendor_orders(cast.restaurant.id)
    admin = screen(cast.admin, to=gateway)
    pid, _, offset = welcome(admin)
    for channel in ("user.1000000", f"private-{vendor_orders}", "private-admin.orders", "user.1000001"):
        assert admin.ask("subscribe", {"channel": channel})["ok"]
    assert admin.ask("unsubscribe", {"channel": "user.1000001"})["ok"]
    assert admin.ask("unsubscribe", {"channel": "payments"})["ok"]
    killed(gateway)
    for room in ("user.1000000", vendor_orders, "admin.orders", "user.1000001", "payments"):
        write(room, room)
    again = screen(cast.admin, {"pid": pid, "offset": offset}, to=gateway.start())
    returned, data, _ = welcome(again)
    assert (returned, data["recovered"]) == (pid, True)
    own = ["private-admin.orders", "dashboard-stats", "payments", "hotspot-users", f"user.{cast.admin.id}"]
    assert data["channels"] == [*own, "user.1000000", f"private-{vendor_orders}"]
    assert hears(again, 4) == ["user.1000000", vendor_orders, "admin.orders", "payments"]
    write(vendor_orders, "live")
    _, channel, data, _ = again.event(15)
    assert (channel, data["n"]) == (f"private-{vendor_orders}", "live")
    assert again.ask("unsubscribe", {"channel": "user.1000000"})["ok"]
    assert "user.1000000" not in json.loads(kept(pid).channels)


def test_it_follows_the_person_into_another_session(cast, screen):
    before = broken(screen(cast.vendor))
    first = kept(before["pid"]).credential
    assert welcome(screen(cast.vendor, before))[0] == before["pid"]
    until(lambda: kept(before["pid"]).credential != first)


def test_a_link_gets_its_own_back_and_no_other_links(cast, screen):
    order = place_order(cast).order
    link, other = tracking.create_link(order), tracking.create_link(order)
    before = broken(screen(auth={"tracking": link}))
    write(rooms.order(order.number), 1)
    assert is_new(screen(auth={"tracking": other, **before}), before)
    again = screen(auth={"tracking": link, **before})
    assert welcome(again)[0] == before["pid"]
    assert hears(again, 1) == [1]


# -- what is not given back ------------------------------------------------------------------------------------------


def test_another_persons_pid_gives_nothing_and_takes_nothing(cast, screen):
    before = broken(screen(cast.vendor))
    write(rooms.vendor_orders(cast.restaurant.id), 1)
    assert is_new(screen(cast.colleague, before), before)
    assert is_new(screen(auth={"tracking": tracking.create_link(place_order(cast).order), **before}), before)
    assert kept(before["pid"]).person_id == cast.vendor.id
    assert welcome(screen(cast.vendor, before))[0] == before["pid"]


@pytest.mark.parametrize(
    "pid",
    [new_pid(), "", "x" * 5000, 7, {"pid": 1}, "half \ud800"],
    ids=["unknown", "empty", "long", "number", "object", "half a character"],
)
def test_a_pid_that_nobody_knows_leaves_the_offset_to_count_as_since(cast, gateway, screen, pid):
    """Forged, or of a gateway that was killed before it had written the row: nothing is lost, nothing comes twice."""
    offset = head_now()
    write("admin.orders", 1)
    gateway.reaches(place(offset) + 1, timeout=30)
    admin = screen(cast.admin, {"pid": pid, "offset": offset})
    given, data, _ = welcome(admin)
    assert given != pid
    assert (data["recovered"], numbers(admin.before)) == (True, [1])


def test_what_is_gone_with_the_log_is_not_given_back(cast, gateway, own_gateway, screen):
    before = broken(screen(cast.admin))
    write("admin.orders", 1, 2)
    gateway.reaches(place(before["offset"]) + 2, timeout=30)
    log.prune(now() + timedelta(hours=1))
    # The one that has run all the time has them in memory.
    assert is_new(screen(cast.admin, before, to=own_gateway()), before)
    assert welcome(screen(cast.admin, before))[0] == before["pid"]


@pytest.mark.parametrize("offset", ["beefbeef-1", "nonsense", "", 7, [1], "past the head"])
def test_a_place_of_no_such_log_is_not_given_back(cast, screen, offset):
    before = broken(screen(cast.admin))
    epoch, _, n = before["offset"].partition("-")
    before["offset"] = f"{epoch}-{int(n) + 1000}" if offset == "past the head" else offset
    assert is_new(screen(cast.admin, before), before)


def test_nothing_is_given_back_without_a_channel_that_is_no_longer_allowed(cast, screen):
    order = place_order(cast).order
    vendor = screen(cast.vendor)
    pid, _, offset = welcome(vendor)
    assert vendor.ask("subscribe", {"channel": rooms.order(order.number)})["ok"]
    vendor.close()
    with atomic() as session:
        session.execute(update(Order).values(restaurant_id=cast.other_restaurant.id))
    write(rooms.vendor_orders(cast.restaurant.id), 1)
    again = screen(cast.vendor, {"pid": pid, "offset": offset})
    assert is_new(again, {"pid": pid})
    assert again.ask("subscribe", {"channel": rooms.order(order.number)})["ok"] is False


def test_nothing_is_given_back_to_who_has_become_somebody_else(cast, screen):
    """Also where every room of before may be heard: the page of before is not the page of now."""
    for person, role in ((cast.vendor, "customer"), (cast.driver, "admin")):
        before = broken(screen(person))
        people.change_role(person, role)
        # Whoever comes between the commit and its number is asked to come back, because only the door can tell.
        until(lambda: not unnumbered())
        assert is_new(screen(person, before), before)


def test_a_pid_is_no_way_in_after_the_access_ended(cast, screen, cookie_of):
    """Trap: what is recovered was authorised once, and has to be again."""
    order = place_order(cast).order
    cookie, token, link = cookie_of(cast.vendor), token_of(cast.driver), tracking.create_link(order)
    shown = (({}, {"cookie": cookie}), ({"token": token}, {}), ({"tracking": link}, {}))
    before = [broken(screen(auth=auth, **options)) for auth, options in shown]
    access.end(db.session.scalars(db.select(Session)).one(), reason="logged_out")
    access.end(sessions.by_token(token), reason="token_revoked")
    tracking.withdraw_links(order, by=cast.customer)
    write(rooms.user(cast.vendor.id), 1)
    write(rooms.order(order.number), 2)
    for (auth, options), had in zip(shown, before, strict=True):
        refused = screen(auth={**auth, **had}, **options)
        assert refused.answer().startswith("44")
        assert refused.until_closed() == []


# -- who has seen nothing yet, and what counts -----------------------------------------------------------------------


def test_a_drop_before_ready_has_nothing_to_come_back_to(cast, screen):
    """A stock client has no offset yet, and leaves it out."""
    before = broken(screen(cast.admin))
    since = before.pop("offset")
    pid, data, _ = welcome(screen(cast.admin, before))
    assert (pid != before["pid"], data["recovered"]) == (True, None)
    write("admin.orders", 1)
    again = screen(cast.admin, {**before, "since": since})
    pid, data, _ = welcome(again)
    assert (pid != before["pid"], data["recovered"]) == (True, True)
    assert hears(again, 1) == [1]


def test_the_offset_counts_and_not_since(cast, screen):
    before = broken(screen(cast.admin))
    write("admin.orders", 1)
    until(lambda: place(head_now()) > place(before["offset"]))
    again = screen(cast.admin, {**before, "since": "beefbeef-1"})
    assert welcome(again)[1]["recovered"] is True
    assert hears(again, 1) == [1]


def test_a_pid_is_one_sockets(cast, screen):
    """Whoever comes last has it; what the dead connection might still say changes nothing."""
    first = screen(cast.admin)
    pid, _, offset = welcome(first)
    until(lambda: kept(pid))
    second = screen(cast.admin, {"pid": pid, "offset": offset})
    assert welcome(second)[0] == pid
    assert second.ask("subscribe", {"channel": "user.1000000"})["ok"]
    assert first.ask("subscribe", {"channel": "user.1000001"})["ok"]
    channels = json.loads(kept(pid).channels)
    assert "user.1000000" in channels
    assert "user.1000001" not in channels


# -- what is kept ----------------------------------------------------------------------------------------------------


def test_only_the_hash_of_a_pid_is_kept_and_none_is_logged(cast, gateway, screen):
    vendor = screen(cast.vendor)
    pid, _, offset = welcome(vendor)
    row = until(lambda: kept(pid))
    assert row.person_id == cast.vendor.id
    assert row.credential.startswith("token:")
    assert json.loads(row.channels) == dict.fromkeys(
        (rooms.vendor_orders(cast.restaurant.id), rooms.user(cast.vendor.id)), ""
    )
    assert welcome(screen(cast.vendor, {"pid": pid, "offset": offset}))[0] == pid
    with db.engine.connect() as connection:
        assert pid not in str(connection.execute(text("select * from recoveries")).all())
    assert pid not in gateway.logged()


def test_a_pid_cannot_be_guessed(cast, screen):
    pids = {welcome(screen(cast.vendor))[0] for _ in range(5)}
    assert len(pids) == 5
    assert {len(pid) for pid in pids} == {24}


@contextmanager
def nowhere_to_write():
    """The table is away."""
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.exec_driver_sql("alter table recoveries rename to recoveries_away")
    try:
        yield
    finally:
        with db.engine.begin() as connection:
            connection.exec_driver_sql("alter table recoveries_away rename to recoveries")


def test_what_could_not_be_written_is_written_later(cast, screen):
    """Who connects meanwhile is served; who asks for a channel is told that this cannot be promised now."""
    vendor = screen(cast.admin)
    with nowhere_to_write():
        pid, _, _ = welcome(vendor)
        answer = vendor.ask("subscribe", {"channel": "user.1000000"})
        assert answer == {"ok": False, **refusals.DATABASE_AWAY.data}
    assert "user.1000000" not in json.loads(until(lambda: kept(pid)).channels)
    assert vendor.ask("subscribe", {"channel": "user.1000000"})["ok"]
    assert "user.1000000" in json.loads(kept(pid).channels)


def test_what_a_living_socket_needs_is_renewed(cast, screen):
    before = broken(screen(cast.vendor))
    long_ago = now() - timedelta(hours=20)
    with atomic() as session:
        session.execute(update(Recovery).values(used_at=long_ago))
    assert welcome(screen(cast.vendor, before))[0] == before["pid"]
    until(lambda: kept(before["pid"]).used_at > long_ago + timedelta(hours=19))
