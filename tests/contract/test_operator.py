"""The proof of the person who runs it: good for this key, for a minute."""

import time_machine

from app.contract import operator

KEY = "a key for tests alone, of forty letters."


def test_it_holds_for_a_minute():
    with time_machine.travel("2026-11-20T18:00:00Z", tick=False) as clock:
        proof = operator.proof(KEY)
        assert operator.holds(proof, KEY)
        clock.shift(61)
        assert not operator.holds(proof, KEY)


def test_it_holds_for_a_clock_that_is_behind():
    with time_machine.travel("2026-11-20T18:00:00Z", tick=False) as clock:
        proof = operator.proof(KEY)
        clock.shift(-30)
        assert operator.holds(proof, KEY)
        clock.shift(-31)
        assert not operator.holds(proof, KEY)


def test_it_holds_for_no_other_key():
    assert not operator.holds(operator.proof("another key"), KEY)


def test_nothing_is_no_proof():
    assert not any(operator.holds(value, KEY) for value in (None, "", "nonsense", KEY))
