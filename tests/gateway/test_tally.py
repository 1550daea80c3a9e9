"""What is remembered of each row that was sent."""

import time

from gateway.tally import Tally


def test_it_remembers_how_many_and_when():
    tally = Tally()
    before = time.time()
    tally.note(7, 3)
    sent = tally.of(7)
    assert sent.sockets == 3
    assert before <= sent.at <= time.time()


def test_it_knows_nothing_of_what_was_not_sent():
    tally = Tally()
    tally.note(7, 3)
    assert [tally.of(n) for n in (0, 6, 8, 7 + (1 << 16))] == [None] * 4


def test_it_forgets_the_oldest_and_does_not_grow():
    tally = Tally(size=10)
    for n in range(1, 16):
        tally.note(n, n)
    assert [n for n in range(1, 16) if tally.of(n)] == list(range(6, 16))


def test_another_life_begins_with_nothing():
    tally = Tally()
    tally.note(7, 3)
    tally.restart()
    assert tally.of(7) is None
