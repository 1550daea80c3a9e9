"""The proof of the person who runs it: good for one question, for this key, for a minute."""

import pytest
import time_machine

from app.contract import operator

KEY = "a key for tests alone, of forty letters."
ASKED = operator.question("GET", "/trace", "gateway=here:1&positions=1")


def test_it_holds_for_a_minute():
    with time_machine.travel("2026-11-20T18:00:00Z", tick=False) as clock:
        proof = operator.proof(KEY, ASKED)
        assert operator.holds(proof, KEY, ASKED)
        clock.shift(61)
        assert not operator.holds(proof, KEY, ASKED)


def test_it_holds_for_a_clock_that_is_behind():
    with time_machine.travel("2026-11-20T18:00:00Z", tick=False) as clock:
        proof = operator.proof(KEY, ASKED)
        clock.shift(-30)
        assert operator.holds(proof, KEY, ASKED)
        clock.shift(-31)
        assert not operator.holds(proof, KEY, ASKED)


def test_it_holds_for_no_other_key():
    assert not operator.holds(operator.proof("another key", ASKED), KEY, ASKED)


@pytest.mark.parametrize(
    "other",
    [
        ("POST", "/trace", "gateway=here:1&positions=1"),
        ("GET", "/metrics", "gateway=here:1&positions=1"),
        ("GET", "/trace", "gateway=here:1&positions=2"),
        ("GET", "/trace", "gateway=there:1&positions=1"),
    ],
)
def test_it_holds_for_no_other_question(other):
    assert not operator.holds(operator.proof(KEY, ASKED), KEY, operator.question(*other))


def test_nothing_is_no_proof():
    assert not any(operator.holds(value, KEY, ASKED) for value in (None, "", "nonsense", KEY))
