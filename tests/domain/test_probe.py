"""The doctor's own person: there for a moment, and gone with all that it had."""

from datetime import timedelta

from sqlalchemy import select

from app.contract.times import now
from app.domain import probe, sessions
from app.extensions import atomic, db
from app.models import EventLog, Person, Session


def test_it_can_log_in_and_is_gone_afterwards(app):
    person, password = probe.make()
    sessions.sign_in(person.email, password)
    probe.remove(person)
    assert db.session.scalars(select(Person.id)).all() == []
    assert db.session.scalars(select(Session.id)).all() == []


def test_its_sockets_are_closed_everywhere(app):
    person, _password = probe.make()
    probe.remove(person)
    assert db.session.scalars(select(EventLog.name)).all() == ["access.ended"]


def test_what_a_killed_doctor_left_goes_with_the_next(app, cast):
    left, _password = probe.make()
    with atomic():
        left.created_at = now() - timedelta(hours=1)
    here, _password = probe.make()
    probes = db.session.scalars(select(Person.id).where(Person.email.endswith("@probe.invalid"))).all()
    assert probes == [here.id]
    assert db.session.get(Person, cast.admin.id) is not None
