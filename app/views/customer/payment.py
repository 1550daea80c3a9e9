"""Paying for an order by M-Pesa on its page: the number, the prompt on the phone, what became of it, once more."""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from app.contract.identity import Role
from app.contract.times import now
from app.domain import payment_json, payment_push, payments, phones
from app.domain.payments import SILENT_AFTER
from app.errors import Invalid
from app.extensions import db
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Order, Payment, Refund
from app.views import loading, payment_limits
from app.views.refusals import flashed

from . import bp

# The page looks again so often (seconds) while a prompt may be answered, and while nobody knows.
_SOON, _LATER = 3, 10


class PaymentForm(FlaskForm):
    """Whose phone is asked."""

    phone = StringField(_l("M-Pesa number"), [InputRequired(_l("Your M-Pesa number.")), Length(max=30)])

    def number(self, currency: str) -> str:
        """It in E.164; Invalid says what is wrong with it."""
        if not self.validate():
            errors = {name or "form": [str(message) for message in told] for name, told in self.errors.items()}
            raise Invalid(_("Write the number like 0712 345 678."), errors=errors)
        return phones.parse(self.phone.data or "", phones.region_of(currency))


@dataclass(frozen=True, slots=True)
class Panel:
    """What the page says about the money. `says`: `manual`, `ask`, `sent`, `silent`, `review`, `doubt`, or `done`.

    `reason` is why the last attempt brought nothing, `until` how long the phone is waited for, `every` after how many
    seconds the page looks again (None: it need not).
    """

    says: str
    amount_minor: int
    payment: Payment | None = None
    phone: str = ""
    reason: str | None = None
    until: datetime | None = None
    every: int | None = None
    refunds: tuple[Refund, ...] = ()


@bp.post("/orders/<number>/payment")
@payment_limits.by_address
@payment_limits.by_phone
def order_payment(number: str) -> ResponseReturnValue:
    person = loading.person(Role.CUSTOMER)
    order = loading.order(number)
    with flashed() as refusal:
        payment = payments.start(order, phone=PaymentForm().number(order.currency), by=person)
    if not refusal:
        payment_limits.note_prompt()
        # What came of it, the page says: by M-Pesa's no as by its silence.
        payment_push.send(payment)
    return redirect(url_for(".order", number=number, _anchor="payment"), 303)


def panel(order: Order) -> Panel | None:
    """What the page of `order` says about its money; None where there is nothing to do and nothing to tell."""
    if order.payment_method != "mpesa":
        return None
    owed = tuple(db.session.scalars(select(Refund).where(Refund.order_id == order.id).order_by(Refund.id)))
    amount = payments.whole_shillings(order.total_minor)
    if order.status != "awaiting_payment":
        return Panel("done", amount, refunds=owed) if owed else None
    if current_app.config["PASSLINE"].mpesa_url is None or order.currency != payments.CURRENCY:
        return Panel("manual", order.total_minor)
    return _attempt(order, amount, payments.latest(db.session(), order))


def _attempt(order: Order, amount: int, payment: Payment | None) -> Panel:
    if payment is None or payment.status == "rejected":
        phone = payment.phone if payment else _own_number(order)
        return Panel("ask", amount, payment, phone, payment_json.reason(payment) if payment else None)
    phone = phones.masked(payment.phone)
    if payment.status == "needs_review":
        if payment.receipt is not None:
            return Panel("review", amount, payment, phone, every=_LATER)
        return Panel("doubt", amount, payment, payment.phone, every=None)
    until = (payment.prompted_at or payment.created_at) + SILENT_AFTER
    if payment.status == "unknown" or now() >= until:
        return Panel("silent", amount, payment, phone, every=_LATER)
    return Panel("sent", amount, payment, phone, until=until, every=_SOON)


def _own_number(order: Order) -> str:
    """The customer's own number, where M-Pesa could ask it."""
    number = order.customer.phone or ""
    return number if number.startswith("+254") else ""
