"""How the log is read, renewed and published: in this process, over real connections."""

from contextlib import closing
from dataclasses import replace
from threading import Event, Thread
from time import monotonic, sleep

import psycopg
import pytest
from sqlalchemy import text

from app import doorbell
from app.extensions import db
from gateway.feed import BATCH
from gateway.log import BUSY, POLL, STEP, StreamedLog, open_log
from gateway.stream import Stream
from tests.gateway.rows import head_now, place, put_back, write
from tests.services import RedisServer


@pytest.fixture
def quiet(app, backend, gateways):
    """No gateway of ours numbers rows meanwhile."""
    shared = gateways.pop(backend, None)
    if shared is not None:
        shared.remove()
    db.session.rollback()
    db.session.execute(text("update log_head set holder = null, lease_until = null"))
    db.session.commit()


@pytest.fixture(scope="module")
def kept_redis():
    """A Redis that has its data after a restart too."""
    if reason := RedisServer.why_not():
        pytest.skip(reason)
    with RedisServer(keep=True) as server:
        yield server


@pytest.fixture
def streamed(app, quiet, kept_redis):
    """Open a log with a stream, as one more gateway of this name does."""
    config, opened = replace(app.config["PASSLINE"], redis_url=kept_redis.url), []

    def connect(holder="one"):
        opened.append(StreamedLog(config, holder))
        return opened[-1]

    yield connect
    for log in opened:
        log.close()


@pytest.fixture
def stream(kept_redis):
    with closing(Stream(kept_redis.url)) as stream:
        yield stream


def epoch_now():
    return head_now().partition("-")[0]


def published(stream, n):
    """How many rows the stream has after position `n`, without a hole."""
    rows = stream.after(epoch_now(), n, 100_000)
    return None if rows is None else len(rows)


def follow(log, n, limit=500):
    """Number and read once, from position `n` on."""
    log.number()
    head = log.head()
    return log.after(head.epoch, n, limit)


on_postgresql = pytest.mark.parametrize("backend", ["postgresql"])


def test_only_the_first_renews(app, quiet):
    epoch = epoch_now()
    with closing(open_log(app.config["PASSLINE"], "one", Event())) as log:
        log.renew(epoch)
        renewed = log.head().epoch
        log.renew(epoch)
        assert epoch != renewed == log.head().epoch


@pytest.fixture
def followed(app, quiet):
    """Open a log, as one more gateway of this name does, and take a first step."""
    opened = []

    def connect(holder="one"):
        opened.append(open_log(app.config["PASSLINE"], holder, Event()))
        opened[-1].number()
        return opened[-1]

    yield connect
    for log in opened:
        log.close()


def ring():
    db.session.execute(text(f"notify {doorbell.CHANNEL}"))
    db.session.commit()


def waits(log, seconds):
    """How often a wait ends in so many seconds."""
    count, until = 0, monotonic() + seconds
    while monotonic() < until:
        log.wait()
        count += 1
    return count


@on_postgresql
def test_a_step_reads_all_that_it_numbers(followed):
    start, log = place(head_now()), followed()
    write("admin.orders", *range(BATCH + 1))
    assert [len(follow(log, start + n, BATCH)) for n in (0, BATCH)] == [BATCH, 1]


@on_postgresql
def test_many_rings_are_answered_by_one_step(followed):
    log = followed()
    for _ in range(10):
        ring()
    # psycopg keeps those that come with an answer.
    log.head()
    assert waits(log, 2 * POLL) <= 4


@on_postgresql
def test_steps_do_not_follow_each_other_as_rings_do(app, followed):
    log, done = followed(), Event()

    def ring_all_the_time():
        with psycopg.connect(app.config["PASSLINE"].libpq_url, autocommit=True) as connection:
            while not done.is_set():
                connection.execute(f"notify {doorbell.CHANNEL}")

    ringing = Thread(target=ring_all_the_time)
    ringing.start()
    began = monotonic()
    count = waits(log, 0.5)
    assert count <= (monotonic() - began) / STEP + 1
    done.set()
    ringing.join()


@on_postgresql
def test_where_rows_came_it_looks_for_more_without_a_ring_and_less_often_while_they_go_on(followed):
    log = followed()

    def pauses(count):
        for _ in range(count):
            log.number()
            log.wait()
            yield log._pause

    assert list(pauses(1)) == [POLL]
    busy = []
    for n in range(4):
        write("admin.orders", n)
        busy += pauses(1)
    assert busy == [STEP, 2 * STEP, BUSY, BUSY]
    assert list(pauses(6)) == [STEP, 2 * STEP, 4 * STEP, 8 * STEP, POLL, POLL]


@on_postgresql
def test_who_does_not_number_is_woken_once_there_is_something_to_read(followed):
    holder, other = followed(), followed("two")
    ring()
    waits(other, 2 * POLL)
    assert other._woken_at == float("-inf")
    write("admin.orders", 1)
    holder.number()
    holder.wait()
    waits(other, 4 * POLL)
    assert other._woken_at > 0


@on_postgresql
def test_it_publishes_what_the_holder_before_did_not_however_much(streamed, stream):
    start = place(head_now())
    write("admin.orders", 0)
    first = streamed()
    follow(first, start)
    write("admin.orders", *range(1, 1701))
    # It numbers them, and ends before it publishes them.
    while first._sequencer.step():
        pass
    first.close()
    assert published(stream, start) == 1
    follow(streamed("two"), start + 1701)
    assert published(stream, start) == 1701


@on_postgresql
def test_it_publishes_what_came_while_redis_was_away(streamed, stream, kept_redis):
    start = place(head_now())
    log = streamed()
    write("admin.orders", 0)
    follow(log, start)
    kept_redis.kill()
    write("admin.orders", *range(1, 1201))
    for n in (1, 501, 1001):
        while not follow(log, start + n):
            sleep(0.01)
    kept_redis.start()
    for _ in range(100):
        follow(log, start + 1201)
        if published(stream, start) == 1201:
            break
        sleep(0.05)
    assert published(stream, start) == 1201


@on_postgresql
def test_it_publishes_what_came_before_redis_was_there(streamed, stream, kept_redis):
    """Redis failed in the very moment in which the lease was taken: that is tried again."""
    start = place(head_now())
    first = streamed()
    write("admin.orders", 1)
    follow(first, start)
    first.close()
    kept_redis.kill()
    log = streamed("two")
    write("admin.orders", 2)
    follow(log, start + 1)
    kept_redis.start()
    sleep(1.1)
    write("admin.orders", 3)
    follow(log, start + 2)
    assert published(stream, start) == 3


@on_postgresql
@pytest.mark.parametrize("numbers", [True, False])
def test_a_stream_past_the_head_tells_that_the_database_went_back(streamed, numbers):
    """To a process that remembers nothing, whether it numbers rows or reads the stream."""
    start = place(head_now())
    first = streamed()
    write("admin.orders", 1, 2, 3)
    follow(first, start)
    epoch = epoch_now()
    put_back(start + 1)
    if numbers:
        first.close()
    else:
        # However slow this machine is, the first keeps it.
        db.session.execute(text("update log_head set lease_until = now() + interval '1 hour'"))
        db.session.commit()
    log = streamed("two")
    rows = follow(log, start + 1)
    assert (log._sequencer.term is not None) is numbers
    assert list(rows) == []
    assert log.head().epoch != epoch


@on_postgresql
def test_another_row_in_the_place_of_one_that_was_published_tells_so_too(streamed, stream):
    """The database went back and grew past the stream before anybody looked: the new row is not taken for the old."""
    start = place(head_now())
    first = streamed()
    write("admin.orders", "old")
    follow(first, start)
    first.close()
    epoch = epoch_now()
    put_back(start)
    write("admin.orders", "new", "newer")
    log = streamed("two")
    follow(log, start)
    assert log.head().epoch != epoch
    follow(log, start)
    assert [row.data.count("new") for row in stream.after(epoch_now(), start, 10)] == [1, 1]


@on_postgresql
def test_a_row_that_was_refused_is_not_taken_for_published(streamed, stream):
    """Somebody who remembers another life adds a row of it meanwhile."""
    start = place(head_now())
    log = streamed()
    write("admin.orders", 1)
    (row,) = follow(log, start)
    stranger = type(row)(row.epoch, start + 2, row.room, row.name, '{"n":"of another life"}', row.at)
    assert stream.add([stranger])
    write("admin.orders", 2)
    follow(log, start + 1)
    epoch = epoch_now()
    follow(log, start + 2)
    assert log.head().epoch != epoch


@on_postgresql
def test_the_same_row_from_a_holder_that_was_late_changes_nothing(streamed, stream):
    start = place(head_now())
    log = streamed()
    write("admin.orders", 1, 2)
    log.number()
    epoch = log.head().epoch
    rows = super(StreamedLog, log).after(epoch, start, 10)
    assert stream.add(rows)
    follow(log, start)
    write("admin.orders", 3)
    follow(log, start + 2)
    assert epoch_now() == epoch
    assert published(stream, start) == 3


@on_postgresql
def test_who_reads_the_stream_does_not_keep_every_ring(streamed):
    """psycopg keeps notifications until they are taken, however many."""
    start = place(head_now())
    holder, reader = streamed(), streamed("two")
    write("admin.orders", 1)
    follow(holder, start)
    # However slow this machine is, the holder keeps it.
    db.session.execute(text("update log_head set lease_until = now() + interval '1 hour'"))
    db.session.commit()
    follow(reader, start)
    assert reader._believed is not None
    assert reader._sequencer.term is None
    for _ in range(3):
        ring()
    reader.head()
    assert reader._connection._notifies_backlog
    reader.wait()
    assert not reader._connection._notifies_backlog
