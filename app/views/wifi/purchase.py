"""One purchase of Wi-Fi: how the payment stands and, once it is there, the code with what it is good for.

Who knows the transaction's id is the one who bought it. Without JavaScript the page loads itself again while it waits.
"""

from dataclasses import dataclass
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.domain import passes, payment_json, phones
from app.extensions import db, limiter
from app.language import N_
from app.models import HotspotUser, Payment, Restaurant, WifiPackage
from app.views import loading
from app.views.security import keep_nowhere, let_post_to

from . import bp
from .access_point import qr, sent_from

_ADDRESS = "/<slug>/<string(length=32):transaction_id>"
# A guest's page asks each two seconds, and all guests share the restaurant's address.
_limit = limiter.shared_limit("1200 per minute", "Wi-Fi purchases")


@dataclass(frozen=True, slots=True)
class Said:
    """What a guest is told of a state, and whether there is something to wait for."""

    icon: str
    title: str
    text: str
    waits: bool = False
    tries_again: bool = False


_SAID = {
    "initiated": Said("device-mobile", N_("Asking M-Pesa"), N_("The request is on its way to your phone."), waits=True),
    "prompted": Said("device-mobile", N_("Look at your phone"), N_("Enter your M-Pesa PIN there to pay."), waits=True),
    "unknown": Said(
        "hourglass", N_("Still waiting"), N_("We have not heard from M-Pesa yet. Do not pay twice."), waits=True
    ),
    "rejected": Said(
        "circle-x", N_("Not paid"), N_("M-Pesa says that the payment did not go through."), tries_again=True
    ),
    "needs_review": Said(
        "info-circle",
        N_("Somebody is looking at it"),
        N_("What M-Pesa told us is not clear. Do not pay twice: ask at the counter."),
    ),
    "paid": Said("hourglass", N_("Paid"), N_("Your code is being made."), waits=True),
}


@bp.get(_ADDRESS)
@_limit
def purchase(slug: str, transaction_id: str) -> ResponseReturnValue:
    return _drawn("wifi/purchase.html", slug, transaction_id)


@bp.get(f"{_ADDRESS}/fragment")
@_limit
def purchase_fragment(slug: str, transaction_id: str) -> ResponseReturnValue:
    return _drawn("wifi/_purchase.html", slug, transaction_id)


def _drawn(template: str, slug: str, transaction_id: str) -> str:
    payment = _payment(slug, transaction_id)
    package = db.session.get_one(WifiPackage, payment.wifi_package_id)
    user = db.session.scalars(select(HotspotUser).where(HotspotUser.payment_id == payment.id)).unique().one_or_none()
    access_point = sent_from()
    if access_point:
        let_post_to(access_point.origin)
    query: dict[str, Any] = access_point.as_query if access_point else {}
    address = {"slug": slug, "transaction_id": transaction_id, **query}
    is_open = user is not None and user.status in passes.OPEN
    if is_open:
        keep_nowhere()
    scanned = (access_point.address_with(user.code) if access_point else user.code) if user and is_open else ""
    return render_template(
        template,
        restaurant=package.restaurant,
        package=package,
        payment=payment,
        phone=phones.masked(payment.phone),
        said=_SAID[payment.status],
        why=payment_json.reason(payment) if payment.result_code or payment.result_text else None,
        user=user,
        is_open=is_open,
        code=passes.shown(user.code) if user and is_open else "",
        qr=qr(scanned) if scanned else "",
        access_point=access_point,
        page_url=url_for(".purchase", **address),
        fragment_url=url_for(".purchase_fragment", **address),
        shop_url=url_for(".shop", slug=slug, **query),
        again_url=url_for(".shop", slug=slug, again=transaction_id, **query),
    )


def _payment(slug: str, transaction_id: str) -> Payment:
    """The purchase with this key, if it was made here."""
    return loading.one(
        select(Payment)
        .join(WifiPackage, WifiPackage.id == Payment.wifi_package_id)
        .join(Restaurant, Restaurant.id == WifiPackage.restaurant_id)
        .where(Payment.transaction_id == transaction_id, Restaurant.slug == slug)
    )
