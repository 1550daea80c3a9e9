"""Catching up: what was missed, once and in order, or a plain word that it cannot be had."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from sqlalchemy import delete, update

from app.contract import rooms
from app.contract.positions import Position
from app.contract.tokens import digest
from app.extensions import atomic, db
from app.models import ApiToken, EventLog, LogHead
from tests.factories import token_of
from tests.gateway.rows import head_now, numbers, place, write
from tests.gateway.screen import Screen, back

# On each of the two databases. `make races` returns more often.
TIMES = int(os.environ.get("REPLAYS", "500"))


def test_it_has_nothing_to_say_about_recovery_when_nothing_was_asked(cast, screen):
    data, position = screen(cast.vendor).ready()
    assert data["recovered"] is None
    assert position == head_now()


def test_it_replays_what_was_missed_before_ready(cast, gateway, screen):
    room, since = rooms.vendor_orders(cast.restaurant.id), head_now()
    write(room, 1)
    write(rooms.vendor_orders(cast.other_restaurant.id), 2)
    write(rooms.user(cast.vendor.id), 3)
    gateway.reaches(place(since) + 3)
    vendor = screen(cast.vendor, {"since": since})
    data, position = vendor.ready()
    assert data["recovered"] is True
    assert numbers(vendor.before) == [1, 3]
    assert [place(event[3]) for event in vendor.before] == [place(since) + 1, place(since) + 3]
    assert position == head_now()


def test_it_replays_from_memory_without_the_database(cast, gateway, screen):
    since = head_now()
    write("admin.orders", 1)
    gateway.reaches(place(since) + 1)
    before = gateway.metric("replays_total", source="memory")
    screen(cast.admin, {"since": since}).ready()
    assert gateway.metric("replays_total", source="memory") == before + 1


def is_told_all(admin, expected):
    """All of it was replayed, each once and in order."""
    data, position = admin.ready(20)
    assert data["recovered"] is True
    assert numbers(admin.before) == expected
    assert position == head_now()


@pytest.mark.parametrize("backend", ["sqlite"])
def test_it_reads_back_into_memory_what_a_new_gateway_has_not_there(cast, own_gateway, screen):
    """The first who comes back pays for all."""
    since = head_now()
    write("admin.orders", *range(1, 5601))
    gateway = own_gateway()
    write("admin.orders", 5601)
    gateway.reaches(place(since) + 5601, timeout=30)
    for _ in range(2):
        is_told_all(screen(cast.admin, {"since": since}, to=gateway), list(range(1, 5602)))
    assert gateway.metric("replays_total", source="memory") == 2
    assert gateway.metric("recent_rows") == 5601


def test_it_replays_from_sql_what_memory_cannot_hold(cast, own_gateway, screen):
    since = head_now()
    write("admin.orders", *range(1, 601))
    for _ in range(3):
        write("user.999", *["x" * 2**20] * 6)
    gateway = own_gateway()
    write("admin.orders", 601)
    gateway.reaches(place(since) + 619, timeout=30)
    is_told_all(screen(cast.admin, {"since": since}, to=gateway), list(range(1, 602)))
    assert gateway.metric("replays_total", source="sql") == 1
    assert gateway.metric("recent_rows") < 20


@pytest.mark.parametrize("backend", ["sqlite"])
def test_it_replays_more_than_may_wait_for_a_client(cast, gateway, screen):
    """Eight megabytes, to one that reads: nobody takes it for slow."""
    since, texts = head_now(), [f"{n} {'x' * 20_000}" for n in range(400)]
    for start in range(0, 400, 100):
        write("admin.orders", *texts[start : start + 100])
    gateway.reaches(place(since) + 400, timeout=30)
    is_told_all(screen(cast.admin, {"since": since}), texts)


@pytest.mark.parametrize("since", ["beefbeef-1", "nonsense", "", 7, {"n": 1}])
def test_it_does_not_recover_from_a_place_of_another_log(cast, screen, since):
    write("admin.orders", 1)
    admin = screen(cast.admin, {"since": since})
    data, _ = admin.ready()
    assert (data["recovered"], admin.before) == (False, [])


def test_it_does_not_recover_from_past_the_head(cast, screen):
    epoch, _, n = head_now().partition("-")
    data, _ = screen(cast.admin, {"since": f"{epoch}-{int(n) + 1}"}).ready()
    assert data["recovered"] is False


def test_it_does_not_recover_over_what_the_log_no_longer_holds(cast, gateway, own_gateway, screen):
    """Neither over what was pruned, nor over rows that somebody deleted without a word."""
    epoch, _, n = head_now().partition("-")
    start, row_place = int(n), EventLog.id if db.engine.dialect.name == "sqlite" else EventLog.position
    write("admin.orders", 1, 2, 3, 4)
    # Somebody has to number them first.
    gateway.reaches(start + 4, timeout=30)
    forget(row_place <= start + 2, pruned=start + 2)

    def returns(*places):
        """To a gateway that has nothing in memory."""
        forgetful, told = own_gateway(), []
        forgetful.reaches(start + 4, timeout=30)
        for n in places:
            admin = screen(cast.admin, {"since": f"{epoch}-{n}"}, to=forgetful)
            told.append((admin.ready()[0]["recovered"], numbers(admin.before)))
        return told

    assert returns(start, start + 1, start + 2) == [(False, []), (False, []), (True, [3, 4])]
    forget(row_place <= start + 3)
    assert returns(start + 2, start + 3) == [(False, []), (True, [4])]
    forget(row_place > 0)
    assert returns(start + 3) == [(False, [])]


def forget(which, **head):
    with atomic() as session:
        session.execute(delete(EventLog).where(which).execution_options(synchronize_session=False))
        if head:
            session.execute(update(LogHead).values(**head).execution_options(synchronize_session=False))


def test_it_replays_from_sql_no_more_than_a_socket_has_not(cast, own_gateway, screen):
    """To a room that it is in, at a gateway whose memory cannot hold what came before."""
    since = head_now()
    write("admin.orders", *range(1, 601))
    for _ in range(3):
        write("user.999", *["x" * 2**20] * 6)
    gateway = own_gateway()
    gateway.reaches(place(since) + 618, timeout=30)
    admin = screen(cast.admin, to=gateway)
    admin.ready()
    write("admin.orders", 601)
    assert numbers([admin.event()]) == [601]
    assert admin.ask("subscribe", {"channel": "admin.orders", "since": since})["recovered"] is True
    assert numbers(admin.listen(0.5)) == list(range(1, 601))
    assert gateway.metric("replays_total", source="sql") == 1


def test_it_waits_for_the_feed_when_a_page_was_ahead_of_it(cast, screen):
    """A page reads the head from the database; the feed may know of it a moment later."""
    token = token_of(cast.admin)
    for n in range(20):
        write("admin.orders", n)
        since = head_now()
        admin = screen(auth={"token": token, "since": since})
        data, position = admin.ready()
        assert data["recovered"] is True
        assert place(position) >= place(since)
        assert [place(event[3]) for event in admin.before] == list(range(place(since) + 1, place(position) + 1))


def test_no_hole_and_no_double_while_events_are_written(app, cast, gateway):
    """A screen leaves and returns again and again while a writer never rests: what it saw has each number once."""
    room, token = rooms.vendor_orders(cast.restaurant.id), token_of(cast.vendor)
    done = threading.Event()
    highest = [0]

    def keep_writing():
        with app.app_context():
            while not done.is_set():
                write(room, *range(highest[0] + 1, highest[0] + 4))
                highest[0] += 3
                done.wait(0.002)

    def return_again_and_again(seed):
        dice, since, seen = Random(seed), start, []
        for _ in range(TIMES // 4):
            with back(gateway, {"token": token, "since": since}) as vendor:
                data, _ = vendor.ready()
                assert data["recovered"] is True
                live = [vendor.event() for _ in range(dice.randrange(3))]
                places = [place(event[3]) for event in vendor.before + live]
                assert places == sorted(set(places))
                seen += numbers(vendor.before + live)
                since = (vendor.before + live)[-1][3] if vendor.before + live else since
        return seen

    start = head_now()
    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            for seen in pool.map(return_again_and_again, range(4)):
                assert seen == list(range(1, len(seen) + 1))
    finally:
        done.set()
        writer.join()


def test_a_replay_from_sql_meets_the_live_rows_without_a_gap(app, cast, own_gateway):
    """The gap lies in SQL alone at first, and grows while it is read."""
    room, since = rooms.vendor_orders(cast.restaurant.id), head_now()
    token = token_of(cast.vendor)
    write(room, *range(1, 2001))
    gateway = own_gateway()
    # On PostgreSQL a gateway that was killed before may hold the lease for a while: until then nothing lies in the gap.
    gateway.reaches(Position.parse(since).n + 2000, timeout=30)
    done = threading.Event()

    def keep_writing():
        with app.app_context():
            for n in range(2001, 12001, 5):
                write(room, *range(n, n + 5))
                if done.wait(0.001):
                    break

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        for _ in range(5):
            with Screen(gateway.port, {"token": token, "since": since}) as vendor:
                vendor.ready()
                live = [vendor.event() for _ in range(20)]
                seen = numbers(vendor.before + live)
                assert len(seen) > 2000
                assert seen == list(range(1, len(seen) + 1))
    finally:
        done.set()
        writer.join()


def test_a_token_that_ended_meanwhile_gets_nothing_replayed(cast, screen):
    token, since = token_of(cast.vendor), head_now()
    write(rooms.vendor_orders(cast.restaurant.id), 1)
    with atomic() as session:
        session.execute(ApiToken.__table__.delete().where(ApiToken.token_hash == digest(token)))
    refused = screen(auth={"token": token, "since": since})
    assert refused.answer().startswith("44")
    assert refused.until_closed() == []
