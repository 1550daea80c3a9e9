"""One payment: what it is for, how it went word for word, and what a person may decide about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import and_, or_, select
from wtforms import BooleanField, StringField
from wtforms.validators import DataRequired, Length, Optional

from app.domain import payment_review, provider_words, refunds
from app.domain.payment_messages import VERIFICATION_PAUSES
from app.domain.payment_review import LONGEST_NOTE
from app.extensions import db
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import HotspotUser, Job, Payment, ProviderMessage, Refund
from app.views.formats import remember_position
from app.views.loading import one, person
from app.views.order_forms import OrderForm
from app.views.refusals import flashed
from app.views.told_again import told_again

from . import BIGGEST_ID, bp
from .listing import stripped
from .payments import STATUSES

_PAYMENT = f"/payments/<int(max={BIGGEST_ID}):payment_id>"


class ConfirmationForm(OrderForm):
    """How one knows that the money is there."""

    receipt = StringField(_l("Receipt"), [Optional(), Length(max=40)], filters=[stripped])
    note = StringField(
        _l("Note"), [DataRequired(_l("Write down how you know.")), Length(max=LONGEST_NOTE)], filters=[stripped]
    )


class DenialForm(OrderForm):
    """Why it counts for nothing, and whether its money goes back."""

    note = StringField(_l("Note"), [DataRequired(_l("Write down why.")), Length(max=LONGEST_NOTE)], filters=[stripped])
    refund = BooleanField(_l("The money came: it has to go back"))


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of the timeline: `words` in bold, `more` beside it, `raw` what somebody said word for word."""

    at: datetime
    icon: str
    words: str
    more: str = ""
    raw: str = ""


@bp.get(_PAYMENT)
def payment(payment_id: int) -> str:
    remember_position()
    return _drawn("admin/payment.html", payment_id)


@bp.get(f"{_PAYMENT}/sheet")
def payment_sheet(payment_id: int) -> str:
    return _drawn("admin/_payment.html", payment_id)


@bp.post(f"{_PAYMENT}/confirmation")
def payment_confirmation(payment_id: int) -> ResponseReturnValue:
    payment = _load(payment_id)
    with flashed():
        form = ConfirmationForm().checked()
        said = {"note": str(form.note.data), "receipt": form.receipt.data or ""}
        payment_review.confirm(payment, by=person(), expected_version=form.expected_version.data or 0, **said)
        flash(_("The payment counts as paid."), "success")
    return _back(payment_id)


@bp.post(f"{_PAYMENT}/denial")
def payment_denial(payment_id: int) -> ResponseReturnValue:
    payment = _load(payment_id)
    with flashed():
        form = DenialForm().checked()
        note, refund = str(form.note.data), bool(form.refund.data)
        version = form.expected_version.data or 0
        payment_review.deny(payment, by=person(), expected_version=version, note=note, refund=refund)
        flash(_("The payment buys nothing."), "success")
    return _back(payment_id)


@bp.post(f"{_PAYMENT}/wifi-refund")
def payment_wifi_refund(payment_id: int) -> ResponseReturnValue:
    payment = _load(payment_id)
    with flashed():
        if refunds.take_back_wifi(payment, by=person()):
            flash(_("The pass has ended, and the money has to go back."), "success")
    return _back(payment_id)


def _load(payment_id: int) -> Payment:
    return one(select(Payment).where(Payment.id == payment_id))


def _back(payment_id: int) -> ResponseReturnValue:
    return redirect(url_for("admin.payment", payment_id=payment_id), 303)


def _drawn(template: str, payment_id: int) -> str:
    payment = _load(payment_id)
    refund = db.session.scalars(select(Refund).where(Refund.payment_id == payment.id)).one_or_none()
    told = db.session.scalars(select(ProviderMessage).where(ProviderMessage.payment_id == payment.id)).all()
    happened = [*_of_payment(payment), *_of_messages(told), *_of_jobs(payment, told), *_of_refund(refund)]
    return render_template(
        template,
        payment=payment,
        refund=refund,
        hotspot_user=db.session.scalars(select(HotspotUser).where(HotspotUser.payment_id == payment.id)).first(),
        happened=sorted(happened, key=lambda line: line.at),
        may_decide=payment.status in payment_review.REVIEWABLE,
        may_refund=payment.status == "paid" and payment.wifi_package_id is not None and refund is None,
        statuses=STATUSES,
        LONGEST=LONGEST_NOTE,
    )


def _of_payment(payment: Payment) -> Iterator[Happening]:
    begun = _("Paid in cash") if payment.method == "cash" else _("The guest asked to pay")
    yield Happening(payment.created_at, "cash" if payment.method == "cash" else "send", begun)
    if payment.prompted_at:
        yield Happening(payment.prompted_at, "device-mobile", _("The prompt was on the phone"))
    if payment.settled_at and payment.method != "cash":
        yield Happening(payment.settled_at, "circle-check", _("The money is there"), payment.receipt or "")
    elif payment.status == "rejected":
        yield Happening(payment.changed_at, "circle-x", _("Not paid"), told_again(payment.result_text or ""))


def _of_messages(told: Sequence[ProviderMessage]) -> Iterator[Happening]:
    for message in told:
        heard, meant = provider_words.heard(message), provider_words.meant(message)
        yield Happening(message.received_at, "message", heard, meant, provider_words.masked(message.body))


def _of_jobs(payment: Payment, told: Sequence[ProviderMessage]) -> Iterator[Happening]:
    """The work that it caused: asked for by its own number, or by that of a message about it."""
    # Of a flood the last ones: each message stands here by itself.
    about = [f"message:{message.id}" for message in told if message.kind == "callback"][-200:]
    # Each by its whole key: which keys lie between two others is another matter in each language.
    queries = [f"payment:{payment.id}:{number}" for number in range(1, payment.queries + 1)]
    questions = [f"{key}:{nth}" for key in about for nth in range(len(VERIFICATION_PAUSES) + 1)]
    kinds = (("process_payment", about), ("query_payment", queries), ("verify_callback", questions))
    asked = or_(*(and_(Job.kind == kind, Job.key.in_(keys)) for kind, keys in kinds))
    words = {
        "process_payment": _("Looking at what M-Pesa said"),
        "query_payment": _("Asking M-Pesa how it went"),
        "verify_callback": _("Asking M-Pesa about a callback"),
    }
    for job in db.session.scalars(select(Job).where(asked).order_by(Job.id)):
        more = _(job.status)
        if job.attempts > 1:
            more = _("%(status)s, attempt %(n)s", status=more, n=job.attempts)
        yield Happening(job.started_at or job.created_at, "list-details", words[job.kind], more, job.last_error or "")


def _of_refund(refund: Refund | None) -> Iterator[Happening]:
    if refund:
        yield Happening(refund.created_at, "arrow-back-up", _("The money has to go back"))
    if refund and refund.sent_at:
        yield Happening(refund.sent_at, "check", _("The money was sent back"), refund.sent_reference or "")
