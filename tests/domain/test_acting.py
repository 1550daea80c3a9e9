"""An admin acts as somebody: for an hour, never as an admin, never twice; and histories tell both names."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.contract import rooms
from app.contract.times import now
from app.domain import access, acting, audit, orders, people, sessions
from app.domain.actor import name_of
from app.errors import Conflict, Forbidden
from app.extensions import atomic, db
from app.models import AuditEntry, EventLog, OrderChange, Person
from tests.at_once import at_once
from tests.factories import place, session_of, token_of

one_database = pytest.mark.parametrize("backend", ["sqlite"])


def acting_as(cast, person):
    row = session_of(cast.admin)
    acting.start(row, person)
    return row


def holder(row):
    found = sessions.by_id(row.id)
    return found and found.holder


def told():
    log = db.session.scalars(select(EventLog.data).where(EventLog.room == rooms.ACCESS).order_by(EventLog.id))
    return [(data["credential"], data["person_id"], data["reason"]) for data in map(json.loads, log)]


@one_database
def test_the_session_gives_the_other_persons_access(cast):
    row = acting_as(cast, cast.vendor)
    person = holder(row)
    assert (person.id, person.acted_by.id) == (cast.vendor.id, cast.admin.id)
    assert told() == [(row.credential, None, "acting_changed")]
    assert acting.stop(sessions.by_id(row.id))
    assert (holder(row).id, holder(row).acted_by) == (cast.admin.id, None)
    assert told()[1:] == [(row.credential, None, "acting_changed")]
    assert not acting.stop(sessions.by_id(row.id))
    trail = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.actor_id, entry.subject_id) for entry in trail] == [
        ("person.acting_started", cast.admin.id, str(cast.vendor.id)),
        ("person.acting_stopped", cast.admin.id, str(cast.vendor.id)),
    ]


@one_database
def test_histories_tell_both_names(cast):
    row = acting_as(cast, cast.vendor)
    order = place(cast).order
    db.session.expire_all()
    orders.accept(order, by=holder(row))
    change = db.session.scalars(select(OrderChange).order_by(OrderChange.id.desc())).first()
    assert (change.actor_name, change.actor_id) == ("Vendor Person (by Admin Person)", cast.vendor.id)
    assert order.changed_by_name == "Vendor Person (by Admin Person)"
    with atomic() as session:
        audit.record(session, "menu.changed", by=holder(row), subject=("menu", 1, "Soup"))
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.actor_name, entry.actor_id, entry.acted_by_id) == (
        "Vendor Person (by Admin Person)",
        cast.vendor.id,
        cast.admin.id,
    )


def test_two_names_fit_where_one_is_expected():
    person, admin = Person(name="V" * 120), Person(name="A" * 120)
    person.acted_by = admin
    assert len(name_of(person)) == 120
    assert name_of(person).startswith("V" * 50)
    assert "… (by AAA" in name_of(person)
    assert len(name_of(person, 250)) == 246
    admin.name = "Ada"
    assert name_of(person) == f"{'V' * 110}… (by Ada)"


@one_database
def test_nobody_acts_as_an_admin_or_as_who_is_deactivated(cast):
    boss = people.create(email="boss@example.com", name="Boss", role="admin", password="long enough")
    people.deactivate(cast.customer)
    for person, refusal in ((boss, Forbidden), (cast.admin, Forbidden), (cast.customer, Conflict)):
        with pytest.raises(refusal):
            acting_as(cast, person)
    with pytest.raises(Forbidden):
        acting.start(session_of(cast.vendor), cast.customer)


@one_database
def test_nobody_acts_as_a_second_person_meanwhile(cast):
    row = acting_as(cast, cast.vendor)
    for found in (row, sessions.by_id(row.id)):
        with pytest.raises(Conflict):
            acting.start(found, cast.customer)


@one_database
def test_it_ends_after_an_hour(cast):
    row = acting_as(cast, cast.vendor)
    with time_machine.travel(now() + timedelta(minutes=59)):
        assert acting.stop_overdue() == 0
    with time_machine.travel(now() + timedelta(minutes=61)):
        # Before the worker comes as well.
        assert holder(row).id == cast.admin.id
        assert acting.stop_overdue() == 1
        assert acting.stop_overdue() == 0
    assert told()[-1] == (row.credential, None, "acting_changed")


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (lambda cast: people.change_password(cast.vendor, "another long password"), "admin"),
        (lambda cast: people.change_role(cast.vendor, "admin"), "admin"),
        (lambda cast: people.deactivate(cast.vendor), "admin"),
        (lambda cast: access.end_all(cast.vendor, reason="logged_out_everywhere"), "admin"),
        (lambda cast: people.change_password(cast.admin, "another long password"), None),
        (lambda cast: access.end_all(cast.admin, reason="logged_out_everywhere"), None),
    ],
    ids=["their password", "their role", "they are deactivated", "they log out", "own password", "own log-out"],
)
def test_what_ends_either_persons_access_ends_it(cast, change, left):
    row, token = acting_as(cast, cast.vendor), token_of(cast.admin)
    change(cast)
    assert holder(row) is None if left is None else holder(row).id == cast.admin.id
    assert (row.credential, None, "acting_changed") in told()[1:]
    assert (sessions.by_token(token) is None) == (left is None)


@one_database
@pytest.mark.parametrize(
    "end",
    [
        lambda cast, row: acting.stop(row),
        lambda cast, row: access.end(row, reason="logged_out"),
        lambda cast, row: access.end_all(cast.admin, reason="logged_out_everywhere"),
        lambda cast, row: access.end_all(cast.vendor, reason="logged_out_everywhere"),
    ],
    ids=["they stop", "they log out", "they log out everywhere", "the other one does"],
)
def test_the_trail_tells_how_it_ended_once(cast, end):
    end(cast, acting_as(cast, cast.vendor))
    trail = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.actor_id, entry.subject_id) for entry in trail] == [
        ("person.acting_started", cast.admin.id, str(cast.vendor.id)),
        ("person.acting_stopped", cast.admin.id, str(cast.vendor.id)),
    ]


def test_nobody_becomes_an_admin_while_somebody_begins_to_act_as_them(app, cast):
    row, vendor = session_of(cast.admin), cast.vendor
    row_id, vendor_id = row.id, vendor.id
    at_once(
        app,
        lambda: acting.start(sessions.by_id(row_id), db.session.get_one(Person, vendor_id)),
        lambda: people.change_role(db.session.get_one(Person, vendor_id), "admin"),
    )
    db.session.rollback()
    assert holder(row).id == cast.admin.id


def test_two_admins_who_unmake_each_other_leave_one(app, cast):
    boss = people.create(email="boss@example.com", name="Boss", role="admin", password="long enough").id
    mine = cast.admin.id

    def unmake(who, by):
        return lambda: people.deactivate(db.session.get_one(Person, who), by=db.session.get_one(Person, by))

    at_once(app, unmake(boss, mine), unmake(mine, boss))
    db.session.rollback()
    assert Person.query.filter_by(role="admin", is_active=True).count() == 1


@one_database
def test_an_admin_unmakes_neither_themselves_nor_the_last_one(cast):
    people.create(email="boss@example.com", name="Boss", role="admin", password="long enough")
    for unmake in (
        lambda: people.deactivate(cast.admin, by=cast.admin),
        lambda: people.change_role(cast.admin, "customer", by=cast.admin),
    ):
        with pytest.raises(Conflict):
            unmake()
    people.deactivate(cast.admin)
    with pytest.raises(Conflict):
        people.deactivate(Person.query.filter_by(email="boss@example.com").one())
