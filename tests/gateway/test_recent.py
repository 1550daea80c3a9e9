"""The newest rows in memory."""

from datetime import UTC, datetime

from app.contract import rooms
from gateway.frames import Row
from gateway.recent import Recent


def row(n, room="a", data='{"x":1}'):
    return Row("beef", n, room, "name", data, datetime.now(UTC))


def filled(*rows, **bounds):
    recent = Recent(**bounds)
    recent.restart(rows[0].n - 1 if rows else 0)
    for each in rows:
        recent.add(each)
    return recent


def test_it_gives_the_rows_of_some_rooms_in_order():
    recent = filled(row(1, "a"), row(2, "b"), row(3, "c"), row(4, "a"), row(5, "b"))
    assert [each.n for each in recent.after(0, ["a", "b", "nobody"])] == [1, 2, 4, 5]
    assert [each.n for each in recent.after(2, ["b", "a"])] == [4, 5]
    assert recent.after(5, ["a"]) == []


def test_it_reaches_back_to_where_it_began():
    recent = filled(row(8), row(9))
    assert recent.reaches(7)
    assert not recent.reaches(6)


def test_it_forgets_the_oldest_by_count():
    recent = filled(*(row(n, "ab"[n % 2]) for n in range(1, 11)), most_rows=4)
    assert len(recent) == 4
    assert recent.reaches(6)
    assert not recent.reaches(5)
    assert [each.n for each in recent.after(6, ["a", "b"])] == [7, 8, 9, 10]


def test_it_forgets_the_oldest_by_size():
    recent = filled(*(row(n, data="x" * 100) for n in range(1, 11)), most_bytes=350)
    assert len(recent) == 3
    assert recent.bytes == 300


def test_it_keeps_nothing_of_a_room_whose_rows_are_gone():
    recent = filled(row(1, "old"), row(2, "new"), most_rows=1)
    assert set(recent._by_room) == {"new"}


def test_it_starts_over():
    recent = filled(row(1), row(2))
    recent.restart(70)
    assert (len(recent), recent.bytes, recent.floor) == (0, 0, 70)


def test_it_takes_back_what_came_before():
    recent = filled(row(8))
    assert recent.recall([row(7, "b"), row(6, rooms.ACCESS), row(5)])
    assert (recent.reaches(4), recent.reaches(3), len(recent)) == (True, False, 3)
    assert [each.n for each in recent.after(4, ["a", "b", rooms.ACCESS])] == [5, 7, 8]
    assert [each.n for each in recent.after(5, ["a"])] == [8]


def test_it_takes_nothing_back_beyond_a_row_that_is_missing():
    recent = filled(row(8))
    assert not recent.recall([row(7), row(5)])
    assert (recent.reaches(6), recent.reaches(5)) == (True, False)
    assert not recent.recall([row(5)])


def test_it_takes_back_no_more_than_it_has_space_for():
    recent = filled(row(8), most_rows=3)
    assert recent.has_space(2)
    assert not recent.has_space(3)
    assert not recent.recall([row(7), row(6), row(5)])
    assert (recent.reaches(5), recent.reaches(4)) == (True, False)
    recent.add(row(9))
    assert (recent.reaches(6), recent.reaches(5)) == (True, False)
    heavy = filled(row(8), most_bytes=20)
    assert not heavy.recall([row(7), row(6), row(5)])
    assert heavy.bytes <= 20 + len(row(1).data)
