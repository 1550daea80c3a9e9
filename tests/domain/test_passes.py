"""Passes: minted once whatever is retried, told without a secret, ended once and by the right reason."""

import json
import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from app.contract.times import now
from app.domain import codes, orders, passes
from app.errors import Conflict
from app.extensions import atomic, db
from app.models import (
    EventLog,
    HotspotUser,
    Job,
    Payment,
    WifiSession,
    radcheck,
    radreply,
    radusergroup,
)
from tests.factories import place
from tests.trail import trail
from tests.wifi_rows import PHONE, mint, package, paid


def told(name: str) -> list[tuple[str, dict]]:
    rows = db.session.scalars(select(EventLog).where(EventLog.name == name).order_by(EventLog.id))
    return [(row.room, json.loads(row.data)) for row in rows]


def attributes(table, code: str) -> dict[str, str]:
    query = select(table.c.attribute, table.c.op, table.c.value).where(table.c.username == code)
    rows = db.session.execute(query).all()
    assert all(row.op == ":=" for row in rows)
    return {row.attribute: row.value for row in rows}


def test_it_mints_a_pass_that_freeradius_reads(cast):
    user = mint(package(cast, devices=2, data_mb=5000))
    assert len(user.code) == 8
    assert set(user.code) <= set(codes.ALPHABET)
    expiration = int((user.expires_at + timedelta(hours=1)).timestamp())
    assert attributes(radcheck, user.code) == {
        "Cleartext-Password": user.code,
        "Simultaneous-Use": "2",
        "Expire-After": "3600",
        "Expiration": str(expiration),
    }
    assert attributes(radreply, user.code) == {
        "Acct-Interim-Interval": "120",
        "WISPr-Bandwidth-Max-Down": "5000000",
        "WISPr-Bandwidth-Max-Up": "1000000",
        "Mikrotik-Rate-Limit": "1000k/5000k",
        "Mikrotik-Total-Limit": "705032704",
        "Mikrotik-Total-Limit-Gigawords": "1",
        "ChilliSpot-Max-Total-Octets": "4294967295",
    }
    groups = db.session.scalars(select(radusergroup.c.groupname).where(radusergroup.c.username == user.code))
    assert groups.all() == ["passline"]


def test_a_package_without_bounds_has_none(cast):
    user = mint(package(cast, down_kbps=None, up_kbps=None))
    assert attributes(radreply, user.code) == {"Acct-Interim-Interval": "120"}


def test_it_tells_of_a_pass_and_never_of_its_code(cast):
    of = package(cast)
    user = mint(of)
    rooms = [room for room, _ in told("HotspotUserCreated")]
    assert rooms == ["dashboard-stats", "hotspot-users"]
    for _, data in told("HotspotUserCreated"):
        assert data["user"] == {"id": user.id, "name": f"Pass {user.id}"}
        assert data["package"] == {"id": of.id, "name": "One hour", "minutes": 60}
    texts = [*db.session.scalars(select(EventLog.data)), *db.session.scalars(select(Job.payload))]
    assert not any(user.code in text for text in texts)


def test_it_asks_for_its_code_to_be_sent_once(cast):
    user = mint(package(cast))
    [job] = db.session.scalars(select(Job))
    assert (job.kind, job.key) == ("send_credentials", f"pass:{user.id}:1")
    assert json.loads(job.payload) == {"pass": user.id, "send": 1}
    assert user.phone == PHONE


def test_a_retry_finds_the_pass_that_was_minted(cast):
    payment = paid(package(cast))
    with atomic() as session:
        first = passes.mint_for_payment(session, payment, at=now())
        again = passes.mint_for_payment(session, payment, at=now())
    assert first.id == again.id
    assert len(told("HotspotUserCreated")) == 2, "one event, two rooms"
    assert db.session.scalar(select(func.count()).select_from(Job)) == 1


def test_many_who_mint_at_once_mint_one(app, cast):
    payment_id = paid(package(cast)).id
    start, minted, wrong = threading.Barrier(8), [], []

    def one() -> None:
        with app.app_context():
            payment = db.session.get(Payment, payment_id)
            start.wait()
            try:
                with atomic() as session:
                    minted.append(passes.mint_for_payment(session, payment, at=now()).code)
            except Exception as error:  # noqa: BLE001
                wrong.append(error)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(minted) == 8
    assert len(set(minted)) == 1
    assert len(told("HotspotUserCreated")) == 2
    assert len(attributes(radcheck, minted[0])) == 4


def test_a_payment_that_is_not_paid_buys_nothing(cast):
    payment = paid(package(cast), status="unknown")
    with pytest.raises(Conflict), atomic() as session:
        passes.mint_for_payment(session, payment, at=now())


def test_it_asks_the_database_whether_a_payment_is_paid(cast):
    payment = paid(package(cast), status="prompted")
    with atomic() as session:
        # As a guarded update does it, which the object does not hear of.
        paid_now = update(Payment).values(status="paid", settled_at=now())
        session.execute(paid_now.execution_options(synchronize_session=False))
        assert payment.status == "prompted"
        assert passes.mint_for_payment(session, payment, at=now()).payment_id == payment.id


class TestGifts:
    """A pass with an order: the largest that its total (21.50) reaches."""

    def test_an_order_gets_the_largest_gift_that_it_reaches(self, cast):
        package(cast, name="Small", gift_from_minor=1000)
        package(cast, name="Middle", gift_from_minor=2150)
        package(cast, name="Large", gift_from_minor=2151)
        order = place(cast).order
        with atomic() as session:
            user = passes.mint_for_order(session, order, at=now())
            again = passes.mint_for_order(session, order, at=now())
        assert user is not None
        assert user is again
        assert user.package.name == "Middle"
        assert (user.person_id, user.phone) == (cast.customer.id, cast.customer.phone)

    def test_an_order_that_reaches_none_gets_none(self, cast):
        package(cast, gift_from_minor=5000)
        package(cast, gift_from_minor=1000, is_sold=False)
        package(cast)
        order = place(cast).order
        with atomic() as session:
            assert passes.mint_for_order(session, order, at=now()) is None

    def test_a_customer_without_a_phone_gets_one_as_well(self, cast):
        package(cast, gift_from_minor=1000)
        order = place(cast).order
        with atomic():
            order.customer.phone = None
        assert orders.accept(order, by=cast.vendor)
        [user] = db.session.scalars(select(HotspotUser)).unique()
        assert (user.order_id, user.phone) == (order.id, "")
        assert db.session.scalars(select(Job.kind)).all() == [], "nothing that could be sent anywhere"

    def test_a_gift_goes_with_its_order(self, cast):
        package(cast, gift_from_minor=1000)
        order = place(cast).order
        with atomic() as session:
            user = passes.mint_for_order(session, order, at=now())
            assert passes.revoke(session, order_id=order.id, reason="order_cancelled", at=now())
        assert (user.status, user.end_reason) == ("revoked", "order_cancelled")


def test_a_refund_revokes_once_and_for_good(cast):
    payment = paid(package(cast))
    with atomic() as session:
        user = passes.mint_for_payment(session, payment, at=now())
        session.add(open_session(user))
    with atomic() as session:
        assert passes.revoke(session, payment_id=payment.id, reason="refund", at=now())
        assert not passes.revoke(session, payment_id=payment.id, reason="refund", at=now())
    assert (user.status, user.end_reason) == ("revoked", "refund")
    assert attributes(radcheck, user.code) == {"Auth-Type": "Reject"}
    assert attributes(radreply, user.code) == {"Reply-Message": "This pass was withdrawn."}
    assert [job.key for job in jobs_to_disconnect()] == ["one"]
    with atomic() as session:
        assert passes.mint_for_payment(session, payment, at=now()).status == "revoked", "a retry mints no other"


def test_who_withdraws_a_pass_is_told_once(cast):
    user = mint(package(cast))
    assert passes.withdraw(user, by=cast.admin, at=now())
    assert not passes.withdraw(user, by=cast.admin, at=now())
    changed = {"status": "minted"}, {"status": "revoked"}
    assert trail() == [(cast.admin.name, "wifi_pass.withdrawn", f"Pass {user.id}", *changed)]


def test_nothing_is_revoked_where_nothing_was_given(cast):
    with atomic() as session:
        assert not passes.revoke(session, payment_id=paid(package(cast)).id, reason="refund", at=now())


def open_session(user: HotspotUser, **details: object) -> WifiSession:
    at = now()
    values = {"acct_unique_id": "one", "acct_session_id": "S1", "nas_address": "127.0.0.1", **details}
    return WifiSession(hotspot_user_id=user.id, started_at=at, heard_at=at, **values)


def jobs_to_disconnect() -> list[Job]:
    return list(db.session.scalars(select(Job).where(Job.kind == "disconnect_hotspot_user")))


class TestExpiry:
    """What ends by the clock, each with its own reason, once."""

    @pytest.fixture
    def user(self, cast) -> HotspotUser:
        return mint(package(cast, data_mb=1))

    def begun(self, user: HotspotUser, **details: object) -> None:
        with atomic() as session:
            user.status, user.first_seen_at, user.expires_at = "active", now(), now() + timedelta(hours=1)
            session.add(open_session(user, **details))

    def test_a_pass_that_runs_is_left_alone(self, user):
        self.begun(user, bytes_in=999_999)
        assert passes.expire_due(now() + timedelta(minutes=59)) == 0

    def test_its_time_is_over(self, user):
        self.begun(user)
        with time_machine.travel(now() + timedelta(hours=1), tick=False):
            assert passes.expire_due(now()) == 1
            assert passes.expire_due(now()) == 0
        assert (user.status, user.end_reason) == ("expired", "time")
        assert attributes(radcheck, user.code) == {"Auth-Type": "Reject"}
        [job] = jobs_to_disconnect()
        assert json.loads(job.payload) == {"session": db.session.scalars(select(WifiSession.id)).one()}

    def test_its_data_are_used_up(self, user):
        self.begun(user, bytes_in=400_000, bytes_out=600_000)
        assert passes.expire_due(now()) == 1
        assert (user.status, user.end_reason) == ("expired", "data")

    def test_nobody_began_it_in_time(self, user):
        assert passes.expire_due(now() + timedelta(days=6, hours=23)) == 0
        assert passes.expire_due(now() + timedelta(days=7)) == 1
        assert (user.status, user.end_reason) == ("expired", "unused")

    def test_one_that_was_begun_meanwhile_is_not_unused(self, user):
        with atomic() as session:
            assert not passes.end(session, user, "expired", "unused", at=now(), was="active")
        assert user.status == "minted"


@pytest.mark.parametrize(
    ("code", "masked"),
    [("ABCDEFGH", "AB••-••GH"), ("abc", "••••"), ("", "••••"), ("somebody@home.example", "so••-••le")],
)
def test_a_code_is_masked_for_others(code, masked):
    assert passes.masked(code) == masked


def test_a_restored_order_has_its_pass_back(cast):
    package(cast, gift_from_minor=1)
    order = place(cast).order
    orders.accept(order, by=cast.vendor)
    orders.cancel(order, by=cast.vendor, reason_code="other")
    [user] = db.session.scalars(select(HotspotUser)).unique()
    assert (user.status, attributes(radcheck, user.code)) == ("revoked", {"Auth-Type": "Reject"})
    orders.restore(order, by=cast.admin, note="a mistake")
    db.session.refresh(user)
    assert (user.status, user.end_reason, user.ended_at) == ("minted", None, None)
    assert attributes(radcheck, user.code)["Cleartext-Password"] == user.code
