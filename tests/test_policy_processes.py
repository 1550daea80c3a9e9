"""Decisions about transitions with two web processes: what one has taken binds the very next walk on the other."""

import http.client
import json
import threading
import time
from collections import Counter

import pytest
import requests

from app.contract.tokens import SESSION_ID
from app.domain import policy_changes
from app.extensions import db
from app.models import Restaurant
from tests.factories import order_in, session_of, token_of
from tests.processes import Web

DECISIONS = 4


@pytest.fixture
def webs(app):
    """Two web processes on the test's database."""
    with Web(app.config["PASSLINE"]) as one, Web(app.config["PASSLINE"]) as two:
        yield one, two


class Asked:
    """A program of somebody's at one of the processes, on one kept connection."""

    def __init__(self, web, person):
        self.connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
        self.headers = {"Authorization": f"Bearer {token_of(person)}", "Content-Type": "application/json"}

    def walk(self, order, to, **said):
        body = json.dumps({"to": to, **said})
        self.connection.request("POST", f"/api/orders/{order.number}/transitions", body, self.headers)
        response = self.connection.getresponse()
        response.read()
        return response.status


def decide(browser, page, web, roles):
    """By the panel's own forms: the dry run, then yes."""
    url = f"{web.http}/admin/transitions/preparing/ready_for_pickup"
    asked = browser.post(url, data={"csrf_token": page, "roles": roles})
    version = asked.text.partition('name="version" value="')[2].partition('"')[0]
    done = browser.post(url, data={"csrf_token": page, "roles": roles, "version": version}, allow_redirects=False)
    assert done.status_code == 303, done.text


@pytest.fixture
def panel(app, cast, webs):
    """An admin's browser, and the token of its forms."""
    with requests.Session() as browser:
        cookie = app.session_interface.get_signing_serializer(app).dumps({SESSION_ID: session_of(cast.admin).id})
        browser.cookies.set(app.config["SESSION_COOKIE_NAME"], cookie, domain="localhost.local")
        page = browser.get(f"{webs[0].http}/admin/transitions").text
        yield browser, page.partition('name="csrf_token" value="')[2].partition('"')[0]


def test_a_decision_on_one_binds_the_next_walk_on_the_other(cast, webs, panel):
    one, two = webs
    vendor_there = Asked(two, cast.vendor)
    order = order_in(cast, "preparing")
    # The other process knows the rules, and has walked by them.
    assert vendor_there.walk(order, "ready_for_pickup") == 200
    assert vendor_there.walk(order, "preparing") == 200
    for _ in range(DECISIONS):
        decide(*panel, one, [])
        assert vendor_there.walk(order, "ready_for_pickup") == 403
        decide(*panel, one, ["vendor"])
        assert vendor_there.walk(order, "ready_for_pickup") == 200
        assert vendor_there.walk(order, "preparing") == 200
    vendor_there.connection.close()


def until(happened):
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_no_walk_begun_after_a_decision_goes_by_the_old_rules(cast, webs):
    """Walks without a pause on both, while decisions are taken beside them."""
    allows, told, stop, walked = [True], [], threading.Event(), Counter()

    def walk(web, vendor, order):
        to = "ready_for_pickup"
        while not stop.is_set():
            before, status = allows[0], vendor.walk(order, to)
            # What it may be is certain only where nothing was decided meanwhile.
            if before is not None and allows[0] is before and to == "ready_for_pickup":
                told.append((before, status))
            walked[web] += 1
            if status == 200:
                to = "preparing" if to == "ready_for_pickup" else "ready_for_pickup"
        vendor.connection.close()

    asked = [(web, Asked(web, cast.vendor), order_in(cast, "preparing")) for web in webs]
    walkers = [threading.Thread(target=walk, args=each) for each in asked]
    for walker in walkers:
        walker.start()
    house = db.session.get(Restaurant, cast.restaurant.id)
    for turn in range(2 * DECISIONS):
        wanted, allows[0] = turn % 2 == 1, None
        roles = {"admin", "vendor"} if wanted else {"admin"}
        edge = ("preparing", "ready_for_pickup")
        policy_changes.change_edge(house, *edge, roles=roles, reason=set(), by=cast.admin, seen=house.policy_version)
        allows[0] = wanted
        goals = {web: walked[web] + 4 for web in webs}
        until(lambda goals=goals: all(walked[web] >= goal for web, goal in goals.items()))
    stop.set()
    for walker in walkers:
        walker.join()
    assert set(told) == {(True, 200), (False, 403)}
