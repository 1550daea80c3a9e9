"""Everybody at once over HTTP: two drivers with four phones each, two dispatchers and two workers, for a few seconds.

Nobody is answered with an error of ours (a deadlock would be one), and afterwards offers and riders agree with the
tickets. `RACES=60` lets them go on for a minute.
"""

import os
import random
import threading
import time
import uuid
from collections import Counter

import pytest
import requests

from app.contract.times import iso, now
from app.domain import ticket_deadlines
from app.errors import Conflict
from app.extensions import db
from app.models import Ticket, TicketOffer
from tests.cast import COUNTER
from tests.factories import delivery, token_of
from tests.processes import Web

SECONDS = float(os.environ.get("RACES", "4"))
# What a driver does with a ticket in each state.
STEPS = {
    "offered": ("accept", "accept", "decline"),
    "unassigned": ("accept",),
    "needs_dispatcher": ("accept",),
    "assigned": ("at-pickup", "at-pickup", "failed"),
    "at_pickup": ("picked-up",),
    "picked_up": ("at-dropoff",),
    "at_dropoff": ("delivered", "failed"),
    "failed": ("returning",),
    "returning": ("returned",),
}


class Hand(threading.Thread):
    """Somebody who does one thing after another; `answers` counts what they were told."""

    def __init__(self, web, person, act):
        super().__init__()
        self.web, self.act, self.stop, self.answers = web, act, threading.Event(), Counter()
        self.headers = {"Authorization": f"Bearer {token_of(person)}"}

    def run(self):
        while not self.stop.is_set():
            self.act(self)

    def post(self, path, body):
        key = {"Idempotency-Key": uuid.uuid4().hex} if random.random() < 0.5 else {}
        answer = requests.post(f"{self.web.http}/api{path}", json=body, headers=self.headers | key, timeout=60)
        self.answers[answer.status_code] += 1

    def get(self, path):
        return requests.get(f"{self.web.http}/api{path}", headers=self.headers, timeout=60).json()


def drive(hand, codes):
    """One thing that a driver's phone does."""
    chance = random.random()
    if chance < 0.2:
        hand.post("/driver/duty", {"on": chance > 0.05})
    elif chance < 0.4:
        hand.post("/driver/location", {"latitude": COUNTER[0], "longitude": COUNTER[1], "recorded_at": iso(now())})
    else:
        mine = hand.get("/driver/tickets")
        for ticket in [*mine["items"][:1], *mine["waiting"][:1]]:
            if steps := STEPS.get(ticket["status"]):
                said = {"reason_code": "other", "handover_code": codes.get(ticket["order"]["number"], "none")}
                hand.post(f"/driver/tickets/{ticket['id']}/{random.choice(steps)}", said)


def dispatch(hand, drivers):
    """One thing that a dispatcher does."""
    for ticket in hand.get("/admin/tickets?limit=8")["items"]:
        match random.randrange(8):
            case 0 | 1:
                hand.post(f"/admin/tickets/{ticket['id']}/offer", {"driver_id": random.choice(drivers)})
            case 2:
                hand.post(f"/admin/tickets/{ticket['id']}/withdraw", {})
            case 3:
                order = f"/orders/{ticket['order']['number']}"
                hand.post(f"{order}/transitions", {"to": "cancelled", "reason_code": "other"})


def work(app, stop):
    """A worker's loop, without its pauses."""
    with app.app_context():
        while not stop.wait(0.02):
            ticket_deadlines.act_on_due()


@pytest.fixture
def webs(app):
    with Web(app.config["PASSLINE"]) as one, Web(app.config["PASSLINE"]) as two:
        yield one, two


def test_nobody_meets_an_error(app, cast, webs):
    drivers, codes, stop = (cast.driver, cast.other_driver), {}, threading.Event()
    ids = [driver.id for driver in drivers]
    hands = [Hand(web, driver, lambda hand: drive(hand, codes)) for web in webs for driver in drivers for _ in range(2)]
    hands += [Hand(web, cast.admin, lambda hand: dispatch(hand, ids)) for web in webs]
    workers = [threading.Thread(target=work, args=(app, stop)) for _ in range(2)]
    for thread in (*hands, *workers):
        thread.start()
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        keep_busy(cast, codes)
        time.sleep(0.05)
    stop.set()
    for hand in hands:
        hand.stop.set()
    for thread in (*hands, *workers):
        thread.join()
    told = sum((hand.answers for hand in hands), Counter())
    # On a starved machine little gets done in the time; none of it may be an error.
    assert told[200] > 5, told
    assert not [status for status in told if status >= 500], told
    assert_agreed()


def keep_busy(cast, codes):
    """There are five deliveries under way, made one at a time; an admin may cancel one while it is made."""
    if Ticket.query.filter(Ticket.ended_at.is_(None)).count() < 5:
        try:
            order = delivery(cast, "ready_for_pickup")
            codes[order.number] = order.handover_code
        except Conflict:
            db.session.rollback()
    db.session.rollback()
    db.session.expire_all()


def assert_agreed():
    """Offers and riders are what the tickets say."""
    riding = Counter()
    for ticket in Ticket.query:
        offers = Counter(offer.status for offer in TicketOffer.query.filter_by(ticket_id=ticket.id))
        assert offers["open"] == (ticket.status == "offered")
        assert offers["accepted"] == (ticket.driver_id is not None)
        riding[ticket.driver_id] += ticket.driver_id is not None and ticket.ended_at is None
    assert max(riding.values()) <= 1
