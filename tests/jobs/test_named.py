"""Every function that the tables of jobs name is there."""

import pytest

from app.domain.jobs import KINDS
from app.domain.scheduled_runs import SCHEDULE
from app.jobs import schedule, work


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_loaded(kind):
    assert callable(work.of(kind))


@pytest.mark.parametrize("name", SCHEDULE)
def test_every_entry_of_the_schedule_can_be_loaded(name):
    assert callable(schedule.job(name))
