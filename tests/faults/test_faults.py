"""The quick part of `make faults`: a few of them, with fewer screens."""

import pytest

from tests.services import PostgresServer, RedisServer

from . import faults
from .run import run, table
from .scene import scene


@pytest.mark.parametrize("postgres", [True, False], ids=["postgresql", "sqlite"])
def test_nothing_is_lost_doubled_or_leaked(postgres):
    if postgres and (reason := PostgresServer.why_not() or RedisServer.why_not()):
        pytest.skip(reason)
    chosen = faults.of(postgres=postgres, quick=True)
    with scene(watchers=30, rate=20, postgres=postgres) as made:
        outcomes = run(made, chosen, faults.SHORT)
    assert all(outcome.is_clean for outcome in outcomes), table("quick", outcomes)
