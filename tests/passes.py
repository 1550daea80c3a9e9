"""Wi-Fi passes that tests need, as plain rows."""

import secrets
from datetime import datetime, timedelta

from app.contract.times import now
from app.domain import codes
from app.extensions import atomic
from app.models import HotspotUser, Payment, WifiPackage
from tests.cast import Cast

PHONE = "+254712345678"


def pass_for(
    cast: Cast, phone: str = PHONE, *, minutes: int = 60, status: str = "minted", **more: object
) -> HotspotUser:
    """A pass that was bought with the first restaurant, from this phone."""
    at = now()
    with atomic() as session:
        package = WifiPackage(restaurant_id=cast.restaurant.id, name="An hour", minutes=minutes, price_minor=5000)
        session.add(package)
        session.flush()
        payment = Payment(
            transaction_id=secrets.token_hex(16), callback_token=secrets.token_hex(16), method="mpesa", status="paid",
            wifi_package_id=package.id, phone=phone, amount_minor=5000, currency="KES", settled_at=at,
        )  # fmt: skip
        session.add(payment)
        session.flush()
        given = HotspotUser(
            package_id=package.id, restaurant_id=cast.restaurant.id, payment_id=payment.id, phone=phone,
            code=codes.fresh(8), status=status,
            expires_at=expiry(at), **more,
        )  # fmt: skip
        session.add(given)
    return given


def expiry(at: datetime) -> datetime:
    return at + timedelta(days=30)
