"""Logging in, while the password is being changed; and how long it lasts."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event, func, select, text

from app.contract.times import now
from app.domain import access, sessions
from app.errors import WrongCredentials
from app.extensions import db
from app.models import ApiToken, AuditEntry, Person, Session
from tests.cast import PASSWORD


@pytest.mark.parametrize("way_in", [sessions.sign_in, sessions.issue_token])
def test_it_gives_nothing_for_a_password_that_changes_while_it_is_compared(cast, way_in):
    email = cast.vendor.email
    db.session.remove()

    def change(_person, _context):
        with db.engine.begin() as somebody:
            somebody.execute(text("update people set password_hash = 'of another'"))

    event.listen(Person, "load", change, once=True)
    with pytest.raises(WrongCredentials):
        way_in(email, PASSWORD)
    for table in (Session, ApiToken):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0


def test_a_session_that_is_not_used_ends_before_its_absolute_end(cast):
    for email, idle in ((cast.admin.email, timedelta(hours=12)), (cast.vendor.email, timedelta(days=14))):
        row = sessions.sign_in(email, PASSWORD)
        assert row.expires_at - row.created_at == idle
        assert row.ends_at - row.created_at == timedelta(days=30)
        with time_machine.travel(row.expires_at + timedelta(seconds=1)):
            assert sessions.by_id(row.id) is None


def test_a_session_that_is_used_lasts_on_to_its_absolute_end(cast):
    began = now()
    row = sessions.sign_in(cast.admin.email, PASSWORD)
    for hours in range(11, 30 * 24, 11):
        with time_machine.travel(began + timedelta(hours=hours)):
            sessions.see(sessions.by_id(row.id))
    with time_machine.travel(began + timedelta(days=30, seconds=5)):
        assert sessions.by_id(row.id) is None


def test_use_is_noted_once_in_five_minutes(cast):
    row = sessions.sign_in(cast.vendor.email, PASSWORD)
    assert not sessions.is_unseen(row)
    before = row.last_seen_at
    with time_machine.travel(before + timedelta(minutes=4)):
        sessions.see(row)
    assert sessions.by_id(row.id).last_seen_at == before
    with time_machine.travel(before + timedelta(minutes=6)):
        assert sessions.is_unseen(row)
        sessions.see(row)
        assert not sessions.is_unseen(sessions.by_id(row.id))


def test_use_brings_nothing_back_that_has_ended(cast):
    row = sessions.sign_in(cast.vendor.email, PASSWORD)
    access.end(row, reason="logged_out")
    with time_machine.travel(now() + timedelta(minutes=6)):
        sessions.see(row)
        assert sessions.by_id(row.id) is None


def test_log_ins_of_admins_are_told(cast):
    sessions.sign_in(cast.vendor.email, PASSWORD)
    sessions.sign_in(cast.admin.email, PASSWORD)
    sessions.issue_token(cast.admin.email, PASSWORD)
    trail = db.session.execute(select(AuditEntry.action, AuditEntry.actor_id).order_by(AuditEntry.id)).all()
    assert trail == [("person.logged_in", cast.admin.id), ("person.token_issued", cast.admin.id)]
