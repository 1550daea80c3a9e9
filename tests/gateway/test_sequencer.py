"""PostgreSQL: positions are given to committed rows, by one process at a time, and none is lost or moved."""

import os
import signal
import socket
import threading
import time

import psycopg
import pytest
from sqlalchemy import text

from app.contract import rooms
from app.extensions import db
from app.models import LogHead
from gateway.sequencer import LEASE, MOST, Sequencer, new_holder
from tests.gateway.rows import head_now, numbers, place, unnumbered, write


@pytest.fixture
def backend():
    return "postgresql"


@pytest.fixture
def connect(app):
    """Connections in autocommit to the test's database, as the feed has them."""
    opened = []

    def connection(**options):
        url = app.config["PASSLINE"].database_url.replace("+psycopg", "")
        opened.append(psycopg.connect(url, autocommit=True, **options))
        return opened[-1]

    yield connection
    for each in opened:
        each.close()


@pytest.fixture
def quiet(gateways):
    """No gateway of ours numbers rows meanwhile."""
    shared = gateways.pop("postgresql", None)
    if shared is not None:
        shared.remove()
    db.session.rollback()
    db.session.execute(text("update log_head set holder = null, lease_until = null"))
    db.session.commit()


def take(sequencer):
    """Numbers, once the lease is had."""
    sequencer._next_attempt = 0
    return sequencer.step()


def test_it_numbers_committed_rows_without_holes(app, connect, quiet):
    sequencer = Sequencer(connect(), "one")
    start = place(head_now())
    write("admin.orders", 1, 2, 3)
    assert take(sequencer) == 3
    rows = db.session.execute(text("select position from event_log order by id")).scalars().all()
    assert rows == [start + 1, start + 2, start + 3]
    assert place(head_now()) == start + 3
    assert sequencer.step() == 0


def test_only_one_numbers_at_a_time(app, connect, quiet):
    first, second = Sequencer(connect(), "first"), Sequencer(connect(), "second")
    take(first)
    write("admin.orders", 1)
    assert take(second) == 0
    assert second.term is None
    assert first.step() == 1


def test_a_released_lease_is_taken_at_once(app, connect, quiet):
    first, second = Sequencer(connect(), "first"), Sequencer(connect(), "second")
    take(first)
    first.release()
    take(second)
    assert second.term is not None


def test_no_two_processes_have_one_name(app, connect, quiet):
    """Not even in containers, where host and pid are the same: one's own lease is taken at once."""
    names = [new_holder(), new_holder()]
    first, second = (Sequencer(connect(), name) for name in names)
    take(first)
    take(second)
    assert second.term is None
    assert all(name.startswith(f"{socket.gethostname()[:39]}:{os.getpid()}:") for name in names)


def test_its_name_fits_its_column(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "h" * 64)
    monkeypatch.setattr(os, "getpid", lambda: 4_194_304)
    assert len(new_holder()) <= LogHead.__table__.c.holder.type.length


def test_a_holder_that_was_stopped_can_not_number_when_it_wakes(app, connect, quiet):
    stopped, other = Sequencer(connect(), "stopped"), Sequencer(connect(), "other")
    take(stopped)
    db.session.execute(text("update log_head set lease_until = now() - interval '1 second'"))
    db.session.commit()
    take(other)
    write("admin.orders", 1)
    assert stopped.step() == 0
    assert stopped.term is None
    assert unnumbered() == 1
    assert other.step() == 1


def test_a_holder_whose_lease_ran_out_goes_on_when_nobody_took_it(app, connect, quiet):
    holder = Sequencer(connect(), "holder")
    take(holder)
    db.session.execute(text("update log_head set lease_until = now() - interval '1 second'"))
    db.session.commit()
    write("admin.orders", 1)
    assert holder.step() == 1


_ROWS = """
    insert into event_log (event_id, room, name, data, created_at, position)
    select '', 'user.' || n % 500, 'x', '{{}}', now(), {position} from generate_series(1, {count}) as n
"""


@pytest.mark.parametrize("planned_for", ["few rows", "many rows that wait"])
def test_it_reads_only_what_waits_whatever_it_was_planned_for(app, connect, quiet, planned_for):
    """The log grows by thousands of rows until its statistics are taken anew. All in a transaction: nobody sees it."""
    connection = connect()
    sequencer = Sequencer(connection, "one")

    def number(steps):
        for _ in range(steps):
            connection.execute(_ROWS.format(position="null", count=10))
            assert take(sequencer) == 10

    with connection.transaction(force_rollback=True):
        if planned_for == "few rows":
            connection.execute(_ROWS.format(position="null", count=10))
            connection.execute("analyze event_log")
            take(sequencer)
            number(10)
        connection.execute(_ROWS.format(position="null", count=20_000))
        if planned_for == "many rows that wait":
            connection.execute("analyze event_log")
        connection.execute("update event_log set position = 10 ^ 6 + id where position is null")
        read = "select seq_scan, idx_tup_fetch from pg_stat_xact_user_tables where relname = 'event_log'"
        scans, fetched = connection.execute(read).fetchone()
        number(10)
        scans_then, fetched_then = connection.execute(read).fetchone()
        assert scans_then == scans
        assert fetched_then - fetched < 10 * 30


def test_it_reads_what_waits_once_when_it_was_planned_for_an_empty_log(app, connect, quiet):
    connection = connect()
    sequencer = Sequencer(connection, "one")
    with connection.transaction(force_rollback=True):
        connection.execute("delete from event_log")
        connection.execute("analyze event_log")
        take(sequencer)
        connection.execute(_ROWS.format(position="null", count=MOST))
        read = "select idx_tup_fetch from pg_stat_xact_user_tables where relname = 'event_log'"
        (before,) = connection.execute(read).fetchone()
        assert take(sequencer) == MOST
        (fetched,) = connection.execute(read).fetchone()
        assert fetched - before < 4 * MOST


def test_two_sequencers_and_many_writers_give_each_row_one_place(app, connect, quiet):
    """Both try all the time, and the lease is torn from whoever has it: no position twice, none left out."""
    start, done = place(head_now()), threading.Event()

    def number(name):
        sequencer = Sequencer(connect(), name)
        while not done.is_set() or sequencer.step():
            take(sequencer)

    def write_many():
        with app.app_context():
            for n in range(60):
                write("admin.orders", n, n)

    def tear():
        connection = connect()
        while not done.is_set():
            connection.execute("update log_head set lease_until = now() - interval '1 second'")
            time.sleep(0.01)

    sequencers = [threading.Thread(target=number, args=(name,)) for name in ("one", "two")]
    writers = [threading.Thread(target=write_many) for _ in range(4)]
    others = [*sequencers, threading.Thread(target=tear)]
    for thread in [*writers, *others]:
        thread.start()
    for thread in writers:
        thread.join()
    latest = time.monotonic() + 5
    while unnumbered() and time.monotonic() < latest:
        time.sleep(0.02)
    done.set()
    for thread in others:
        thread.join()
    positions = db.session.execute(text("select position from event_log order by position")).scalars().all()
    assert positions == list(range(start + 1, start + 481))


def test_a_transaction_that_commits_late_arrives_once(cast, gateway, connect, screen):
    room, late = rooms.vendor_orders(cast.restaurant.id), connect()
    vendor = screen(cast.vendor)
    vendor.ready()
    with late.transaction():
        late.execute(
            "insert into event_log (event_id, room, name, data, created_at)"
            " values (%s, %s, 'passline.test', '{\"n\":\"late\"}', now())",
            ("0" * 32, room),
        )
        write(room, 1, 2)
        assert numbers([vendor.event(), vendor.event()]) == [1, 2]
    write(room, 3)
    assert numbers(vendor.listen(0.5)) == ["late", 3]


def test_another_gateway_takes_over_when_the_holder_is_killed(cast, connect, quiet, own_gateway, screen):
    room = rooms.vendor_orders(cast.restaurant.id)
    holder = own_gateway()
    other = own_gateway()
    vendor = screen(cast.vendor, to=other)
    vendor.ready()
    term = db.session.execute(text("select term from log_head")).scalar_one()
    holder.kill()
    write(room, 1)
    assert numbers([vendor.event(LEASE + 3)]) == [1]
    db.session.rollback()
    assert db.session.execute(text("select term from log_head")).scalar_one() == term + 1


def test_a_stopped_holder_wakes_and_fits_in(cast, quiet, own_gateway, screen):
    room = rooms.vendor_orders(cast.restaurant.id)
    holder = own_gateway()
    other = own_gateway()
    through_holder, through_other = screen(cast.vendor, to=holder), screen(cast.vendor, to=other)
    through_holder.ready()
    through_other.ready()
    holder.send_signal(signal.SIGSTOP)
    write(room, 1)
    assert numbers([through_other.event(LEASE + 3)]) == [1]
    holder.send_signal(signal.SIGCONT)
    write(room, 2)
    assert numbers([through_other.event()]) == [2]
    assert numbers([through_holder.event(), through_holder.event()]) == [1, 2]
    assert "sequencer.lost" in holder.logged()
