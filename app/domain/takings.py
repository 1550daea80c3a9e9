"""What came in: paid payments, cash and M-Pesa alike, by when they were settled; each currency for itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.models import Payment

from .days import Span, numbered

# What a payment brought, as `Payment.money_minor` says it of one.
MONEY = func.coalesce(Payment.received_minor, Payment.amount_minor)


@dataclass(frozen=True, slots=True)
class Taken:
    """So many payments of one currency in the span number `n`, and their sum in minor units."""

    n: int
    currency: str
    payments: int
    minor: int


def taken(session: Session, spans: Sequence[Span]) -> list[Taken]:
    """What came in during each of `spans`; those in which nothing did have no line."""
    each = numbered(spans)
    within = and_(
        Payment.status == "paid",
        Payment.settled_at >= each.c.begins,
        Payment.settled_at < each.c.ends,
    )
    kinds = (each.c.n, Payment.currency)
    query = select(*kinds, func.count(), func.sum(MONEY)).select_from(each).join(Payment, within)
    rows = session.execute(query.group_by(*kinds).order_by(*kinds))
    return [Taken(n, currency, count, int(minor)) for n, currency, count, minor in rows]
