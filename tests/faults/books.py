"""The books after payments: the provider's ledger against our rows, receipt by receipt."""

import json
from collections import Counter
from typing import Any

from sqlalchemy import func, or_, select

from app.extensions import db
from app.models import EventLog, HotspotUser, Job, Order, Payment, ProviderMessage
from tests.balance import balance, completed

from .payments import Market


def audit(market: Market) -> Counter[str]:
    """Where the provider's money is, by the kind of place; fails where any was lost, doubled or invented."""
    where, ledger = balance(), market.ask("/control/ledger")
    taken = {str(line["receipt"]) for line in ledger}
    places: Counter[str] = Counter()
    counted: set[int] = set()
    for line in ledger:
        payment = _of(line, taken, counted)
        counted.add(payment.id)
        if payment.receipt == line["receipt"]:
            assert payment.money_minor == int(line["amount"]) * 100, line
            places[where[payment.receipt]] += 1
        else:
            places["review, its own receipt never came"] += 1
    assert places.total() == len(ledger)
    assert {where[receipt] for receipt in where.keys() - taken} <= {"review"}, "money was invented"
    _check_orders(taken)
    _check_passes(taken)
    _check_events()
    return places


def _of(line: dict[str, Any], taken: set[str], counted: set[int]) -> Payment:
    """The one payment that has this money: by its receipt, or, where that never came (none, or a forged one alone),
    one of its phone that a person sees."""
    known = db.session.scalars(select(Payment).where(Payment.receipt == line["receipt"])).one_or_none()
    if known is None:
        seen = Payment.phone == f"+{line['phone']}", Payment.status == "needs_review", Payment.id.not_in(counted)
        is_unproved = or_(Payment.receipt.is_(None), Payment.receipt.not_in(taken))
        known = db.session.scalars(select(Payment).where(*seen, is_unproved)).first()
    assert known is not None, f"money was lost: {line}; {_story(line)}"
    assert known.id not in counted, f"money was counted twice: {line}"
    assert (known.order.number if known.order else f"WIFI-{known.id}") == line["account"] or known.wifi_package_id
    return known


def _story(line: dict[str, Any]) -> list[object]:
    """All that is known of a phone's payments: for whoever looks for money."""
    told: list[object] = []
    for payment in db.session.scalars(select(Payment).where(Payment.phone == f"+{line['phone']}")):
        told.append((payment.id, payment.status, payment.receipt, payment.result_code, payment.checkout_request_id))
        of_it = select(ProviderMessage.kind, ProviderMessage.outcome, ProviderMessage.body)
        told += db.session.execute(of_it.where(ProviderMessage.payment_id == payment.id).order_by(ProviderMessage.id))
    return told


def _check_orders(taken: set[str]) -> None:
    """No order went to its kitchen without money of its own."""
    for order in db.session.scalars(select(Order).where(Order.confirmed_at.is_not(None))):
        paid = db.session.scalars(select(Payment.receipt).where(Payment.order_id == order.id)).all()
        assert taken & {receipt for receipt in paid if receipt}, f"{order.number} was settled without money"


def _check_passes(taken: set[str]) -> None:
    """No pass without money, and none told of twice."""
    minted = db.session.execute(
        select(HotspotUser.id, Payment.receipt).join(Payment, Payment.id == HotspotUser.payment_id)
    ).all()
    assert {receipt for _, receipt in minted} <= taken, "a pass without money"
    created = db.session.scalars(
        select(EventLog.data).where(EventLog.name == "HotspotUserCreated", EventLog.room == "hotspot-users")
    )
    told = Counter(json.loads(data)["user"]["id"] for data in created)
    assert told == Counter(id for id, _ in minted)


def _check_events() -> None:
    """Each payment that was settled was told once, and no other; nothing that was said waits for ever."""
    settled = db.session.scalars(select(Payment.id).where(Payment.settled_at.is_not(None)))
    assert completed() == Counter(settled)
    open_ = select(ProviderMessage.id).where(ProviderMessage.kind == "callback", ProviderMessage.processed_at.is_(None))
    assert db.session.scalars(open_).all() == []
    dead = select(Job.key, Job.last_error).where(Job.status == "dead", Job.kind != "query_payment")
    assert db.session.execute(dead).all() == []


def told(market: Market, places: Counter[str], seconds: float) -> str:
    """The figures of a run in a few lines."""
    ends = dict(db.session.execute(select(Payment.status, func.count()).group_by(Payment.status)).all())  # type: ignore[arg-type]
    lines = {
        "time": f"{seconds / 60:.1f} min",
        "answers": dict(market.answers),
        "kills": dict(market.kills),
        "payments by end": ends,
        "money by place": dict(places),
    }
    return "\n".join(f"{name}: {figures}" for name, figures in lines.items())
