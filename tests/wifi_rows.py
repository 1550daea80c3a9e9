"""Rows of the guest Wi-Fi that tests need: packages, money that was paid for them, passes, and what accounting told."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import insert

from app.contract.times import now
from app.domain import passes
from app.extensions import atomic
from app.models import HotspotUser, Payment, WifiPackage, radacct
from tests.cast import Cast

PHONE = "+254700000123"


def package(cast: Cast, **details: object) -> WifiPackage:
    """An hour for one device, at 5 Mbit/s down and 1 up; sold by the cast's first restaurant."""
    values = {"name": "One hour", "minutes": 60, "price_minor": 5000, "down_kbps": 5000, "up_kbps": 1000, **details}
    with atomic() as session:
        row = WifiPackage(restaurant=cast.restaurant, **values)
        session.add(row)
        session.flush()
    return row


def paid(of: WifiPackage, *, status: str = "paid", person_id: int | None = None) -> Payment:
    """A payment for a package, as the provider's callback leaves it."""
    at = now()
    with atomic() as session:
        row = Payment(
            transaction_id=secrets.token_hex(16),
            callback_token=secrets.token_hex(16),
            method="mpesa",
            status=status,
            wifi_package_id=of.id,
            person_id=person_id,
            phone=PHONE,
            amount_minor=of.price_minor,
            currency=of.restaurant.currency,
            created_at=at,
            settled_at=at if status == "paid" else None,
        )
        session.add(row)
        session.flush()
    return row


def mint(of: WifiPackage, **details: object) -> HotspotUser:
    """A pass that somebody paid for."""
    payment = paid(of, **details)  # type: ignore[arg-type]
    with atomic() as session:
        return passes.mint_for_payment(session, payment, at=now())


def account(user: HotspotUser, key: str, *, began: datetime, seconds: int = 0, **details: object) -> None:
    """What FreeRADIUS writes of a session that began then, was heard of `seconds` later, and goes on."""
    values = {
        "acctsessionid": key,
        "acctuniqueid": key.rjust(32, "0"),
        "username": user.code,
        "nasipaddress": "127.0.0.1",
        "acctstarttime": began,
        "acctupdatetime": began + timedelta(seconds=seconds),
        "acctsessiontime": seconds,
        "acctinputoctets": 0,
        "acctoutputoctets": 0,
        "callingstationid": "AA-BB-CC-00-00-01",
        "framedipaddress": "10.5.0.2",
        "acctterminatecause": "",
        **details,
    }
    with atomic() as session:
        session.execute(insert(radacct).values(values))
