"""The demo's access point decides and writes as FreeRADIUS would, and obeys a real Disconnect-Request."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.contract.times import now
from app.domain import passes, wifi_sessions
from app.extensions import atomic, db
from app.models import HotspotUser, WifiSession, radacct, radpostauth
from app.providers import simulator
from app.providers.radius_simulator import PHONES, Accepted, AccessPoint, Ears, Refused
from tests.services import free_port
from tests.wifi_rows import mint, package

ONE, TWO, _ = PHONES


@pytest.fixture
def config(app):
    return replace(app.config["PASSLINE"], radius_secret="a secret", radius_coa_port=free_port())


@pytest.fixture
def access_point(config) -> AccessPoint:
    return AccessPoint(config)


@pytest.fixture
def user(cast) -> HotspotUser:
    return mint(package(cast, data_mb=5000))


def sessions() -> list[WifiSession]:
    db.session.rollback()
    wifi_sessions.sync_accounting()
    return list(db.session.scalars(select(WifiSession).order_by(WifiSession.id)).unique())


def test_it_lets_in_what_was_bought(access_point, user):
    assert access_point.log_in(passes.shown(user.code).lower(), ONE) == Accepted(3600, 5_000_000_000)
    [session] = sessions()
    assert (session.device, session.nas_address, session.ended_at) == (ONE, "127.0.0.1", None)
    assert abs(session.started_at - now()) < timedelta(seconds=10)
    db.session.refresh(user)
    assert user.status == "active"


def test_it_refuses_as_freeradius_does_and_notes_both(access_point, user):
    assert isinstance(access_point.log_in("N0B0DY22", ONE), Refused)
    access_point.log_in(user.code, ONE)
    assert isinstance(access_point.log_in(user.code, TWO), Refused), "one device"
    assert isinstance(access_point.log_in(user.code, ONE), Accepted), "the same device again"
    assert [session.end_reason for session in sessions()] == ["guest", None]
    db.session.rollback()
    replies = db.session.scalars(select(radpostauth.c.reply).order_by(radpostauth.c.id)).all()
    assert replies == ["Access-Reject", "Access-Accept", "Access-Reject", "Access-Accept"]
    with atomic() as session:
        passes.revoke(session, payment_id=user.payment_id, reason="refund", at=now())
    assert access_point.log_in(user.code, ONE) == Refused("This pass was withdrawn.")


def test_it_counts_and_ends_what_is_over(access_point, user):
    began = now()
    with time_machine.travel(began, tick=False):
        access_point.log_in(user.code, ONE)
    with time_machine.travel(began + timedelta(minutes=10), tick=False):
        access_point.look()
        [session] = sessions()
        assert session.seconds == 600
        assert session.bytes_in + session.bytes_out > 1_000_000
    with time_machine.travel(began + timedelta(minutes=61), tick=False):
        access_point.look()
        [session] = sessions()
        assert session.end_reason == "time"
        assert access_point.log_in(user.code, ONE) == Refused("The time of this pass is over.")


@pytest.fixture
def ears(access_point) -> Iterator[Ears]:
    ears = Ears(access_point)
    thread = threading.Thread(target=ears.run, daemon=True)
    thread.start()
    yield ears
    ears.stop()
    thread.join()


def test_it_obeys_a_disconnect_request(app, config, monkeypatch, access_point, ears, user):
    monkeypatch.setitem(app.config, "PASSLINE", config)
    access_point.log_in(user.code, ONE)
    [session] = sessions()
    wifi_sessions.disconnect(session.id)
    assert session.disconnected_at is not None
    db.session.rollback()
    assert db.session.scalars(select(radacct.c.acctterminatecause)).all() == ["Admin-Reset"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_its_page_connects_a_phone_and_lets_it_leave(config, user):
    browser = simulator.create(config).test_client()
    assert "Buy a pass" in browser.get("/hotspot/").text
    refused = browser.post("/hotspot/login", data={"username": "WRONG", "device": ONE})
    assert refused.status_code == 403
    assert "opens nothing" in refused.text
    assert browser.post("/hotspot/login", data={"username": user.code, "password": user.code}).status_code == 303
    assert "Online" in browser.get("/hotspot/").text
    browser.post("/hotspot/logout", data={"device": ONE})
    assert "Online" not in browser.get("/hotspot/").text
