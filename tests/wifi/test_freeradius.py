"""The real FreeRADIUS on our database: whom it lets in and how, what it tells of sessions, and their end.

Packets are sent by its own client tool; an access point that hears a Disconnect-Request is a socket of the test's.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from app.contract.times import now
from app.domain import passes, wifi_sessions
from app.extensions import atomic, db
from app.jobs import wifi
from app.models import EventLog, HotspotUser, Job, WifiSession, radacct, radcheck, radpostauth
from tests.access_point import Listener
from tests.services import FreeRadiusServer
from tests.wifi_rows import mint, package

PHONE_ONE, PHONE_TWO = "AA-AA-AA-AA-AA-01", "AA-AA-AA-AA-AA-02"


class AccessPoint:
    """What an access point says to FreeRADIUS for one guest."""

    def __init__(self, server: FreeRadiusServer, user: HotspotUser) -> None:
        self.server = server
        self.user = user

    def log_in(self, code: str | None = None, device: str = PHONE_ONE, **more: object) -> str:
        typed = code or self.user.code
        attributes = {"User-Name": typed, "User-Password": typed, "Calling-Station-Id": device, **more}
        answer = self.server.ask("auth", attributes)
        assert answer is not None
        return answer

    def account(self, kind: str, seconds: int = 0, *, up: int = 0, down: int = 0, key: str = "S1", **more: str) -> None:
        attributes = {
            "Acct-Status-Type": kind,
            "User-Name": self.user.code,
            "Acct-Session-Id": key,
            "NAS-IP-Address": "127.0.0.1",
            "Calling-Station-Id": PHONE_ONE,
            "Framed-IP-Address": "10.5.0.2",
            "Acct-Session-Time": seconds,
            "Acct-Input-Octets": up % 2**32,
            "Acct-Input-Gigawords": up // 2**32,
            "Acct-Output-Octets": down % 2**32,
            "Acct-Output-Gigawords": down // 2**32,
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
        assert "Accounting-Response" in (self.server.ask("acct", attributes) or ""), self.server.log.read_text()[-2000:]
        # What the test has read is read anew after it.
        db.session.rollback()


@pytest.fixture
def user(cast) -> HotspotUser:
    return mint(package(cast, data_mb=6000))


@pytest.fixture
def access_point(freeradius, user) -> AccessPoint:
    return AccessPoint(freeradius, user)


def went_by(time: timedelta) -> None:
    """Let FreeRADIUS's sessions have begun earlier, as its clock is not ours to move."""
    with atomic() as session:
        for id, began in session.execute(select(radacct.c.radacctid, radacct.c.acctstarttime)).all():
            session.execute(update(radacct).where(radacct.c.radacctid == id).values(acctstarttime=began - time))


def test_the_right_code_is_let_in_with_what_was_bought(access_point):
    answer = access_point.log_in()
    assert "Access-Accept" in answer
    for attribute in (
        "Session-Timeout = 3600",
        "Acct-Interim-Interval = 120",
        "WISPr-Bandwidth-Max-Down = 5000000",
        "WISPr-Bandwidth-Max-Up = 1000000",
        'Mikrotik-Rate-Limit = "1000k/5000k"',
        "Mikrotik-Total-Limit = 1705032704",
        "Mikrotik-Total-Limit-Gigawords = 1",
        "ChilliSpot-Max-Total-Octets = 4294967295",
        f'User-Name = "{access_point.user.code}"',
    ):
        assert attribute in answer


def test_a_code_is_taken_as_a_guest_types_it(access_point):
    assert "Access-Accept" in access_point.log_in(passes.shown(access_point.user.code).lower())


def test_a_wrong_code_is_refused_and_told_nothing(access_point):
    code = access_point.user.code
    for attributes in (
        {"User-Name": code, "User-Password": "GUESSEDX"},
        {"User-Name": "N0B0DY"},
        {"User-Name": "x' or 1=1"},
    ):
        answer = access_point.server.ask("auth", {"User-Password": "GUESSEDX", **attributes})
        assert "Access-Reject" in answer
        assert "=" not in answer.partition("\n")[2]


def test_the_log_of_log_ins_keeps_no_password(access_point):
    access_point.log_in()
    access_point.log_in("GUESSEDX")
    query = select(radpostauth.c.username, radpostauth.c["pass"], radpostauth.c.reply, radpostauth.c.authdate)
    rows = db.session.execute(query.order_by(radpostauth.c.id)).all()
    assert [tuple(row)[:3] for row in rows] == [
        (access_point.user.code, "", "Access-Accept"),
        ("GUESSEDX", "", "Access-Reject"),
    ]
    assert all(abs(wifi_sessions._utc(row.authdate) - now()) < timedelta(seconds=10) for row in rows), "UTC"


def test_a_revoked_pass_is_refused_with_the_reason(access_point):
    with atomic() as session:
        passes.revoke(session, payment_id=access_point.user.payment_id, reason="refund", at=now())
    answer = access_point.log_in()
    assert "Access-Reject" in answer
    assert "This pass was withdrawn." in answer


def test_a_pass_that_nobody_began_is_refused_at_the_last(access_point):
    past = str(int(now().timestamp()) - 5)
    with atomic() as session:
        session.execute(update(radcheck).where(radcheck.c.attribute == "Expiration").values(value=past))
    assert "The time of this pass is over." in access_point.log_in()


def test_its_time_runs_from_the_first_session_whether_it_is_used_or_not(access_point):
    access_point.account("Start")
    access_point.account("Stop", 60, Acct_Terminate_Cause="User-Request")
    went_by(timedelta(minutes=50))
    answer = access_point.log_in()
    [left] = [line.split(" = ")[1] for line in answer.splitlines() if "Session-Timeout" in line]
    assert 590 <= int(left) <= 600
    went_by(timedelta(minutes=10))
    answer = access_point.log_in()
    assert "Access-Reject" in answer
    assert "The time of this pass is over." in answer


def test_a_second_device_is_one_too_many(access_point):
    access_point.account("Start")
    assert "Access-Reject" in access_point.log_in(device=PHONE_TWO)
    assert "Access-Accept" in access_point.log_in(device=PHONE_ONE), "the same one coming back"
    access_point.account("Stop", 10)
    assert "Access-Accept" in access_point.log_in(device=PHONE_TWO)


def test_a_session_that_fell_silent_holds_no_place(access_point):
    access_point.account("Start")
    with atomic() as session:
        session.execute(update(radacct).values(acctupdatetime=now() - timedelta(minutes=7)))
    assert "Access-Accept" in access_point.log_in(device=PHONE_TWO)


def test_each_log_in_gets_what_data_are_left(access_point):
    access_point.account("Start")
    access_point.account("Stop", 60, up=10**9, down=3 * 10**9)
    answer = access_point.log_in()
    assert "Mikrotik-Total-Limit = 2000000000" in answer
    assert "Mikrotik-Total-Limit-Gigawords = 0" in answer
    assert "ChilliSpot-Max-Total-Octets = 2000000000" in answer
    access_point.account("Start", key="S2")
    access_point.account("Stop", 60, down=2 * 10**9, key="S2")
    assert "The data of this pass is used up." in access_point.log_in()


def test_accounting_becomes_a_session_and_moves_only_forwards(access_point):
    access_point.account("Start")
    access_point.account("Interim-Update", 120, up=1_000, down=5_000_000_000)
    access_point.account("Interim-Update", 60, up=500, down=400)
    access_point.account("Start")
    assert wifi.sync_accounting() == 1
    [session] = db.session.scalars(select(WifiSession)).unique()
    assert (session.seconds, session.bytes_in, session.bytes_out) == (120, 1_000, 5_000_000_000)
    assert (session.device, session.address, session.nas_address) == (PHONE_ONE, "10.5.0.2", "127.0.0.1")
    assert abs(session.started_at - now()) < timedelta(seconds=10), "UTC"
    user = db.session.get(HotspotUser, access_point.user.id)
    assert (user.status, user.first_seen_at) == ("active", session.started_at)
    assert user.expires_at == session.started_at + timedelta(hours=1)
    access_point.account("Stop", 150, up=2_000, down=5_000_000_000, Acct_Terminate_Cause="User-Request")
    access_point.account("Interim-Update", 140, up=1_900, down=5_000_000_000)
    access_point.account("Start")
    assert wifi.sync_accounting() == 1
    assert wifi.sync_accounting() == 0
    db.session.refresh(session)
    assert (session.seconds, session.bytes_in, session.end_reason) == (150, 2_000, "guest")


def test_the_admins_page_shows_it_at_once(access_point, cast, as_person):
    browser = as_person(cast.admin)
    assert "no session yet" in browser.get("/admin/wifi").text
    access_point.account("Start")
    assert 'data-online="1"' in browser.get("/admin/wifi").text
    access_point.account("Interim-Update", 120, up=500_000, down=81_000_000)
    assert "2 min, 81.5 MB" in browser.get("/admin/wifi").text
    access_point.account("Stop", 180, up=500_000, down=90_000_000, Acct_Terminate_Cause="User-Request")
    access_point.log_in("GUESSEDX")
    wifi.sync_accounting()
    text = browser.get("/admin/wifi").text
    assert 'data-online="0"' in text
    assert "3 min, 90.5 MB" in text
    assert "Running" in text, "its time goes on"
    assert "GU••-••DX" in text


def test_a_session_is_known_by_an_interim_or_its_stop_alone(access_point):
    access_point.account("Interim-Update", 120, key="S1")
    access_point.account("Stop", 600, key="S2")
    wifi.sync_accounting()
    sessions = db.session.scalars(select(WifiSession).order_by(WifiSession.acct_session_id)).unique().all()
    ages = [(now() - session.started_at).total_seconds() // 10 for session in sessions]
    assert ages == [12, 60]


def test_of_two_packets_in_one_second_both_count(access_point):
    access_point.account("Start")
    wifi.sync_accounting()
    for seconds in range(1, 5):  # far quicker than the clock that FreeRADIUS stamps them with
        access_point.account("Interim-Update", seconds, up=seconds)
        wifi.sync_accounting()
        [session] = db.session.scalars(select(WifiSession)).unique()
        assert (session.seconds, session.bytes_in) == (seconds, seconds)


def test_an_access_point_that_restarts_has_no_sessions(access_point):
    access_point.account("Start")
    accounting_on = {"Acct-Status-Type": "Accounting-On", "NAS-IP-Address": "127.0.0.1"}
    for _ in range(2):
        assert "Accounting-Response" in (access_point.server.ask("acct", accounting_on) or "")
    wifi.sync_accounting()
    assert [s.end_reason for s in db.session.scalars(select(WifiSession)).unique()] == ["access_point"]


def test_accounting_of_a_code_that_is_no_pass_is_nobodys(access_point):
    with atomic() as session:
        session.execute(delete(radcheck))
    access_point.account("Start", User_Name="S0MEB0DY")
    assert wifi.sync_accounting() == 0


class TestDisconnect:
    """A session that has to end: the access point hears of it by a signed packet, and the session is over."""

    @pytest.fixture
    def listener(self, app) -> Iterator[Listener]:
        with Listener() as listener:
            config = replace(app.config["PASSLINE"], radius_secret=Listener.SECRET, radius_coa_port=listener.port)
            with pytest.MonkeyPatch.context() as patch:
                patch.setitem(app.config, "PASSLINE", config)
                yield listener

    def run_jobs(self) -> list[Job]:
        jobs = list(db.session.scalars(select(Job).where(Job.kind == "disconnect_hotspot_user")))
        for job in jobs:
            wifi.disconnect(json.loads(job.payload))
        return jobs

    def test_a_pass_whose_time_is_over_is_disconnected(self, access_point, listener):
        access_point.account("Start")
        access_point.account("Interim-Update", 3000, up=10, down=20)
        went_by(timedelta(hours=1))
        assert wifi.check_expired() == 1
        [job] = self.run_jobs()
        [session] = db.session.scalars(select(WifiSession)).unique()
        assert job.key == session.acct_unique_id
        [request] = listener.heard
        assert request.code == 40
        assert request["User-Name"] == [access_point.user.code]
        assert request["Acct-Session-Id"] == ["S1"]
        assert request["NAS-IP-Address"] == ["127.0.0.1"]
        assert request["Framed-IP-Address"] == ["10.5.0.2"]
        assert session.ended_at is not None
        assert session.disconnected_at is not None
        assert session.end_reason == "time"
        rows = db.session.scalars(select(EventLog).where(EventLog.name == "SessionExpired")).all()
        assert [row.room for row in rows] == ["dashboard-stats"], "nobody with an account has this pass"
        told = json.loads(rows[0].data)
        assert told["session"] == {"id": session.id}
        assert (told["duration"], told["data_used"], told["reason"]) == (3000, 30, "time")
        # The access point's own word comes afterwards, and is no second end.
        access_point.account("Stop", 3001, up=10, down=40, Acct_Terminate_Cause="Admin-Reset")
        wifi.sync_accounting()
        db.session.refresh(session)
        assert (session.seconds, session.end_reason) == (3001, "time")
        assert len(db.session.scalars(select(EventLog).where(EventLog.name == "SessionExpired")).all()) == 1

    def test_a_refund_ends_the_session(self, access_point, listener):
        access_point.account("Start")
        wifi.sync_accounting()
        with atomic() as session:
            passes.revoke(session, payment_id=access_point.user.payment_id, reason="refund", at=now())
        assert len(self.run_jobs()) == 1
        assert len(listener.heard) == 1
        [session] = db.session.scalars(select(WifiSession)).unique()
        assert session.end_reason == "refund"
        assert "Access-Reject" in access_point.log_in()
        self.run_jobs()
        assert len(listener.heard) == 1, "what has ended is not asked for again"
