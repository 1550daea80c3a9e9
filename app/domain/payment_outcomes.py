"""What a word of M-Pesa's makes of a payment: the table of cases, and the one function that walks it.

First match first. A callback's word counts more than an answer to a query; money that came is known by its receipt,
and each receipt ends in one place: it settled something, it goes back, or a person looks at it.

    says                                    of a payment that is      becomes
    other ids than the attempt's            live                      needs_review   forged
        ... paid, by callback, where M-Pesa
        itself never told the attempt's     any                       needs_review   forged
    paid, its receipt is the payment's      any                       (nothing)      repeated
    paid, its receipt is another payment's  all but paid              needs_review   contradicts
        ... an admin's word for this order  live, needs_review        rejected       repeated
    paid, with a second receipt             any                       (a payment of its own) needs_review  contradicts
    paid, no receipt                        all but paid              needs_review   no_receipt
    paid, another amount or phone           all but paid              needs_review   wrong_amount, wrong_phone
    paid, where a callback alone told the
        attempt's ids                       needs_review              needs_review   contradicts
    paid                                    live, needs_review        paid           settled, or order_gone, paid_twice
    paid                                    rejected                  needs_review   contradicts
    no                                      live                      rejected       rejected (asked about once more)
    no                                      needs_review, no money    rejected       rejected
    no, by callback                         paid                      needs_review   contradicts
    a query: paid (it knows no receipt)     live                      (waits on)     says_paid
    a query: no                             paid                      (nothing)      contradicts
    a query: no end, or no answer, at last  rejected                  needs_review   contradicts
    anything else                           any                       (nothing)      repeated, pending, contradicts

Where the answer to our push was lost, the attempt has no ids that a word could be held against: then a callback comes
here only when M-Pesa, asked about the prompt that it names, says the same (payment_messages.verify).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.language import SOURCE
from app.models import Payment
from app.providers import mpesa

from . import order_money, orders, passes, payment_events, payments, refunds
from .actor import SYSTEM, Actor
from .money import spoken

# Outcomes by which money counts from now on, wherever it then goes.
COUNTED = ("settled", "order_gone", "paid_twice")
_PAID = "0"
# It goes on, whoever says so.
_PENDING = ("4999",)
# Answers of a query that are M-Pesa's last word. Any other code, and be it new, is none.
_FINAL = ("1", "17", "26", "1001", "1019", "1025", "1032", "1036", "1037", "2001", "2006", "2028", "9999")


def is_paid(word: mpesa.Word) -> bool:
    """Whether it says that the money was taken."""
    return word.code == _PAID


def is_pending(word: mpesa.Word) -> bool:
    """Whether it says that there is no end yet."""
    return word.code in _PENDING


def is_last_word(answer: mpesa.Word) -> bool:
    """Whether the answer to a query is how it ended."""
    return answer.code == _PAID or answer.code in _FINAL


def take(session: Session, payment: Payment, word: mpesa.Word, *, by_callback: bool, at: datetime) -> str:
    """Walk the table with `payment`, which is held with its order; the outcome."""
    if _is_anothers(session, payment, word):
        return _forged(session, payment, word, by_callback, at)
    if is_paid(word):
        return _money(session, payment, word, at) if by_callback else _says_paid(session, payment, word, at)
    if is_pending(word) or not (by_callback or is_last_word(word)):
        return "pending"
    return _no(session, payment, word, by_callback, at)


def _is_anothers(session: Session, payment: Payment, word: mpesa.Word) -> bool:
    """Whether the ids are not this attempt's; one that has none may have any that is no other payment's."""
    if payment.merchant_request_id is not None and word.merchant not in (None, payment.merchant_request_id):
        return True
    if payment.checkout_request_id is not None:
        return payment.checkout_request_id != word.checkout
    known = select(Payment.id).where(Payment.checkout_request_id == word.checkout)
    return session.scalars(known).first() is not None


def _forged(session: Session, payment: Payment, word: mpesa.Word, by_callback: bool, at: datetime) -> str:
    # Where M-Pesa itself never told the attempt's ids, money by others may be the attempt's after all.
    may_be_ours = payment.prompted_at is None and (word.receipt is None or word.receipt != payment.receipt)
    if by_callback and is_paid(word) and (payment.is_live or may_be_ours):
        said = _word(word) if payment.prompted_at is None and payment.receipt is None else {}
        why = f"A callback with other ids than this attempt's told of receipt {word.receipt or '-'}."
        return _review(session, payment, why, at, "forged", **said)
    if payment.is_live:
        return _review(session, payment, "A callback named other ids than this attempt's.", at, "forged")
    return "forged"


def _money(session: Session, payment: Payment, word: mpesa.Word, at: datetime) -> str:
    if word.receipt is None:
        if payment.status != "paid" and payment.receipt is None:
            said = {**_ids(payment, word), **_word(word)}
            _review(session, payment, "M-Pesa says that it was paid, and names no receipt.", at, **said)
        return "no_receipt"
    known = session.scalars(select(Payment).where(Payment.receipt == word.receipt)).one_or_none()
    if known is payment:
        return "repeated"
    if known is not None:
        return _known_money(session, payment, known, word, at)
    if payment.receipt is not None:
        return _second_money(session, payment, word, at)
    wrong = _misfit(payment, word)
    got = {**_ids(payment, word), **_word(word), "receipt": word.receipt, "received_minor": word.received_minor}
    if wrong is not None:
        outcome, why = wrong
        return _review(session, payment, why, at, outcome, **got)
    if payment.status == "rejected":
        return _review(session, payment, "It was refused first, then paid.", at, **got)
    if payment.status == "needs_review" and payment.checkout_request_id is not None and payment.prompted_at is None:
        return _review(session, payment, "It was doubted first, then paid.", at, **got)
    return _settle(session, payment, got, at)


def _settle(session: Session, payment: Payment, got: dict[str, Any], at: datetime) -> str:
    """The money is there and fits: it counts from now on, for what it was meant, or as money that goes back."""
    payments.walk(session, payment, "paid", at=at, settled_at=at, review_reason=None, **got)
    payment_events.completed(session, payment, at=at)
    return deliver(session, payment, at=at)


def deliver(session: Session, payment: Payment, *, at: datetime, by: Actor = SYSTEM) -> str:
    """Give what was paid for, once: the order goes to its kitchen; what cannot be given any more is owed back.

    `by`: who says that it was paid, where that is not M-Pesa.
    """
    order = payment.order
    if order is None:
        passes.mint_for_payment(session, payment, at=at)
        return "settled"
    if order.status == "awaiting_payment":
        orders.settle(order, by=by, note=None if by is SYSTEM else f"Receipt {payment.receipt}")
        return "settled"
    if order.status != "cancelled":
        refunds.owe(session, payment, "paid_twice", at=at)
        return "paid_twice"
    refunds.owe(session, payment, "order_gone", at=at)
    refunds.set_payment_status(session, order, "refunding")
    return "order_gone"


def _known_money(session: Session, payment: Payment, known: Payment, word: mpesa.Word, at: datetime) -> str:
    """The receipt stands on another payment: an admin entered it before the callback came, or it is used twice."""
    is_same = payment.order_id is not None and known.order_id == payment.order_id and known.checkout_request_id is None
    if not is_same:
        if payment.status != "paid":
            _review(session, payment, f"Its receipt {word.receipt} is that of payment {known.id}.", at)
        return "contradicts"
    if payment.is_live or (payment.status == "needs_review" and payment.receipt is None):
        said = {"result_code": word.code, "result_text": f"This money was entered before, as payment {known.id}."}
        payments.walk(session, payment, "rejected", at=at, **_ids(payment, word), **said)
    return "repeated"


def _second_money(session: Session, payment: Payment, word: mpesa.Word, at: datetime) -> str:
    """One prompt, two receipts: the second money is a payment of its own, and a person decides about it."""
    other = payments.blank(at, amount_minor=payment.amount_minor, currency=payment.currency)
    other.order, other.wifi_package, other.person_id = payment.order, payment.wifi_package, payment.person_id
    other.phone, other.status, other.receipt = payment.phone, "needs_review", word.receipt
    other.received_minor, other.result_code, other.result_text = word.received_minor, word.code, word.text
    other.review_reason = f"A second receipt for the prompt of payment {payment.id}."
    session.add(other)
    session.flush()
    return "contradicts"


def _misfit(payment: Payment, word: mpesa.Word) -> tuple[str, str] | None:
    """What does not fit about money that came, and in words."""
    if word.received_minor != payment.amount_minor:
        came = "no amount" if word.received_minor is None else spoken(word.received_minor, payment.currency, SOURCE)
        asked = spoken(payment.amount_minor, payment.currency, SOURCE)
        return "wrong_amount", f"{came} came, {asked} were asked for."
    if not _is_phone(word.phone, payment.phone):
        return "wrong_phone", "The money came from another phone than the one that was asked."
    return None


def _is_phone(told: str | None, asked: str) -> bool:
    """Whether what M-Pesa tells of a number, of which it may hide a part, is `asked`."""
    if told is None or len(told) != len(asked):
        return False
    return all(mine == theirs or theirs in "*xX" for mine, theirs in zip(asked, told, strict=True))


def _no(session: Session, payment: Payment, word: mpesa.Word, by_callback: bool, at: datetime) -> str:
    if payment.status == "rejected":
        if not by_callback and payment.look_at is not None:
            payments.write(session, payment, at=at, look_at=None)
        return "repeated"
    if payment.status == "paid":
        if by_callback:
            _review(session, payment, f"It was paid, then refused: {word.text}", at)
        return "contradicts"
    if payment.receipt is not None:
        return "contradicts"
    if payment.result_code == _PAID:
        return _review(session, payment, f"M-Pesa said paid, then no: {word.text}", at, **_ids(payment, word))
    # A callback's no is asked about at the next look, also where a person was to look: the yes that contradicts it may
    # have been lost on its way.
    look_at = (payment.look_at or at + payments.FIRST_LOOK) if by_callback else None
    said = {**_ids(payment, word), **_word(word)}
    payments.walk(session, payment, "rejected", at=at, review_reason=None, look_at=look_at, **said)
    if payment.order is not None:
        order_money.shorten(session, payment.order, at=at)
    return "rejected"


def _says_paid(session: Session, payment: Payment, word: mpesa.Word, at: datetime) -> str:
    """A query knows no receipt, and money without one cannot be counted once: its callback is waited for."""
    if payment.status == "rejected":
        return _review(session, payment, "It was refused first; asked again, M-Pesa says paid.", at, **_word(word))
    if payment.is_live or (payment.status == "needs_review" and payment.receipt is None):
        payments.write(session, payment, at=at, **_word(word))
    return "says_paid"


def _review(
    session: Session, payment: Payment, why: str, at: datetime, outcome: str = "contradicts", **values: Any
) -> str:
    payments.review(session, payment, why, at=at, **values)
    return outcome


def _ids(payment: Payment, word: mpesa.Word) -> dict[str, Any]:
    """The attempt's ids where this message is the first to tell them."""
    if payment.checkout_request_id is not None:
        return {}
    return {"checkout_request_id": word.checkout, "merchant_request_id": word.merchant}


def _word(word: mpesa.Word) -> dict[str, Any]:
    return {"result_code": word.code, "result_text": word.text}
