"""Refunds as tasks: what is owed, the longest first; then what was sent, newest first, and how that is proved."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload
from wtforms import StringField

from app.domain import attention, refunds
from app.extensions import db
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Order, Payment, Person, Refund
from app.views.formats import remember_position
from app.views.loading import one, person
from app.views.refusals import flashed

from . import BIGGEST_ID, bp
from .listing import ListFilter, page_of, stripped

# More than so many are not shown at once: those that are sent make room.
_MOST_OWED = 100


class SendingForm(FlaskForm):
    """What proves that the money went back; the verb says what is missing."""

    reference = StringField(_l("Reference"), filters=[stripped])


@bp.get("/refunds")
def refund_tasks() -> str:
    remember_position()
    return render_template("admin/refunds.html", **_listed())


@bp.get("/refunds/list")
def refund_list() -> str:
    return render_template("admin/_refunds.html", **_listed())


@bp.post(f"/refunds/<int(max={BIGGEST_ID}):refund_id>/sending")
def refund_sending(refund_id: int) -> ResponseReturnValue:
    refund = one(select(Refund).where(Refund.id == refund_id))
    with flashed():
        if refunds.mark_sent(refund, reference=SendingForm().reference.data or "", by=person()):
            flash(_("The refund is marked as sent."), "success")
    on_payment = request.form.get("on") == "payment"
    back = url_for("admin.payment", payment_id=refund.payment_id) if on_payment else url_for("admin.refund_tasks")
    return redirect(back, 303)


def _listed() -> dict[str, Any]:
    owed = _whole().where(Refund.status == "owed").order_by(Refund.id).limit(_MOST_OWED + 1)
    found = db.session.scalars(owed).all()
    sent = _whole().where(Refund.status == "sent")
    page = page_of(sent, Refund, ListFilter.asked(), "admin.refund_tasks", "admin.refund_list")
    people = select(Person.id, Person.name).where(Person.id.in_([refund.sent_by_id for refund in page.rows]))
    return {
        "owed": found[:_MOST_OWED],
        "is_cut": len(found) > _MOST_OWED,
        "sums": attention.owed(db.session()),
        "page": page,
        "senders": dict(db.session.execute(people).all()),
        "REASONS": refunds.REASONS,
    }


def _whole() -> "Select[Refund]":
    order = selectinload(Refund.payment, Payment.order)
    return select(Refund).options(
        order, order.selectinload(Order.restaurant), selectinload(Refund.payment, Payment.wifi_package)
    )
