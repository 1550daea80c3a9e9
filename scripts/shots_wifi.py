"""What is photographed of the guest Wi-Fi: a purchase in each state, passes that are used, guesses at codes."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.contract.times import now
from app.domain import passes, wifi_sessions
from app.extensions import atomic
from app.models import HotspotUser, Order, Payment, Restaurant, WifiPackage, radacct, radpostauth

_STATES = ("prompted", "unknown", "rejected", "needs_review", "paid")


def fill(kitchen: Restaurant, gift: Order) -> dict[str, str]:
    """Write it; the names of the purchases, by their state. `gift` is an order that a pass comes with."""
    with atomic() as session:
        packages = session.scalars(select(WifiPackage).where(WifiPackage.restaurant_id == kitchen.id)).unique().all()
        payments = {status: _payment(session, packages[0], status) for status in _STATES}
        many = [_payment(session, package, "paid") for package in (*packages, packages[-1])]
        session.flush()
        users = [passes.mint_for_payment(session, payment, at=now()) for payment in (*many, payments["paid"])]
        gift_pass = passes.mint_for_order(session, gift, at=now())
        _account(session, users[0], timedelta(minutes=20), ended=False)
        _account(session, users[1], timedelta(minutes=75), ended=True)
        _account(session, users[1], timedelta(minutes=70), ended=False)
        _account(session, users[2], timedelta(hours=3), ended=True)
        for name, minutes in ((users[2].code, 2), ("GUESSED1", 7), ("WIFI", 31)):
            values = {"reply": "Access-Reject", "callingstationid": "3C-22-FB-10-20-30"}
            at = now() - timedelta(minutes=minutes)
            session.execute(insert(radpostauth).values(username=name, authdate=at, **values))
    wifi_sessions.sync_accounting()
    with atomic() as session:
        passes.end(session, users[2], "expired", "data", at=now())
    assert gift_pass is not None
    return {f"wifi_{status}": payment.transaction_id for status, payment in payments.items()} | {
        "wifi_package": str(packages[0].id),
        "wifi_gift": gift.number,
    }


def _payment(session: Session, package: WifiPackage, status: str) -> Payment:
    payment = Payment(
        transaction_id=secrets.token_hex(16),
        callback_token=secrets.token_hex(16),
        method="mpesa",
        status=status,
        wifi_package_id=package.id,
        phone=f"+2547{secrets.randbelow(10**8):08}",
        amount_minor=package.price_minor,
        currency="KES",
        settled_at=now() if status == "paid" else None,
    )
    session.add(payment)
    return payment


def _account(session: Session, user: HotspotUser, ago: timedelta, *, ended: bool) -> None:
    began: datetime = now() - ago
    seconds = int(ago.total_seconds()) - 45
    values = {
        "acctsessionid": secrets.token_hex(4),
        "acctuniqueid": secrets.token_hex(16),
        "username": user.code,
        "nasipaddress": "127.0.0.1",
        "acctstarttime": began,
        "acctupdatetime": began + timedelta(seconds=seconds),
        "acctstoptime": began + timedelta(seconds=seconds) if ended else None,
        "acctsessiontime": seconds,
        "acctinputoctets": seconds * 9_000,
        "acctoutputoctets": seconds * 160_000,
        "callingstationid": f"3C-22-FB-{secrets.token_hex(1).upper()}-0A-11",
        "framedipaddress": "10.5.50.14",
        "acctterminatecause": "User-Request" if ended else "",
    }
    session.execute(insert(radacct).values(values))
