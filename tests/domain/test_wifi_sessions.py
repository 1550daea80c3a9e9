"""Wi-Fi sessions out of accounting: taken in once, told of once, ended when they are silent, asked to end once."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from pyrad import packet
from sqlalchemy import insert, select, update

from app.contract.times import now
from app.domain import passes, wifi_sessions
from app.extensions import atomic, db
from app.models import EventLog, HotspotUser, Job, WifiSession, nas, radacct
from app.providers.radius import Refused
from tests.access_point import Listener
from tests.wifi_rows import account, mint, package


@pytest.fixture
def user(cast) -> HotspotUser:
    return mint(package(cast), person_id=cast.customer.id)


def the_session() -> WifiSession:
    db.session.expire_all()
    return db.session.scalars(select(WifiSession)).unique().one()


def told() -> list[tuple[str, dict]]:
    rows = db.session.scalars(select(EventLog).where(EventLog.name == "SessionExpired").order_by(EventLog.id))
    return [(row.room, json.loads(row.data)) for row in rows]


def says(**values: object) -> None:
    with atomic() as session:
        session.execute(update(radacct).values(**values))


def test_the_first_session_begins_the_pass_and_no_later_one_does(user):
    began = now() - timedelta(minutes=10)
    account(user, "S1", began=began)
    wifi_sessions.sync_accounting()
    account(user, "S2", began=began + timedelta(minutes=5))
    wifi_sessions.sync_accounting()
    db.session.refresh(user)
    assert (user.status, user.first_seen_at) == ("active", began)
    assert user.expires_at == began + timedelta(hours=1)


def test_many_rows_are_taken_in_by_batches(user, monkeypatch):
    monkeypatch.setattr(wifi_sessions, "_BATCH", 2)
    for number in range(5):
        account(user, f"S{number}", began=now())
    assert wifi_sessions.sync_accounting() == 5
    assert wifi_sessions.sync_accounting() == 0


def test_an_end_is_told_once_to_admins_and_to_the_guest(user, cast):
    account(user, "S1", began=now(), seconds=90, acctinputoctets=5, acctoutputoctets=7)
    wifi_sessions.sync_accounting()
    assert told() == []
    says(acctstoptime=now(), acctterminatecause="Idle-Timeout")
    assert wifi_sessions.sync_accounting() == 1
    assert wifi_sessions.sync_accounting() == 0
    assert [room for room, _ in told()] == ["dashboard-stats", f"user.{cast.customer.id}"]
    for _, data in told():
        assert data["session"] == {"id": the_session().id}
        assert (data["duration"], data["data_used"], data["reason"]) == (90, 12, "idle")
    assert user.code not in json.dumps(told())


def test_a_silent_access_point_has_lost_its_sessions(user):
    began = now()
    account(user, "S1", began=began, seconds=120)
    with time_machine.travel(began + timedelta(seconds=470), tick=False):
        assert wifi_sessions.check_expired() == 0
    with time_machine.travel(began + timedelta(seconds=490), tick=False):
        assert wifi_sessions.check_expired() == 1
    row = the_session()
    assert (row.end_reason, row.ended_at) == ("silent", began + timedelta(seconds=120))


def test_one_that_speaks_again_goes_on_and_is_told_of_once(user):
    began = now()
    account(user, "S1", began=began)
    with time_machine.travel(began + timedelta(minutes=10), tick=False):
        wifi_sessions.check_expired()
        says(acctupdatetime=now(), acctsessiontime=600)
        wifi_sessions.sync_accounting()
        assert the_session().ended_at is None
        says(acctstoptime=now(), acctterminatecause="User-Request")
        wifi_sessions.sync_accounting()
    assert the_session().end_reason == "guest"
    assert len(told()) == 2, "one event, two rooms"


def test_a_pass_that_was_begun_a_moment_ago_is_not_unused(user):
    with time_machine.travel(user.expires_at - timedelta(seconds=5), tick=False):
        account(user, "S1", began=now())
    with time_machine.travel(user.expires_at + timedelta(seconds=5), tick=False):
        assert wifi_sessions.check_expired() == 0
    db.session.refresh(user)
    assert user.status == "active"


def test_who_is_still_there_when_the_pass_has_ended_is_asked_to_go(user):
    with atomic() as session:
        passes.revoke(session, payment_id=user.payment_id, reason="refund", at=now())
    account(user, "S1", began=now())
    wifi_sessions.sync_accounting()
    says(acctupdatetime=now() + timedelta(seconds=1))
    wifi_sessions.sync_accounting()
    kinds = db.session.scalars(select(Job.kind).order_by(Job.id)).all()
    assert kinds == ["send_credentials", "disconnect_hotspot_user"]


def test_whoever_did_not_end_it_is_asked_again_after_five_minutes(user, cast):
    account(user, "S1", began=now())
    wifi_sessions.sync_accounting()
    passes.withdraw(user, by=cast.admin, at=now())
    over = now()
    for minutes, asked in ((1, 1), (4, 1), (6, 2), (6, 2), (12, 3)):
        with time_machine.travel(over + timedelta(minutes=minutes), tick=False):
            says(acctupdatetime=now())
            wifi_sessions.check_expired()
        assert len(db.session.scalars(select(Job).where(Job.kind == "disconnect_hotspot_user")).all()) == asked


class TestAsked:
    """The access point is asked over a real socket; who answers decides what the session is."""

    @pytest.fixture
    def listener(self, app) -> Iterator[Listener]:
        with Listener() as listener, pytest.MonkeyPatch.context() as patch:
            config = replace(app.config["PASSLINE"], radius_secret=Listener.SECRET, radius_coa_port=listener.port)
            patch.setitem(app.config, "PASSLINE", config)
            yield listener

    @pytest.fixture
    def id(self, user) -> int:
        account(user, "S1", began=now())
        wifi_sessions.sync_accounting()
        return the_session().id

    def test_one_that_is_not_known_there_has_ended(self, id, listener):
        listener.answer, listener.cause = packet.DisconnectNAK, 503
        wifi_sessions.disconnect(id)
        assert the_session().end_reason == "admin"
        assert the_session().disconnected_at is not None

    def test_one_that_it_will_not_end_goes_on(self, id, listener):
        listener.answer, listener.cause = packet.DisconnectNAK, 501
        with pytest.raises(Refused):
            wifi_sessions.disconnect(id)
        row = the_session()
        assert row.disconnect_asked_at is not None
        assert (row.ended_at, row.disconnected_at) == (None, None)

    def test_an_access_point_may_have_a_secret_of_its_own(self, app, id, listener, monkeypatch):
        config = replace(app.config["PASSLINE"], radius_secret="not this one")
        monkeypatch.setitem(app.config, "PASSLINE", config)
        with atomic() as session:
            session.execute(insert(nas).values(nasname="127.0.0.1", secret=Listener.SECRET))
        wifi_sessions.disconnect(id)
        assert len(listener.heard) == 1

    def test_one_that_is_gone_is_nobodys(self, app, listener):
        wifi_sessions.disconnect(404)
        assert listener.heard == []
