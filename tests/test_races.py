"""Races over HTTP: two web processes, and people who accept, decline and cancel one order at the same moment.

One of them wins, and everybody else is told so. `make races` runs a hundred rounds, the ordinary run a few.
"""

import http.client
import json
import os
import threading
from collections import Counter
from itertools import cycle, islice

import pytest
from sqlalchemy import select

from app.extensions import db
from app.models import EventLog, Order, OrderChange
from tests.factories import place, token_of
from tests.processes import Web

ROUNDS = int(os.environ.get("RACES", "6")) // 2  # on each of the two databases
PEOPLE = 50


@pytest.fixture
def webs(app):
    """Two web processes on the test's database."""
    with Web(app.config["PASSLINE"]) as one, Web(app.config["PASSLINE"]) as two:
        yield one, two


class Runner(threading.Thread):
    """Somebody whose finger is on the button: sends one transition when the others do."""

    def __init__(self, web, start, token, number, wish):
        super().__init__()
        self.connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
        self.start_line, self.token, self.number, self.wish = start, token, number, wish
        self.status, self.answer = 0, {}

    def run(self):
        self.connection.connect()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        body = json.dumps({"expected_version": 1, **self.wish})
        self.start_line.wait()
        self.connection.request("POST", f"/api/orders/{self.number}/transitions", body, headers)
        response = self.connection.getresponse()
        self.status, self.answer = response.status, json.loads(response.read())
        self.connection.close()


@pytest.fixture
def wishes(cast):
    """Who wants what: the kitchen's two accept and decline, the customer cancels, an admin does either."""
    accept, decline = {"to": "accepted"}, {"to": "cancelled", "reason_code": "too_busy"}
    people = {name: token_of(getattr(cast, name)) for name in ("vendor", "colleague", "customer", "admin")}
    return [
        (people["vendor"], accept),
        (people["colleague"], decline),
        (people["customer"], {"to": "cancelled"}),
        (people["admin"], accept),
        (people["admin"], decline),
    ]


def race(webs, wishes, number):
    """Everybody at once, on either process; what each was told."""
    start = threading.Barrier(PEOPLE)
    runners = [
        Runner(web, start, token, number, wish)
        for web, (token, wish) in zip(islice(cycle(webs), PEOPLE), cycle(wishes), strict=False)
    ]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    return runners


def test_one_wins_and_the_rest_are_told(app, cast, webs, wishes):
    won = Counter()
    for _ in range(ROUNDS):
        number = place(cast).order.number
        runners = race(webs, wishes, number)
        [winner] = [runner for runner in runners if runner.status == 200 and runner.answer["changed"]]
        won[winner.wish["to"]] += 1
        for runner in runners:
            assert_told(runner, winner)
        assert_one_change(number, winner)
    assert won.total() == ROUNDS


def assert_told(runner, winner):
    """Each loser learns what the order is now: by a 409, or because it is what they wanted."""
    if runner is winner:
        return
    assert runner.status in (200, 409), runner.answer
    if runner.status == 200:
        assert (runner.answer["changed"], runner.answer["status"]) == (False, winner.wish["to"])
        assert runner.answer["version"] == 2
    else:
        assert runner.answer["code"] == "changed_meanwhile"
        assert (runner.answer["current_status"], runner.answer["version"]) == (winner.wish["to"], 2)
        assert runner.answer["changed_at"]


def assert_one_change(number, winner):
    """History and log tell of one change, the winner's."""
    db.session.rollback()
    db.session.expire_all()
    order = db.session.scalars(select(Order).where(Order.number == number)).one()
    assert (order.status, order.version) == (winner.wish["to"], 2)
    history = select(OrderChange).where(OrderChange.order_id == order.id).order_by(OrderChange.version)
    assert [(row.version, row.to_status) for row in db.session.scalars(history)] == [
        (1, "placed"),
        (2, order.status),
    ]
    rows = db.session.scalars(select(EventLog).where(EventLog.order_id == order.id)).all()
    told = [row for row in rows if json.loads(row.data)["order_version"] == 2]
    assert sorted((row.room.partition(".")[0], row.name) for row in told) == [
        ("admin", "order.status.updated"),
        ("order", "OrderStatusChanged"),
        ("user", "OrderStatusChanged"),
        ("user", "order.status.updated"),
        ("vendor-orders", "OrderStatusChanged"),
    ]
    assert len({row.event_id for row in told}) == 1
