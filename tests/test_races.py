"""Races over HTTP: two web processes, and people who accept, decline and cancel one order at the same moment, or
drivers who accept one ticket.

One of them wins, and everybody else is told so. `make races` runs a hundred rounds on each database, the ordinary run a
few.
"""

import http.client
import json
import os
import threading
from collections import Counter
from itertools import cycle, islice

import pytest
from sqlalchemy import select

from app.domain import drivers, orders, ticket_deadlines
from app.extensions import atomic, db
from app.models import EventLog, Order, OrderChange, Person, Ticket, TicketChange, TicketOffer
from tests.factories import delivery, on_duty, place, token_of
from tests.processes import Web

ROUNDS = int(os.environ.get("RACES", "6")) // 2  # on each of the two databases
PEOPLE = 50


@pytest.fixture
def webs(app):
    """Two web processes on the test's database."""
    with Web(app.config["PASSLINE"]) as one, Web(app.config["PASSLINE"]) as two:
        yield one, two


class Runner(threading.Thread):
    """Somebody whose finger is on the button: sends one request when the others do."""

    def __init__(self, web, start, token, path, wish):
        super().__init__()
        self.connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
        self.start_line, self.token, self.path, self.wish = start, token, path, wish
        self.status, self.answer = 0, {}

    def run(self):
        self.connection.connect()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        body = json.dumps({"expected_version": 1, **self.wish})
        self.start_line.wait()
        self.connection.request("POST", self.path, body, headers)
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


def race(webs, wishes, path, people=PEOPLE):
    """Everybody at once, on either process; what each was told."""
    start = threading.Barrier(people)
    runners = [
        Runner(web, start, token, path, wish)
        for web, (token, wish) in zip(islice(cycle(webs), people), cycle(wishes), strict=False)
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
        runners = race(webs, wishes, f"/api/orders/{number}/transitions")
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


def test_of_two_drivers_who_accept_at_once_one_has_it(cast, webs):
    won = Counter()
    for number in range(2 * ROUNDS):
        ticket = waiting(cast)
        pair = [newcomer(f"{name}{number}") for name in ("one", "other")]
        wishes = [(token_of(driver), {}) for driver in pair]
        for driver in pair:
            on_duty(driver)
        one, other = race(webs, wishes, f"/api/driver/tickets/{ticket.id}/accept", people=2)
        winner, loser = (one, other) if one.status == 200 else (other, one)
        db.session.rollback()
        db.session.refresh(ticket)
        assert (winner.status, winner.answer["changed"], loser.status) == (200, True, 409)
        assert loser.answer["detail"].startswith(f"{ticket.driver_name} was faster")
        assert (loser.answer["current_status"], loser.answer["version"]) == ("assigned", ticket.version)
        assert loser.answer["changed_by"]["id"] == ticket.driver_id == winner.answer["driver"]["id"]
        won[pair[0].id == ticket.driver_id] += 1
        assert_one_has_it(ticket)
        orders.cancel(ticket.order, by=cast.admin, reason_code="other")
        for driver in pair:
            drivers.go_off_duty(driver, by=driver)
    assert won.total() == 2 * ROUNDS


def newcomer(name):
    """A driver who has not pressed anything yet: how often one may, is limited."""
    with atomic() as session:
        driver = Person(email=f"{name}@example.com", name=name, role="driver", password_hash="none")
        session.add(driver)
    return driver


def waiting(cast):
    """A ticket that waits for anybody."""
    ticket: Ticket = delivery(cast, "ready_for_pickup").ticket
    ticket_deadlines.act_on_due()
    db.session.refresh(ticket)
    assert (ticket.status, ticket.sought_since is not None) == ("unassigned", True)
    return ticket


def assert_one_has_it(ticket):
    """History, offers and log tell of one driver."""
    changes = select(TicketChange.to_status).where(TicketChange.ticket_id == ticket.id).order_by(TicketChange.version)
    assert db.session.scalars(changes).all() == ["unassigned", "assigned"]
    accepted = select(TicketOffer).where(TicketOffer.ticket_id == ticket.id)
    assert [(offer.driver_id, offer.status) for offer in db.session.scalars(accepted)] == [
        (ticket.driver_id, "accepted")
    ]
    told = select(EventLog.room).where(EventLog.order_id == ticket.order_id, EventLog.name == "TicketUpdated")
    assert db.session.scalars(told).all() == [f"driver.{ticket.driver_id}.tickets"]
