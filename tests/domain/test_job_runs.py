"""A job's way: one claims it, that attempt alone ends it, what fails comes again and in the end is a person's."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.contract.times import now
from app.domain import job_runs, jobs
from app.domain.actor import OPERATOR
from app.domain.jobs import Kind
from app.errors import Conflict
from app.extensions import atomic, db
from app.models import Job
from tests.domain.test_live_fixes import in_thread
from tests.trail import trail

KIND = "a_deed"


@pytest.fixture(autouse=True)
def kind(monkeypatch):
    """A kind that only tests know: half a minute for each of three attempts."""
    monkeypatch.setitem(jobs.KINDS, KIND, Kind("payments", lease=30, pauses=(5, 60)))


@pytest.fixture
def clock():
    with time_machine.travel(now(), tick=False) as clock:
        yield clock


def add(key="1", **details):
    with atomic() as session:
        job = jobs.add(session, KIND, key, {"id": 7}, **details)
    return job.id


def row(id):
    db.session.rollback()
    return db.session.scalars(select(Job).where(Job.id == id).execution_options(populate_existing=True)).one()


def test_a_kind_and_a_key_are_one_job(app):
    add()
    with atomic() as session:
        assert jobs.add(session, KIND, "1", {}) is None
    assert db.session.scalars(select(Job.key)).all() == ["1"]


def test_an_attempt_has_the_row_and_ends_it(app, clock):
    id = add()
    claim = job_runs.claim(id)
    assert (claim.payload, claim.attempt, row(id).status) == ({"id": 7}, 1, "running")
    assert row(id).due_at == now() + timedelta(seconds=30)
    assert job_runs.claim(id) is None
    assert job_runs.finish(claim)
    assert (row(id).status, row(id).finished_at) == ("done", now())
    assert job_runs.claim(id) is None


def test_what_is_not_due_or_not_there_cannot_be_had(app, clock):
    id = add(due_at=now() + timedelta(seconds=1))
    assert job_runs.claim(id) is None
    assert job_runs.claim(id + 1) is None
    clock.shift(1)
    assert job_runs.claim(id)


def test_of_many_who_claim_it_at_once_one_has_it(app):
    id = add()
    claims = []
    threads = [in_thread(app, lambda: claims.append(job_runs.claim(id))) for _ in range(6)]
    for thread in threads:
        thread.join()
    assert len(claims) == 6
    assert [claim.attempt for claim in claims if claim] == [1]
    assert row(id).attempts == 1


def test_it_comes_again_after_each_pause_and_then_is_dead(app, clock):
    id = add()
    seen = []
    for pause in (5, 60, None):
        became = job_runs.fail(job_runs.claim(id), ValueError("no"))
        seen.append(became)
        if pause:
            assert row(id).due_at == now() + timedelta(seconds=pause)
            clock.shift(pause)
    assert seen == ["waiting", "waiting", "dead"]
    assert (row(id).attempts, row(id).last_error, row(id).finished_at) == (3, "ValueError: no", now())
    assert job_runs.claim(id) is None


def test_an_attempt_whose_lease_is_over_has_failed(app, clock):
    id = add()
    lost = job_runs.claim(id)
    clock.shift(29)
    assert job_runs.give_up_lost("payments") == 0
    clock.shift(1)
    assert job_runs.give_up_lost("default") == 0
    assert job_runs.give_up_lost("payments") == 1
    assert job_runs.give_up_lost("payments") == 0
    assert (row(id).status, row(id).last_error) == ("waiting", job_runs.LOST)
    # It was only slow: another has it by then, and it ends nothing.
    clock.shift(5)
    again = job_runs.claim(id)
    assert not job_runs.finish(lost)
    assert job_runs.fail(lost, ValueError()) is None
    assert (again.attempt, row(id).status) == (2, "running")


def test_who_comes_back_after_a_person_has_retried_ends_nothing(app, clock):
    """The numbers of attempts begin anew then: this one was the first, and so is the next."""
    id = add()
    lost = job_runs.claim(id)
    clock.shift(30)
    job_runs.give_up_lost("payments")
    job_runs.retry(row(id), by=OPERATOR)
    again = job_runs.claim(id)
    assert lost.attempt == again.attempt == 1
    assert not job_runs.finish(lost)
    assert job_runs.finish(again)


def test_it_is_handed_out_once_and_again_when_it_may_be_lost(app, clock):
    first, second = add("1"), add("2")
    assert job_runs.to_hand_out("default", most=9) == []
    assert job_runs.to_hand_out("payments", most=1) == [first]
    assert job_runs.hand_out([second, first]) == [second, first]
    third = add("3")
    assert job_runs.hand_out([first, third]) == [third]
    assert job_runs.hand_out([]) == []
    assert job_runs.to_hand_out("payments", most=9) == []
    clock.shift(job_runs.HAND_AGAIN)
    job_runs.claim(second)
    fourth = add("4")
    # What never was on its way goes first.
    assert job_runs.to_hand_out("payments", most=9) == [fourth, first, third]


def test_of_many_workers_one_hands_it_out(app):
    ids = [add(str(n)) for n in range(3)]
    handed = []
    threads = [in_thread(app, lambda: handed.extend(job_runs.hand_out(ids))) for _ in range(4)]
    for thread in threads:
        thread.join()
    assert sorted(handed) == ids


def test_what_failed_is_handed_out_as_soon_as_it_is_due(app, clock):
    id = add()
    job_runs.hand_out([id])
    job_runs.fail(job_runs.claim(id), ValueError())
    assert job_runs.to_hand_out("payments", most=9) == []
    clock.shift(5)
    assert job_runs.to_hand_out("payments", most=9) == [id]


def test_a_person_has_a_dead_one_tried_with_all_its_attempts(app, clock):
    id = add()
    for _ in range(3):
        job_runs.fail(job_runs.claim(id), ValueError())
        clock.shift(60)
    job_runs.retry(row(id), by=OPERATOR)
    assert (row(id).status, row(id).attempts, row(id).due_at) == ("waiting", 0, now())
    assert job_runs.to_hand_out("payments", most=9) == [id]
    assert job_runs.claim(id).attempt == 1


def test_a_person_has_one_never_run_and_thinks_again(app):
    id = add()
    job_runs.discard(row(id), by=OPERATOR)
    assert row(id).status == "discarded"
    assert job_runs.to_hand_out("payments", most=9) == []
    assert job_runs.claim(id) is None
    job_runs.retry(row(id), by=OPERATOR)
    assert job_runs.claim(id)


def test_who_moves_one_on_is_told_with_what_it_was(cast, clock):
    id = add()
    for _ in range(3):
        job_runs.fail(job_runs.claim(id), ValueError())
        clock.shift(60)
    job_runs.retry(row(id), by=cast.admin)
    job_runs.discard(row(id), by=cast.admin)
    retried, discarded = trail()
    assert retried[:3] == (cast.admin.name, "job.retried", "a_deed 1")
    assert (retried.before["status"], retried.before["attempts"]) == ("dead", 3)
    assert (retried.after["status"], retried.after["attempts"]) == ("waiting", 0)
    changed = {"status": "waiting"}, {"status": "discarded"}
    assert discarded == (cast.admin.name, "job.discarded", "a_deed 1", *changed)


@pytest.mark.parametrize("act", [job_runs.retry, job_runs.discard])
def test_what_runs_or_is_done_is_left_alone(app, act):
    id = add()
    read_before = row(id)
    claim = job_runs.claim(id)
    with pytest.raises(Conflict, match="running by now"):
        act(read_before, by=OPERATOR)
    job_runs.finish(claim)
    with pytest.raises(Conflict, match="done by now"):
        act(row(id), by=OPERATOR)


def test_a_kind_that_nobody_knows_any_more_can_be_claimed_and_fails(app, monkeypatch):
    id = add()
    monkeypatch.delitem(jobs.KINDS, KIND)
    assert job_runs.fail(job_runs.claim(id), KeyError(KIND)) == "waiting"


def test_it_forgets_what_is_over_and_keeps_what_is_dead(app, clock):
    done, discarded, dead, waiting = (add(str(n)) for n in range(4))
    job_runs.finish(job_runs.claim(done))
    job_runs.discard(row(discarded), by=OPERATOR)
    for _ in range(3):
        job_runs.fail(job_runs.claim(dead), ValueError())
        clock.shift(60)
    clock.shift(1)
    assert job_runs.forget(now() - timedelta(days=1)) == 0
    assert job_runs.forget(now()) == 2
    assert set(db.session.scalars(select(Job.id))) == {dead, waiting}
