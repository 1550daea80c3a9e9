"""The daily reconciliation: the books of one day, as a page and as CSV, and beside them M-Pesa's own statement."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, render_template, request
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import DateField, TextAreaField
from wtforms.validators import Optional

from app.contract.times import iso, now
from app.domain import days, reconciliation, statement
from app.domain.money import decimal_string
from app.domain.phones import masked
from app.domain.refunds import REASONS
from app.errors import Invalid
from app.extensions import db
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Payment
from app.views.refusals import shown_on
from app.views.sheets import download

from . import bp
from .listing import stripped

# So many receipts stand on the page; the CSV has all of them.
_SHOWN = 100
_COLUMNS = (
    "what", "at (UTC)", "payment", "receipt", "method", "for", "order", "restaurant", "phone", "currency", "amount",
    "status", "note",
)  # fmt: skip


class DayForm(FlaskForm):
    """Which day; today, when nothing is said."""

    class Meta:
        csrf = False

    day = DateField(_l("Day"), [Optional()])


class StatementForm(FlaskForm):
    """M-Pesa's statement, as a file or pasted."""

    file = FileField(_l("Statement as CSV"))
    text = TextAreaField(_l("or paste it here"), filters=[stripped])

    @property
    def statement(self) -> str:
        """What was given: the file before the text."""
        given = self.file.data
        return given.read().decode("utf-8", "replace") if given else str(self.text.data or "")


@bp.get("/reconciliation")
def reconciliation_day() -> str:
    day, zone = _asked()
    return _drawn(day, zone, StatementForm(formdata=None))


@bp.get("/reconciliation.csv")
def reconciliation_csv() -> Response:
    day, zone = _asked()
    return download(f"passline-{day.isoformat()}.csv", _rows(day, zone))


@bp.post("/reconciliation")
def reconciliation_statement() -> tuple[str, int]:
    day, zone = _asked()
    form, comparison = StatementForm(), None
    with shown_on(form) as refusal:
        comparison = _compared(statement.read(form.statement), day, zone)
    return _drawn(day, zone, form, comparison), refusal.status


def _asked() -> tuple[date, ZoneInfo]:
    form, zone = DayForm(request.args), days.house_zone(db.session())
    if not form.validate():
        raise Invalid(_("Ask for a day like 2026-11-29."), errors=form.errors)
    return days.checked(form.day.data or now().astimezone(zone).date()), zone


def _drawn(day: date, zone: ZoneInfo, form: StatementForm, comparison: statement.Comparison | None = None) -> str:
    receipts = list(reconciliation.receipts(db.session(), day, zone, _SHOWN + 1))
    return render_template(
        "admin/reconciliation.html",
        books=reconciliation.of_day(db.session(), day, zone),
        receipts=receipts[:_SHOWN],
        is_cut=len(receipts) > _SHOWN,
        today=now().astimezone(zone).date(),
        zone=zone,
        form=form,
        comparison=comparison,
        masked=masked,
        REASONS=REASONS,
        DIFFERENCES=reconciliation.DIFFERENCES,
    )


def _compared(theirs: dict[str, int], day: date, zone: ZoneInfo) -> statement.Comparison:
    ours = [payment for payment in reconciliation.receipts(db.session(), day, zone) if payment.method == "mpesa"]
    return statement.compare(theirs, ours, reconciliation.receipts_of(db.session(), list(theirs)))


def _rows(day: date, zone: ZoneInfo) -> Iterator[tuple[Any, ...]]:
    """Every line of the books: payments first, then what is owed, sent, looked at, and does not add up."""
    session = db.session()
    yield _COLUMNS
    for payment in reconciliation.receipts(session, day, zone):
        yield _row("payment", payment.settled_at, payment, payment.money_minor, payment.status)
    books = reconciliation.of_day(session, day, zone)
    for refund in books.refunds_owed:
        why = REASONS.get(refund.reason, refund.reason)
        yield _row("refund owed", refund.created_at, refund.payment, refund.amount_minor, "owed", why)
    for refund in books.refunds_sent:
        yield _row("refund sent", refund.sent_at, refund.payment, refund.amount_minor, "sent", refund.sent_reference)
    for payment in books.under_review:
        yield _row(
            "under review", payment.created_at, payment, payment.money_minor, payment.status, payment.review_reason
        )
    for difference in books.differences:
        words = reconciliation.DIFFERENCES[difference.kind]
        if difference.payment:
            yield _row("difference", None, difference.payment, difference.payment.money_minor, "", words)
        elif (order := difference.order) is not None:
            amount = decimal_string(order.total_minor, order.currency)
            told = (order.number, order.restaurant.name, "", order.currency, amount, order.payment_status, words)
            yield ("difference", "", "", "", order.payment_method, "orders", *told)


def _row(what: str, at: Any, payment: Payment, minor: int, status: str, note: str | None = "") -> tuple[Any, ...]:
    return (
        what,
        iso(at) if at else "",
        payment.id,
        payment.receipt,
        payment.method,
        "orders" if payment.order_id else "wifi",
        payment.order.number if payment.order else "",
        payment.restaurant.name,
        masked(payment.phone) if payment.phone else "",
        payment.currency,
        decimal_string(minor, payment.currency),
        status,
        note,
    )
