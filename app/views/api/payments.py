"""Payments by M-Pesa: begun for an order or for guest Wi-Fi, and followed until they are settled.

The attempt is written, with the request's Idempotency-Key, before M-Pesa is asked, and no transaction is open
meanwhile. What the key keeps is the attempt's id: said again, the answer is made of the attempt as it is by then.
"""

from typing import NotRequired, TypedDict

from flask import Response, request, url_for
from flask_login import current_user
from sqlalchemy import select

from app import language
from app.contract.identity import Role
from app.domain import idempotency, payment_json, payment_push, payments, phones
from app.errors import Invalid, NotAuthenticated, NotFound, StillInFlight
from app.extensions import db
from app.models import Payment, Person, WifiPackage
from app.views import loading, payment_limits

from . import payment_documents, requests
from .answers import answer, asked
from .blueprint import bp
from .fields import BIGGEST_ID

_ANYBODY: list[dict[str, list[str]]] = [{"token": []}, {"session": []}, {}]
_EXAMPLE = {"order_number": "7K3MWQ2", "phone": "0712 345 678", "provider": "mpesa"}
_LOCATION = {"Location": {"schema": {"type": "string"}, "description": "The payment's own address."}}


class NewPayment(TypedDict):
    """A body as `requests.NewPayment` loads it."""

    order_number: NotRequired[str]
    wifi_package_id: NotRequired[int]
    phone: str
    provider: str


class Known(TypedDict):
    """A query as `requests.KnownPayment` loads it."""

    transaction_id: NotRequired[str]


@bp.post("/payments", tags=["payments"])
@payment_limits.by_address
@payment_limits.by_phone
@bp.doc(security=_ANYBODY)
@bp.takes(requests.NewPayment, example=_EXAMPLE)
@bp.answers(200, payment_documents.StartedPayment, "The first answer to this Idempotency-Key again", refuses=())
@bp.answers(
    201,
    payment_documents.StartedPayment,
    "The phone shows the prompt",
    refuses=(401, 403, 404, 429, 502, 504),
    headers=_LOCATION,
)
def start_payment(wanted: NewPayment) -> Response:
    """Pay by M-Pesa

    Sends a prompt to the phone: for an order of yours that is `awaiting_payment`, or, without an account as well, for
    guest Wi-Fi. Then poll the payment. 502 means that nothing was charged and it may be tried again at once; 504 that
    nobody knows yet: while the attempt is live another is refused (409, `payment_in_progress`), so that nobody pays
    twice.
    """
    payment, again = _begin(wanted)
    if again and payment.status == "initiated":
        raise StillInFlight
    if not again:
        payment_limits.note_prompt()
        payment_push.send(payment)
    payment_push.check(payment)
    headers = {"Idempotency-Replayed": "true"} if again else {"Location": url_for(".payment", payment_id=payment.id)}
    return answer(payment_json.started(payment), 200 if again else 201, headers)


@bp.get(f"/payments/<int(max={BIGGEST_ID}):payment_id>", tags=["payments"])
@bp.doc(security=_ANYBODY)
@bp.asks(requests.KnownPayment)
@bp.answers(200, payment_documents.WholePayment, "The payment", refuses=(401, 404))
def payment(known: Known, payment_id: int) -> Response:
    """Read how a payment went

    For whoever made it, the order's customer, admins, and, without an account, whoever knows its `transaction_id`.
    `unknown` means that M-Pesa has not said yet: do not pay again.
    """
    may_see = Payment.seen_by(current_user)
    if "transaction_id" in known:
        may_see |= Payment.transaction_id == known["transaction_id"]
    elif not current_user.is_authenticated:
        raise NotAuthenticated
    return answer(payment_json.whole(loading.one(select(Payment).where(Payment.id == payment_id, may_see))))


def _begin(wanted: NewPayment) -> tuple[Payment, bool]:
    """The attempt, and whether it was begun by an earlier request with this key."""
    person: Person | None = loading.person() if current_user.is_authenticated else None

    def act() -> str:
        return str(_started(wanted, person).id)

    key = request.headers.get("Idempotency-Key")
    kept, again = idempotency.once(person, key, asked(), act) if person else (act(), False)
    return db.session.get_one(Payment, int(kept)), again


def _started(wanted: NewPayment, person: Person | None) -> Payment:
    if "order_number" in wanted:
        by = loading.person(Role.CUSTOMER, Role.ADMIN)
        order = loading.order(wanted["order_number"])
        return payments.start(order, phone=_phone(wanted, order.currency), by=by)
    package = db.session.get(WifiPackage, wanted["wifi_package_id"])
    if package is None:
        raise NotFound
    phone = _phone(wanted, package.restaurant.currency)
    return payments.start_wifi(package, phone=phone, by=person, language=language.current())


def _phone(wanted: NewPayment, currency: str) -> str:
    if wanted["provider"] != "mpesa":
        raise Invalid("Only M-Pesa sends prompts.", errors={"provider": ["mpesa"]})
    return phones.parse(wanted["phone"], phones.region_of(currency))
