"""The list of all payments, newest first, by cursor (listing.py): by state, method and day, or by a name of one."""

from datetime import date
from zoneinfo import ZoneInfo

from flask import render_template
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import selectinload
from wtforms import DateField, SearchField, SelectField
from wtforms.validators import Length, Optional

from app.domain import days
from app.domain.order_states import PAYMENTS
from app.domain.reconciliation import SETTLED
from app.extensions import db
from app.language import N_, choices
from app.language import lazy_gettext as _l
from app.models import Order, Payment
from app.views.formats import remember_position

from . import bp
from .listing import ListFilter, Page, page_of, stripped

STATUSES = {
    "initiated": N_("Being sent"),
    "prompted": N_("On the phone"),
    "paid": N_("Paid"),
    "rejected": N_("Not paid"),
    "unknown": N_("Not heard of"),
    "needs_review": N_("To be reviewed"),
}


class PaymentFilter(ListFilter):
    """Search by a whole receipt, order number or transaction; state, method, and the day of the house."""

    narrowing = ("q", "status", "method", "day")

    q = SearchField(_l("Search"), [Optional(), Length(max=100)], filters=[stripped])
    status = SelectField(_l("Status"), [Optional()], choices=choices({"": N_("Every state"), **STATUSES}))
    method = SelectField(_l("Method"), [Optional()], choices=choices({"": N_("Cash and M-Pesa"), **PAYMENTS}))
    day = DateField(_l("Day"), [Optional()])


@bp.get("/payments")
def payments() -> str:
    remember_position()
    return render_template("admin/payments.html", **_listed())


@bp.get("/payments/list")
def payment_list() -> str:
    return render_template("admin/_payments.html", **_listed())


def _listed() -> dict[str, Page[Payment] | ZoneInfo]:
    form = PaymentFilter.asked()
    zone = days.house_zone(db.session())
    query = select(Payment).options(selectinload(Payment.order), selectinload(Payment.wifi_package))
    query = query.options(selectinload(Payment.order, Order.restaurant), selectinload(Payment.person))
    if form.q.data:
        query = _found(query, str(form.q.data))
    if form.status.data:
        query = query.where(Payment.status == form.status.data)
    if form.method.data:
        query = query.where(Payment.method == form.method.data)
    if form.day.data:
        query = _on(query, form.day.data, zone)
    return {"page": page_of(query, Payment, form, "admin.payments", "admin.payment_list"), "zone": zone}


def _found(query: "Select[Payment]", text: str) -> "Select[Payment]":
    """Those that are called `text`: each name is looked up in an index of its own."""
    upper, lower = text.upper(), text.lower()
    ids = [
        *db.session.scalars(select(Payment.id).where(Payment.receipt == upper)),
        *db.session.scalars(select(Payment.id).where(Payment.transaction_id == lower)),
        *db.session.scalars(select(Payment.id).where(Payment.checkout_request_id == text)),
        *db.session.scalars(select(Payment.id).join(Order).where(Order.number == upper).limit(1000)),
    ]
    return query.where(Payment.id.in_(ids))


def _on(query: "Select[Payment]", day: date, zone: ZoneInfo) -> "Select[Payment]":
    """Those of a day: settled on it, or (not settled) begun on it. Ids grow with time, so they bound what is read."""
    span = days.span_of(day, zone)
    ids = []
    # `+ 0`, because PostgreSQL would look for the least id along the primary key, from its very beginning.
    least_and_most = select(func.min(Payment.id + 0), func.max(Payment.id + 0))
    settled = and_(Payment.settled_at >= span.begins, Payment.settled_at < span.ends)
    begun = and_(Payment.created_at >= span.begins, Payment.created_at < span.ends)
    for bound in (begun, and_(Payment.status.in_(SETTLED), settled)):
        ids += [id for id in db.session.execute(least_and_most.where(bound)).one() if id is not None]
    if not ids:
        return query.where(Payment.id < 0)
    return query.where(Payment.id.between(min(ids), max(ids)), or_(settled, and_(Payment.settled_at.is_(None), begun)))
