"""Those who come at one moment are answered together."""

import threading

import gevent
import pytest
from sqlalchemy import event

from app.contract.identity import Identity, Role
from app.contract.times import now
from app.contract.tokens import digest
from gateway.checks import Checks
from gateway.gathering import BATCH, Gathering
from gateway.store import Away, Knock, Store
from gateway.threads import Threads
from tests.factories import place, session_of, token_of


def all_ask(ask, questions):
    """Everybody asks at once; their answers, in that order."""
    asking = [gevent.spawn(ask, question) for question in questions]
    gevent.joinall(asking, raise_error=True)
    return [each.value for each in asking]


def identity(person):
    """Who a person is to the gateway."""
    return Identity(f"token:{person.id}", person.id, Role(person.role), person.restaurant_id)


@pytest.fixture
def store(app):
    store = Store(app.config["PASSLINE"], 2)
    yield store
    store.close()


@pytest.fixture
def statements(store):
    """What the store says to its database, but BEGIN."""
    said = []

    @event.listens_for(store.engine, "before_cursor_execute")
    def note(_connection, _cursor, sql, *_rest):
        if not sql.startswith(("BEGIN", "PRAGMA")):
            said.append(sql)

    return said


def test_each_gets_the_own_answer():
    batches = []

    def double(asked):
        batches.append(list(asked))
        return [2 * number for number in asked]

    questions = list(range(2 * BATCH + 1))
    assert all_ask(Gathering(double, Threads(1)).ask, questions) == [2 * number for number in questions]
    assert [len(batch) for batch in batches] == [BATCH, BATCH, 1]


def test_who_comes_while_a_batch_is_under_way_is_in_the_next():
    batches, began, go_on = [], threading.Event(), threading.Event()

    def slowly(asked):
        batches.append(list(asked))
        began.set()
        go_on.wait(10)
        return asked

    gathering = Gathering(slowly, Threads(1))
    first = gevent.spawn(gathering.ask, 1)
    while not began.is_set():
        gevent.sleep(0.001)
    later = [gevent.spawn(gathering.ask, number) for number in (2, 3)]
    gevent.sleep(0)
    assert len(gathering) == 2
    go_on.set()
    gevent.joinall([first, *later], raise_error=True)
    assert batches == [[1], [2, 3]]


def test_an_error_is_everybodys_of_that_batch_and_of_no_other():
    def refuse_odd(asked):
        if any(number % 2 for number in asked):
            raise Away("odd")
        return asked

    gathering = Gathering(refuse_odd, Threads(1))
    asking = [gevent.spawn(gathering.ask, number) for number in (1, 2)]
    gevent.joinall(asking)
    assert [type(each.exception) for each in asking] == [Away, Away]
    assert gathering.ask(4) == 4


def test_a_crowd_that_returns_costs_few_statements(app, cast, store, statements):
    """Two thousand come in at once, of every kind, and each gets the own rows."""
    order = place(cast).order
    session, token = session_of(cast.vendor), token_of(cast.driver)
    rows = [
        {"pid_hash": digest(f"pid {n}"), "credential": "x", "person_id": n, "channels": "{}", "used_at": now()}
        for n in range(2000)
    ]
    threads = Threads(2)
    keeping = Gathering(lambda asked: store.keep(asked) or asked, threads)
    all_ask(keeping.ask, rows)
    assert len(statements) <= 2000 / BATCH
    statements.clear()
    knocks = [
        Knock("session", session.id, digest(f"pid {n}")) if n % 2 else Knock("token", digest(token), digest(f"pid {n}"))
        for n in range(2000)
    ]
    checks = Checks(store, threads)
    admissions = all_ask(checks.admission, knocks)
    assert [each.recovery.person_id for each in admissions] == list(range(2000))
    wanted = [cast.vendor.id if n % 2 else cast.driver.id for n in range(2000)]
    assert [each.credential.person_id for each in admissions] == wanted
    assert len(statements) <= 3 * 2000 / BATCH
    statements.clear()
    assert checks.admission(Knock("token", "nobody's", digest("nobody's"))).credential is None
    assert checks.admission(Knock("session", session.id, None)).recovery is None
    statements.clear()
    people = [identity(person) for person in cast.people().values()]
    asked = [(number, who) for who in people for number in (order.number, "NONE")]
    seen = all_ask(lambda question: checks.version_of(*question), asked)
    expected = [(int(name in ("admin", "vendor", "colleague", "customer")), 0) for name in cast.people()]
    assert seen == [answer for pair in expected for answer in pair]
    assert len(statements) == 1


def test_the_last_word_about_a_pid_is_kept(app, store):
    row = {"pid_hash": digest("pid"), "credential": "x", "person_id": None, "used_at": now()}
    store.keep([{**row, "channels": "first"}, {**row, "channels": "second"}])
    assert store.admissions([Knock("session", "", digest("pid"))])[0].recovery.channels == "second"
    store.keep([{**row, "channels": "third"}])
    assert store.admissions([Knock("session", "", digest("pid"))])[0].recovery.channels == "third"
