"""No money is lost, doubled or invented while the worker and web are killed; PAYMENTS=500 for the long run."""

import os
import random
import sys
import time

import pytest

from tests.services import PostgresServer

from .books import audit, told
from .payments import market, pay, settle

PAYMENTS = int(os.environ.get("PAYMENTS", "10"))
SEED = int(os.environ.get("SEED", "0")) or random.randrange(1, 10**6)


@pytest.mark.parametrize("postgres", [True, False], ids=["postgresql", "sqlite"])
def test_each_receipt_is_in_one_place_whoever_is_killed(postgres):
    if postgres and (reason := PostgresServer.why_not()):
        pytest.skip(reason)
    sys.stdout.write(f"SEED={SEED}\n")
    began = time.monotonic()
    with market(seed=SEED, postgres=postgres) as made:
        pay(made, PAYMENTS)
        settle(made)
        places = audit(made)
        sys.stdout.write(f"{told(made, places, time.monotonic() - began)}\n")
    assert places.total() > 0
    assert made.kills.total() > 0
