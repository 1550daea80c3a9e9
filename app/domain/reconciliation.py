"""The money of one day, side by side: what came in, what goes back, what a person decided, and what does not add up.

A day is one of the house's (days.py), as M-Pesa's own statement has it where most restaurants are. Reads, and changes
nothing; each part is bounded by the day, by an index.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, selectinload

from app.language import N_
from app.models import HotspotUser, Order, Payment, Refund

from .days import Span, span_of
from .takings import MONEY

# What does not add up is shown up to so many; more than that is one fault, not many.
MOST = 200
# The states of a payment whose money came at `settled_at`; each is read by an index that begins with the state.
SETTLED = ("paid", "needs_review", "rejected")
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Sum:
    """So many payments of one currency, method and purpose (`orders`, `wifi`), and their sum in minor units."""

    currency: str
    method: str
    purpose: str
    payments: int
    minor: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not add up: an order, a payment, or both, and what is wrong (a key of DIFFERENCES)."""

    kind: str
    order: Order | None
    payment: Payment | None


DIFFERENCES = {
    "order_without_payment": N_("The order counts as paid, and no payment of it does"),
    "paid_twice": N_("Paid, and another payment has paid for the same order"),
    "payment_without_order": N_("Paid, and the order does not count as paid"),
    "payment_without_pass": N_("Paid, and no Wi-Fi pass was minted"),
}


@dataclass(frozen=True, slots=True)
class Day:
    """One day's books. Refunds: those that came to be owed on it, and those sent on it."""

    day: date
    sums: Sequence[Sum]
    refunds_owed: Sequence[Refund]
    refunds_sent: Sequence[Refund]
    under_review: Sequence[Payment]
    by_hand: Sequence[Payment]
    differences: Sequence[Difference]


def of_day(session: Session, day: date, zone: ZoneInfo) -> Day:
    """The books of `day` in `zone`."""
    span = span_of(day, zone)
    parts = {name: list(ask(session, span)) for name, ask in PARTS.items()}
    differences = [*parts.pop("orders_without"), *parts.pop("payments_without")]
    return Day(day, differences=differences, **parts)


def receipts(session: Session, day: date, zone: ZoneInfo, most: int | None = None) -> Iterator[Payment]:
    """Every payment that was settled on `day`, oldest first, a batch at a time; at most `most`."""
    query = _settled(span_of(day, zone)).limit(most).execution_options(yield_per=_BATCH)
    yield from session.scalars(query)


def receipts_of(session: Session, names: Sequence[str]) -> dict[str, Payment]:
    """The payments that have one of these receipts, by it."""
    found = select(Payment).where(Payment.receipt.in_(names))
    return {str(payment.receipt): payment for payment in session.scalars(found)}


def _sums(session: Session, span: Span) -> list[Sum]:
    purpose = case((Payment.order_id.is_not(None), "orders"), else_="wifi")
    kinds = (Payment.currency, Payment.method, purpose)
    query = select(*kinds, func.count(), func.sum(MONEY)).where(*_within(Payment.settled_at, span))
    rows = session.execute(query.where(Payment.status == "paid").group_by(*kinds).order_by(*kinds))
    return [Sum(currency, method, purpose, count, int(minor)) for currency, method, purpose, count, minor in rows]


def _refunds_owed(session: Session, span: Span) -> Iterable[Refund]:
    return session.scalars(_refunds(Refund.created_at, span).where(Refund.status == "owed"))


def _refunds_sent(session: Session, span: Span) -> Iterable[Refund]:
    return session.scalars(_refunds(Refund.sent_at, span))


def _under_review(session: Session, span: Span) -> Iterable[Payment]:
    return session.scalars(_begun(span).where(Payment.status == "needs_review"))


def _settled_by_hand(session: Session, span: Span) -> Iterable[Payment]:
    """An admin said that the money came: in a review, or by settling the order with a reference."""
    vouched = and_(Payment.checkout_request_id.is_(None), Payment.prompted_at.is_(None))
    reviewed = Payment.review_reason.contains("Confirmed by ")
    query = _settled(span).where(Payment.method == "mpesa", Payment.status == "paid", or_(reviewed, vouched))
    return session.scalars(query.limit(MOST))


def _orders_without(session: Session, span: Span) -> list[Difference]:
    """M-Pesa orders that were confirmed on the day and have no paid payment. (Cash is paid when it is handed over.)"""
    paid = exists().where(Payment.order_id == Order.id, Payment.status == "paid")
    query = select(Order).where(*_within(Order.confirmed_at, span), Order.payment_method == "mpesa")
    query = query.where(Order.payment_status == "paid", ~paid).order_by(Order.id).limit(MOST)
    return [Difference("order_without_payment", order, None) for order in session.scalars(query)]


def _payments_without(session: Session, span: Span) -> list[Difference]:
    """Payments that count, but neither settled anything nor are owed back."""
    order, other = aliased(Order), aliased(Payment)
    twice = exists().where(other.order_id == Payment.order_id, other.status == "paid", other.id < Payment.id)
    unsettled = and_(order.id.is_not(None), order.payment_status.not_in(("paid", "refunding", "refunded")))
    no_pass = and_(Payment.wifi_package_id.is_not(None), ~exists().where(HotspotUser.payment_id == Payment.id))
    owed = exists().where(Refund.payment_id == Payment.id)
    query = _settled(span).outerjoin(order, Payment.order_id == order.id)
    kind = case((twice, "paid_twice"), (unsettled, "payment_without_order"), (no_pass, "payment_without_pass"))
    query = query.where(Payment.status == "paid", or_(twice, unsettled, no_pass), ~owed).limit(MOST)
    return [Difference(what, None, payment) for payment, what in session.execute(query.add_columns(kind))]


def _settled(span: Span) -> "Select[Payment]":
    order = selectinload(Payment.order)
    query = select(Payment).options(order, order.selectinload(Order.restaurant), selectinload(Payment.wifi_package))
    query = query.where(Payment.status.in_(SETTLED), *_within(Payment.settled_at, span))
    return query.order_by(Payment.settled_at, Payment.id)


def _begun(span: Span) -> "Select[Payment]":
    query = select(Payment).options(selectinload(Payment.order), selectinload(Payment.wifi_package))
    return query.where(*_within(Payment.created_at, span)).order_by(Payment.id).limit(MOST)


def _refunds(column: Any, span: Span) -> "Select[Refund]":
    return select(Refund).where(*_within(column, span)).order_by(Refund.id).limit(MOST)


def _within(column: Any, span: Span) -> tuple[Any, Any]:
    return (column >= span.begins, column < span.ends)


# The parts of a day's books, each a statement or two.
PARTS: Mapping[str, Callable[[Session, Span], Iterable[Any]]] = {
    "sums": _sums,
    "refunds_owed": _refunds_owed,
    "refunds_sent": _refunds_sent,
    "under_review": _under_review,
    "by_hand": _settled_by_hand,
    "orders_without": _orders_without,
    "payments_without": _payments_without,
}
