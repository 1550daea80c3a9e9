"""The schedule's slots, and who runs one."""

from datetime import UTC, datetime, timedelta

import pytest

from app.contract.times import now
from app.domain import scheduled_runs
from app.domain.scheduled_runs import LOST, SCHEDULE, Timing
from app.extensions import db
from tests.domain.test_live_fixes import in_thread

NAME = "check_expired_sessions"
AT = datetime(2026, 11, 29, 12, 7, 30, tzinfo=UTC)


def last(name=NAME):
    db.session.rollback()
    db.session.expire_all()
    return scheduled_runs.runs()[name]


@pytest.mark.parametrize(
    ("every", "offset", "slot", "following"),
    [(1, 0, "12:07", "12:08"), (5, 0, "12:05", "12:10"), (5, 2, "12:07", "12:12"), (60, 17, "11:17", "12:17")],
)
def test_an_instant_lies_in_one_slot(every, offset, slot, following):
    timing = Timing("", every, offset)
    assert f"{timing.slot(AT):%H:%M:%S} {timing.following(AT):%H:%M:%S}" == f"{slot}:00 {following}:00"
    assert timing.slot(timing.slot(AT)) == timing.slot(AT)


def test_what_never_ran_is_due_and_then_once_a_slot(app):
    assert list(scheduled_runs.due(AT)) == list(SCHEDULE)
    assert scheduled_runs.begin(NAME, at=AT)
    assert not scheduled_runs.begin(NAME, at=AT)
    scheduled_runs.end(NAME, started_at=AT, at=AT + timedelta(seconds=2), rows=3)
    assert (last().rows, last().finished_at - AT) == (3, timedelta(seconds=2))
    assert NAME not in scheduled_runs.due(AT + timedelta(seconds=29))
    assert not scheduled_runs.begin(NAME, at=AT + timedelta(seconds=29))
    assert NAME in scheduled_runs.due(AT + timedelta(seconds=30))
    assert scheduled_runs.begin(NAME, at=AT + timedelta(seconds=30))
    assert (last().rows, last().finished_at) == (None, None)


def test_it_does_not_begin_while_it_runs_and_comes_again_when_it_was_lost(app):
    scheduled_runs.begin(NAME, at=AT)
    later = AT + LOST - timedelta(seconds=1)
    assert NAME not in scheduled_runs.due(later)
    assert not scheduled_runs.begin(NAME, at=later)
    assert NAME in scheduled_runs.due(AT + LOST)
    assert scheduled_runs.begin(NAME, at=AT + LOST)
    # The one that was lost says nothing any more.
    scheduled_runs.end(NAME, started_at=AT, at=AT + LOST, rows=9)
    assert last().finished_at is None


def test_what_failed_says_why_and_comes_with_its_next_slot(app):
    scheduled_runs.begin(NAME, at=AT)
    scheduled_runs.fail(NAME, started_at=AT, at=AT, error=ValueError("no"))
    assert (last().error, last().rows) == ("ValueError: no", None)
    assert NAME not in scheduled_runs.due(AT)
    assert scheduled_runs.begin(NAME, at=AT + timedelta(minutes=1))
    assert last().error is None


@pytest.mark.parametrize("before", [None, timedelta(minutes=1)])
def test_of_many_workers_one_runs_a_slot(app, before):
    if before is not None:
        scheduled_runs.begin(NAME, at=now() - before)
        scheduled_runs.end(NAME, started_at=last().started_at, at=now(), rows=0)
    at, begun = now(), []
    threads = [in_thread(app, lambda: begun.append(scheduled_runs.begin(NAME, at=at))) for _ in range(5)]
    for thread in threads:
        thread.join()
    assert sorted(begun) == [False] * 4 + [True]
