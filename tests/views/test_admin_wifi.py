"""The admin's Wi-Fi page: passes with what they are used for, who failed to log in, and no code of anybody's."""

from datetime import timedelta

import pytest
from sqlalchemy import event, insert

from app.contract.times import now
from app.domain import passes
from app.extensions import atomic, db
from app.models import HotspotUser, Job, radpostauth
from tests.wifi_rows import account, mint, package

pytestmark = [pytest.mark.usefixtures("csrf_off"), pytest.mark.parametrize("backend", ["sqlite", "postgresql"])]


@pytest.fixture
def user(cast) -> HotspotUser:
    return mint(package(cast))


def page(browser, path="/admin/wifi") -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.text


def test_it_shows_a_pass_by_a_masked_code(cast, as_person, user):
    text = page(as_person(cast.admin))
    assert passes.masked(user.code) in text
    assert user.code not in text
    assert passes.shown(user.code) not in text
    assert "Not used yet" in text


def test_it_shows_time_and_data_as_accounting_tells_of_them(cast, as_person, user):
    began = now() - timedelta(minutes=20)
    account(user, "S1", began=began, seconds=1200, acctinputoctets=1_500_000, acctoutputoctets=80_000_000)
    account(user, "S2", began=began, seconds=60, acctstoptime=now(), acctoutputoctets=1000)
    text = page(as_person(cast.admin))
    assert 'data-online="1"' in text
    assert "21 min, 81.5 MB" in text
    assert "AA-BB-CC-00-00-01" in text


def test_who_failed_to_log_in_is_masked_and_told_apart(cast, as_person, user):
    with atomic() as session:
        passes.revoke(session, payment_id=user.payment_id, reason="refund", at=now())
        for name, reply, at in (
            (user.code, "Access-Reject", now()),
            ("GUESSEDX", "Access-Reject", now()),
            ("LETTINXX", "Access-Accept", now()),
            ("LONGAGOX", "Access-Reject", now() - timedelta(days=2)),
        ):
            session.execute(insert(radpostauth).values(username=name, reply=reply, authdate=at))
    text = page(as_person(cast.admin))
    assert f"Pass {user.id}, revoked" in text
    assert "GU••-••DX" in text
    assert "no such code" in text
    for name in (user.code, "GUESSEDX", "LE••", "LO••"):
        assert name not in text


def test_an_admin_revokes_a_pass(cast, as_person, user):
    browser = as_person(cast.admin)
    answer = browser.post(f"/admin/wifi/passes/{user.id}/withdrawal")
    assert answer.status_code == 303
    assert f"Pass {user.id} opens nothing any more." in page(browser)
    db.session.refresh(user)
    assert (user.status, user.end_reason) == ("revoked", "admin")
    browser.post(f"/admin/wifi/passes/{user.id}/withdrawal")
    assert "It had ended already." in page(browser)


def test_there_is_no_such_pass(cast, as_person):
    assert as_person(cast.admin).post("/admin/wifi/passes/99/withdrawal").status_code == 404


def test_it_is_read_by_pages_at_a_price_that_does_not_grow(cast, as_person, backend):
    of = package(cast)
    for _ in range(41):
        mint(of)
    statements = []
    listen = lambda *args: statements.append(args[2])  # noqa: E731
    browser = as_person(cast.admin)
    event.listen(db.engine, "before_cursor_execute", listen)
    text = page(browser)
    event.remove(db.engine, "before_cursor_execute", listen)
    assert len([one for one in statements if one.startswith("SELECT")]) <= 6
    assert text.count("data-pass=") == 40
    older = text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    text = page(browser, older)
    assert text.count("data-pass=") == 1
    assert "Log-ins that failed" not in text


def test_a_page_that_is_none_is_refused(cast, as_person):
    browser = as_person(cast.admin)
    assert browser.get("/admin/wifi?after=x").status_code == 422 or "data-pass" not in browser.get("/admin/wifi").text


def test_nothing_is_sent_by_looking(cast, as_person, user):
    before = db.session.query(Job).count()
    page(as_person(cast.admin), "/admin/wifi/list")
    assert db.session.query(Job).count() == before
