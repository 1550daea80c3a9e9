"""An access that ended: its sockets close at once, and hear nothing of what comes after."""

import json
from datetime import timedelta
from time import monotonic

import pytest
from sqlalchemy import text

from app.contract import rooms
from app.contract.identity import Identity, Role
from app.contract.times import now
from app.domain import access, log, people, sessions, tracking
from app.extensions import atomic, db
from app.models import Session
from gateway.frames import Row
from gateway.metrics import Metrics
from gateway.registry import Registry
from gateway.revocation import Revocation
from gateway.websocket import Op
from tests.factories import place, token_of
from tests.gateway.link import read
from tests.gateway.rows import numbers, write
from tests.gateway.screen import Gone, Screen
from tests.gateway.sockets import socket_of

ENDED = {"credential": None, "person_id": 7, "reason": "logged_out_everywhere"}


def session_behind(cookie_of, person):
    cookie = cookie_of(person)
    return cookie, Session.query.filter_by(person_id=person.id).order_by(Session.created_at.desc()).first()


def closed_within_a_second(screen):
    began = monotonic()
    events = screen.until_closed()
    assert monotonic() - began < 1
    return events


def test_a_session_that_ends_closes_its_sockets_for_good(cast, screen, cookie_of):
    cookie, row = session_behind(cookie_of, cast.vendor)
    ended, also_ended, stays = screen(cookie=cookie), screen(cookie=cookie), screen(cast.vendor)
    for each in (ended, also_ended, stays):
        each.ready()
    access.end(row, reason="logged_out")
    write(rooms.vendor_orders(cast.restaurant.id), 1)
    assert closed_within_a_second(ended) == []
    assert closed_within_a_second(also_ended) == []
    assert ended.disconnected
    assert numbers([stays.event()]) == [1]


def test_a_token_that_ends_closes_its_sockets_for_good(cast, screen):
    token = token_of(cast.driver)
    driver = screen(auth={"token": token})
    driver.ready()
    access.end(sessions.by_token(token), reason="token_revoked")
    closed_within_a_second(driver)
    assert driver.disconnected


def test_a_link_that_is_withdrawn_closes_its_sockets_for_good(cast, screen):
    order = place(cast).order
    follower = screen(auth={"tracking": tracking.create_link(order)})
    follower.ready()
    tracking.withdraw_links(order, by=cast.customer)
    write(rooms.order(order.number), 1)
    assert closed_within_a_second(follower) == []
    assert follower.disconnected


@pytest.mark.parametrize(
    ("change", "is_final"),
    [
        (lambda person: people.change_password(person, "another good password"), True),
        (people.deactivate, True),
        (lambda person: people.change_role(person, "customer"), False),
    ],
)
def test_what_changes_a_person_closes_all_of_the_persons_sockets(cast, screen, cookie_of, change, is_final):
    by_cookie, by_token = screen(cookie=cookie_of(cast.vendor)), screen(cast.vendor)
    colleague = screen(cast.colleague)
    for each in (by_cookie, by_token, colleague):
        each.ready()
    change(cast.vendor)
    write(rooms.vendor_orders(cast.restaurant.id), 1)
    for each in (by_cookie, by_token):
        assert closed_within_a_second(each) == []
        assert each.disconnected is is_final
    assert numbers([colleague.event()]) == [1]


def test_no_event_comes_between_the_row_and_the_close(cast, screen, cookie_of):
    """One transaction: an event, the end of the access, another event."""
    cookie, row = session_behind(cookie_of, cast.vendor)
    vendor = screen(cookie=cookie)
    vendor.ready()
    with atomic():
        write(rooms.vendor_orders(cast.restaurant.id), "before")
        access.end(row, reason="logged_out")
        write(rooms.vendor_orders(cast.restaurant.id), "after")
    assert numbers(closed_within_a_second(vendor)) == ["before"]


def test_a_revoked_person_does_not_come_back(cast, screen, cookie_of):
    cookie, row = session_behind(cookie_of, cast.vendor)
    vendor = screen(cookie=cookie)
    _, since = vendor.ready()
    access.end(row, reason="logged_out")
    vendor.until_closed()
    write(rooms.vendor_orders(cast.restaurant.id), 1)
    again = screen(auth={"since": since}, cookie=cookie)
    assert again.answer().startswith("44")
    assert again.until_closed() == []


def test_a_socket_that_is_being_authorised_does_not_slip_through(cast, gateway, cookie_of):
    """The access ends at any moment of the connect: afterwards no socket lives."""
    room, late = rooms.vendor_orders(cast.restaurant.id), 0
    for n in range(24):
        cookie, row = session_behind(cookie_of, cast.vendor)
        with Screen(gateway.port, cookie=cookie, ask=n % 4 > 0) as vendor:
            if n % 4 == 0:
                vendor.send("40")
            access.end(row, reason="logged_out")
            write(room, n)
            try:
                vendor.answer(0.5)
                events = vendor.until_closed(1)
            except Gone:
                events = []
            late += n in numbers([event for event in events if event[0] != "ready"])
    assert late == 0


def test_whoever_logged_in_again_meanwhile_is_asked_to_come_back():
    """The row was committed before their session was made, and comes to the fan-out after the session was read."""
    revocation = Revocation(Registry(), Metrics())
    revocation.restart("aaaa")
    revocation.act(Row("aaaa", 5, rooms.ACCESS, "access.ended", json.dumps(ENDED), now()))
    refusal = revocation.since("aaaa", 4, Identity("session:made-after", 7, Role.VENDOR, 1))
    assert refusal is not None
    assert refusal.retry


@pytest.mark.parametrize(
    ("as_of", "age", "is_closed", "is_final"),
    [
        (4, 60, True, True),
        # Looked up before the row had its place, but logged in after it: the door knows.
        (4, -1, True, False),
        (5, 60, False, False),
        (6, -1, False, False),
    ],
)
def test_a_persons_row_ends_what_is_older_than_it(link, as_of, age, is_closed, is_final):
    registry, at = Registry(), now()
    revocation = Revocation(registry, Metrics())
    revocation.restart("aaaa")
    began = at - timedelta(seconds=age)
    registry.add(socket_of(Identity("session:a", 7, Role.VENDOR, 1), link.connection, as_of=as_of, began=began))
    revocation.act(Row("aaaa", 5, rooms.ACCESS, "access.ended", json.dumps(ENDED), at))
    assert (len(registry.sockets), link.connection.closed) == (int(not is_closed), is_closed)
    assert ((Op.TEXT, b"41") in read(link.client.recv(65536))) is is_final


@pytest.mark.parametrize("backend", ["postgresql"])
def test_who_logged_in_after_the_row_and_before_it_had_its_place_may_return(cast, screen):
    """Whoever numbers rows is held up: the row ends an access of before, and finds one of after as well."""
    older = screen(cast.vendor)
    older.ready()
    db.session.rollback()
    with db.engine.connect() as busy:
        busy.execute(text("select * from log_head for update"))
        access.end_all(cast.vendor, reason="logged_out_everywhere")
        token = token_of(cast.vendor)
        younger = screen(auth={"token": token})
        younger.ready()
        busy.rollback()
    older.until_closed(15)
    younger.until_closed(15)
    assert (older.disconnected, younger.disconnected) == (True, False)
    screen(auth={"token": token}).ready()


def test_an_unknown_reason_lets_the_client_come_back(cast, screen):
    vendor = screen(cast.vendor)
    vendor.ready()
    row = Session.query.first()
    assert row is None
    at = now()
    with atomic() as session:
        message = log_message(cast.vendor.id, "of the future", at)
        log.append(session, [message], at=at)
    closed_within_a_second(vendor)
    assert not vendor.disconnected


def log_message(person_id, reason, at):
    from app.contract.events import access_ended

    return access_ended(credential=None, person_id=person_id, reason=reason, stamp=log.stamp(at))
