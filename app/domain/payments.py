"""An attempt to pay by M-Pesa: it is begun, and each change of it is written down.

The provider is asked in payment_push.py, after the row is committed: whatever breaks, there is a row that a callback
finds. What it says later is in payment_messages.py, its silence in payment_deadlines.py. The guard of each change is
the update itself, as in order_transition.py, with the order held first.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.contract.times import now
from app.errors import Conflict, Invalid, NotFound, NotOffered, PaymentInProgress
from app.extensions import atomic
from app.language import gettext as _
from app.models import Order, Payment, Person, ProviderMessage, WifiPackage
from app.models.payment import LIVE
from app.providers import mpesa

from .actor import Actor
from .locks import hold

CURRENCY = "KES"
# From -> to. `paid` and `rejected` are ends that only a contradiction reopens, for a person to decide.
EDGES: Mapping[str, frozenset[str]] = {
    "initiated": frozenset({"prompted", "paid", "rejected", "unknown", "needs_review"}),
    "prompted": frozenset({"paid", "rejected", "unknown", "needs_review"}),
    "unknown": frozenset({"prompted", "paid", "rejected", "needs_review"}),
    "needs_review": frozenset({"paid", "rejected"}),
    "rejected": frozenset({"needs_review"}),
    "paid": frozenset({"needs_review"}),
}
# After the prompt, in seconds: when the worker looks, asks the provider, and from when on it is `unknown`.
LOOKS = (15, 30, 60, 90, 120, 240, 480, 960, 1800)
FIRST_LOOK = timedelta(seconds=LOOKS[0])
SILENT_AFTER = timedelta(seconds=90)
GIVEN_UP_AFTER = timedelta(seconds=LOOKS[-1])
# An attempt that was never answered cannot be asked about: how long it counts as live.
UNANSWERED_FOR = timedelta(minutes=5)
# Longer than the provider is ever waited for: the process that asked is gone.
_ASKING_FOR = timedelta(seconds=60)
# However late in its half hour an order is paid, the prompt is given this long.
_TIME_FOR_A_PROMPT = timedelta(minutes=2)
_PHONE = "+254"
# How long an unpaid order waits, at most, for what a callback about it comes to.
_WORD_COUNTS_FOR = timedelta(minutes=10)
_LONGEST_REASON = 300


def start(order: Order, *, phone: str, by: Actor) -> Payment:
    """Begin an attempt to pay for `order` from `phone` (E.164); `payment_push.send` then asks the provider.

    Refuses with NotOffered, Invalid (a number that is not Kenyan), Conflict (the order does not wait for M-Pesa money)
    and PaymentInProgress (an attempt is live, or a callback about it waits, or a person is looking at money for it).
    """
    _check(phone)
    at = now()
    with atomic() as session:
        hold(session, order)
        if order.payment_method != "mpesa" or order.status != "awaiting_payment":
            raise Conflict(_("This order does not wait for a payment."), current_status=order.status)
        _check_money(order.currency, order.total_minor)
        if running := _in_the_way(session, order, at):
            raise PaymentInProgress(payment_id=running.id)
        payment = blank(at, amount_minor=whole_shillings(order.total_minor), currency=order.currency)
        payment.order, payment.person_id, payment.phone = order, by.id, phone
        payment.look_at = at + _ASKING_FOR
        _insert(session, payment)
        _give_time(session, order, at)
    return payment


def start_wifi(package: WifiPackage, *, phone: str, by: Person | None, language: str | None = None) -> Payment:
    """Begin an attempt to buy `package` from `phone` (E.164), with or without an account; the code comes in `language`.

    Refuses with NotOffered, NotFound (not sold), Invalid, Conflict (its currency) and PaymentInProgress.
    """
    _check(phone)
    at = now()
    if not package.is_sold:
        raise NotFound
    _check_money(package.restaurant.currency, package.price_minor)
    with atomic() as session:
        amount = whole_shillings(package.price_minor)
        payment = blank(at, amount_minor=amount, currency=package.restaurant.currency)
        payment.wifi_package, payment.person_id, payment.phone = package, by.id if by else None, phone
        payment.look_at, payment.language = at + _ASKING_FOR, language
        _insert(session, payment)
    return payment


def walk(session: Session, payment: Payment, to: str, *, at: datetime, **values: Any) -> None:
    """Take `payment`, which is held, to `to`, with `values` as further columns; it is then what the database holds.

    Raises ValueError where the table has no such edge, and Conflict where somebody was faster.
    """
    if to not in EDGES[payment.status]:
        raise ValueError(f"a payment that is {payment.status} cannot become {to}")
    if to not in LIVE:
        values = {"look_at": None, **values}
    write(session, payment, at=at, status=to, **values)


def write(session: Session, payment: Payment, *, at: datetime, **values: Any) -> None:
    """Set columns of `payment`, which is held, as one more version of it."""
    table = Payment.__table__
    guards = (table.c.id == payment.id, table.c.status == payment.status, table.c.version == payment.version)
    changes = {"changed_at": at, "version": table.c.version + 1, **values}
    row = session.execute(update(table).where(*guards).values(changes).returning(*table.c)).one_or_none()
    if row is None:
        raise Conflict(_("The payment changed meanwhile; look at it again."))
    for name, value in row._mapping.items():
        set_committed_value(payment, name, value)


def review(session: Session, payment: Payment, why: str, *, at: datetime, **values: Any) -> None:
    """Leave `payment`, which is held, to a person, who reads `why` after what was to be read before."""
    values["review_reason"] = _to_be_read(payment, why)
    if payment.status == "needs_review":
        write(session, payment, at=at, **values)
    else:
        walk(session, payment, "needs_review", at=at, **values)


def blank(at: datetime, *, amount_minor: int, currency: str, method: str = "mpesa") -> Payment:
    """A new attempt with names that nobody can guess; for what, and from which phone, is yet to be said."""
    return Payment(
        transaction_id=secrets.token_hex(16),
        callback_token=secrets.token_hex(16),
        method=method,
        status="initiated",
        amount_minor=amount_minor,
        currency=currency,
        created_at=at,
        changed_at=at,
    )


def note(kind: str, payment: Payment, body: str, outcome: str, at: datetime) -> ProviderMessage:
    """What the provider answered when we asked, as a row that is dealt with already."""
    return ProviderMessage(
        provider="mpesa",
        kind=kind,
        payment_id=payment.id,
        body=body.replace("\0", "\N{REPLACEMENT CHARACTER}"),
        received_at=at,
        outcome=outcome,
        processed_at=at,
    )


def subject(payment: Payment) -> tuple[str, Any, str]:
    """How the trail names a payment: with what it is for."""
    what = payment.order.number if payment.order else payment.wifi_package.name  # type: ignore[union-attr]
    return ("payment", payment.id, f"Payment {payment.id}, {what}")


def hold_with_order(session: Session, payment: Payment) -> None:
    """Hold the payment and, first, its order; before both its kitchen, where money may give it another place there."""
    order = session.get(Order, payment.order_id) if payment.order_id is not None else None
    if order is not None:
        if order.status == "awaiting_payment" and order.restaurant.capacity_minutes is not None:
            hold(session, order.restaurant)
        hold(session, order)
    hold(session, payment)


def latest(session: Session, order: Order) -> Payment | None:
    """The last attempt to pay for `order` by M-Pesa."""
    attempts = select(Payment).where(Payment.order_id == order.id, Payment.method == "mpesa")
    return session.scalars(attempts.order_by(Payment.id.desc()).limit(1)).first()


def whole_shillings(minor: int) -> int:
    """An amount that M-Pesa can move, which knows no cents: rounded half up, in minor units."""
    return (minor + 50) // 100 * 100


def _check(phone: str) -> None:
    if mpesa.current() is None:
        raise NotOffered
    if not phone.startswith(_PHONE):
        wrong = _("M-Pesa works with Kenyan numbers, like 0712 345 678.")
        raise Invalid(wrong, errors={"phone": [wrong]})


def _check_money(currency: str, minor: int) -> None:
    if currency != CURRENCY:
        raise Conflict(_("M-Pesa pays in %(currency)s alone.", currency=CURRENCY))
    if whole_shillings(minor) < 100:
        raise Conflict(_("M-Pesa moves one shilling at least."))


def _in_the_way(session: Session, order: Order, at: datetime) -> Payment | None:
    """What keeps another attempt from being begun: one that may yet bring money, or money that a person looks at."""
    is_looked_at = (Payment.status == "needs_review") & Payment.receipt.is_not(None)
    # Where a person or M-Pesa has said no, nobody waits for what else is said.
    is_open = (Payment.status != "rejected") & is_told_of(at)
    may_bring = Payment.status.in_(LIVE) | is_looked_at | is_open
    found = select(Payment).where(Payment.order_id == order.id, may_bring)
    return session.scalars(found.limit(1)).first()


def _to_be_read(payment: Payment, why: str) -> str:
    """`why` after what was written before.

    Where both are too long, what waits for a person stays whole, and what a person has read already gives way: each
    message stands on the payment's page.
    """
    before, is_read = payment.review_reason or "", payment.status != "needs_review"
    if not before or (why in before and not is_read):
        return before or why[:_LONGEST_REASON]
    both = f"{before}\nThen: {why}"
    if len(both) > _LONGEST_REASON:
        room = _LONGEST_REASON - len(why) - len("\nThen: ")
        both = f"{before[: max(0, room)]}\nThen: {why}" if is_read else before
    return both[:_LONGEST_REASON]


def _insert(session: Session, payment: Payment) -> None:
    session.add(payment)
    try:
        session.flush()
    except IntegrityError as error:
        # The database's own word that one is live (uq_payments_live_order, uq_payments_live_wifi).
        raise PaymentInProgress from error


def _give_time(session: Session, order: Order, at: datetime) -> None:
    """An order that is being paid is not given up: its half hour counts again, and the prompt has its time."""
    due_at = max(order.created_at + timedelta(minutes=order.restaurant.abandonment_minutes), at + _TIME_FOR_A_PROMPT)
    set_due(session, order, due_at)


def set_due(session: Session, order: Order, due_at: datetime) -> None:
    """When an order that waits for its payment is looked at next."""
    waiting = (Order.id == order.id, Order.status == "awaiting_payment")
    statement = update(Order).where(*waiting).values(due_at=due_at).execution_options(synchronize_session=False)
    session.execute(statement)
    set_committed_value(order, "due_at", due_at)


def is_told_of(at: datetime) -> ColumnElement[bool]:
    """Whether a callback about a payment came lately that has come to nothing yet: not looked at, or not verified."""
    return exists().where(
        ProviderMessage.payment_id == Payment.id,
        ProviderMessage.kind == "callback",
        ProviderMessage.processed_at.is_(None),
        ProviderMessage.received_at > at - _WORD_COUNTS_FOR,
    )


def has_live(session: Session, order: Order) -> bool:
    """Whether an attempt may still bring money by itself."""
    query = select(func.count()).select_from(Payment).where(Payment.order_id == order.id, Payment.status.in_(LIVE))
    return session.scalars(query).one() > 0
