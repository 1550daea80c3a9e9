"""The doorbell on PostgreSQL: at once when it was quiet, seldom under load, and always after the last commit."""

from time import monotonic, sleep

import psycopg
import pytest

from app.doorbell import CHANNEL, LONGEST, SHORTEST, Doorbell, next_rest


@pytest.fixture
def backend():
    """SQLite has no doorbell."""
    return "postgresql"


@pytest.fixture
def bell(app):
    bell = Doorbell()
    bell.init(app.config["PASSLINE"])
    return bell


@pytest.fixture
def heard(app):
    """Wait for rings, so many or so many seconds: how many there were."""
    with psycopg.connect(app.config["PASSLINE"].libpq_url, autocommit=True) as connection:
        connection.execute(f"listen {CHANNEL}")
        yield lambda seconds, most=None: len(list(connection.notifies(timeout=seconds, stop_after=most)))


def test_it_rests_longer_while_rings_come_back_to_back():
    rests = [SHORTEST]
    for _ in range(6):
        rests.append(next_rest(rests[-1], rung=True))
    assert rests == [SHORTEST * 2**n for n in range(5)] + [LONGEST, LONGEST]


def test_it_rests_no_longer_than_before_once_it_was_quiet():
    assert next_rest(LONGEST, rung=False) == SHORTEST


def test_many_rings_are_few(bell, heard):
    began = monotonic()
    while monotonic() < began + 1:
        bell.ring()
        sleep(0.001)
    assert heard(0.2) <= (monotonic() - began) / (2 * SHORTEST)


def test_who_rings_while_it_rests_is_not_forgotten(bell, heard):
    for _ in range(5):
        bell.ring()
        assert heard(5, most=1) == 1
