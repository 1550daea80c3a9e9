"""The tables that name functions: a kind has one, an entry of the schedule has one, and each is found."""

from importlib.util import find_spec

import pytest

from app.domain.jobs import KINDS, QUEUES
from app.domain.scheduled_runs import SCHEDULE
from app.jobs import schedule, work

THERE = {name for name, target in schedule.JOBS.items() if find_spec(target.partition(":")[0])}


def test_every_kind_has_its_function():
    assert work.WORK.keys() == KINDS.keys()
    assert {kind.queue for kind in KINDS.values()} <= set(QUEUES)


def test_every_entry_of_the_schedule_has_its_function():
    assert schedule.JOBS.keys() == SCHEDULE.keys()


def test_they_are_jobs_of_this_folder():
    assert all(target.startswith("app.jobs.") for target in [*work.WORK.values(), *schedule.JOBS.values()])


@pytest.mark.parametrize("name", sorted(THERE))
def test_what_is_scheduled_may_run_twice_unharmed(app, name):
    assert schedule.job(name)() == 0
    assert schedule.job(name)() == 0
