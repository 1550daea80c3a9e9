"""What the provider says about a payment, kept word for word first and acted on afterwards, once.

What it comes to is the table in payment_outcomes.py. Here is what comes before it, in the words of outcomes:

    no JSON of a callback                            malformed
    about a token that is nobody's                   unmatched
    about an attempt whose ids are not known yet     unverified, until M-Pesa was asked about the prompt that it names:
        M-Pesa says the same                         as in the table
        M-Pesa says the opposite                     contradicts, needs_review
        M-Pesa does not say, for half an hour        unconfirmed; needs_review where it told of money

The answer to our push is lost where the web process dies before it is written down, or M-Pesa is too slow. The attempt
has then no id by which a callback could be known for its own, and whoever knows the secret address could name any.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contract.times import now
from app.errors import NotFound
from app.extensions import atomic, db
from app.models import Payment, ProviderMessage
from app.providers import mpesa

from . import jobs, payment_outcomes, payments

# Seconds from one question about an unverified callback to the next; after the last one a person looks.
VERIFICATION_PAUSES = (5, 15, 60, 120, 300, 600, 900)
_UNVERIFIED = "unverified"
_Answer = mpesa.Word | mpesa.StillAsked | mpesa.NoAnswer
_log = structlog.get_logger(__name__)


def receive(token: str, body: str, *, address: str) -> ProviderMessage:
    """Keep a callback as it came, from `address`, and have it looked at: one transaction, and no more than that."""
    with atomic() as session:
        payment_id = session.scalars(select(Payment.id).where(Payment.callback_token == token)).one_or_none()
        message = ProviderMessage(
            provider="mpesa",
            kind="callback",
            payment_id=payment_id,
            # PostgreSQL keeps no NUL in text.
            body=body.replace("\0", "\N{REPLACEMENT CHARACTER}"),
            address=address,
        )
        session.add(message)
        session.flush()
        jobs.add(session, "process_payment", f"message:{message.id}", {"message": message.id})
    return message


def process(message_id: int) -> str:
    """Act on a callback that was kept; its outcome, a word of the tables. Said again, nothing happens a second time."""
    at = now()
    with atomic() as session:
        message = session.get(ProviderMessage, message_id, with_for_update=True, populate_existing=True)
        if message is None:
            raise NotFound
        if message.outcome is None:
            _conclude(message, _outcome(session, message, at), at)
        return str(message.outcome)


def verify(message_id: int, nth: int) -> str | None:
    """Ask M-Pesa, for the `nth` time, about the prompt that an unverified callback names, and act on both.

    The callback's outcome; None where it is not, or no longer, unverified.
    """
    message, daraja = db.session.get(ProviderMessage, message_id), mpesa.current()
    if message is None or message.outcome != _UNVERIFIED or (word := mpesa.read_callback(message.body)) is None:
        db.session.rollback()
        return None
    # Nobody's transaction stays open while a stranger thinks.
    db.session.rollback()
    answer = daraja.query(word.checkout) if daraja else mpesa.NoAnswer("M-Pesa is not set up")
    at = now()
    with atomic() as session:
        message = session.get_one(ProviderMessage, message_id, with_for_update=True, populate_existing=True)
        if message.outcome != _UNVERIFIED:
            return None
        payment = session.get_one(Payment, message.payment_id)
        payments.hold_with_order(session, payment)
        session.add(payments.note("query", payment, answer.raw, _heard(answer), at))
        outcome = _verified(session, payment, word, answer, at)
        if outcome == _UNVERIFIED and nth >= len(VERIFICATION_PAUSES):
            outcome = _given_up(session, payment, word, at)
        if outcome == _UNVERIFIED:
            _verify_later(session, message, nth + 1, at + timedelta(seconds=VERIFICATION_PAUSES[nth]))
        _conclude(message, outcome, at)
        return outcome


def ask(payment_id: int) -> str | None:
    """Ask M-Pesa how a payment went, and act on the answer; None where there is nothing to ask."""
    payment, daraja = db.session.get(Payment, payment_id), mpesa.current()
    if payment is None or daraja is None or payment.checkout_request_id is None or _is_decided(payment):
        db.session.rollback()
        return None
    checkout = payment.checkout_request_id
    db.session.rollback()
    answer = daraja.query(checkout)
    at = now()
    with atomic() as session:
        payments.hold_with_order(session, payment)
        outcome = _answered(session, payment, answer, at)
        session.add(payments.note("query", payment, answer.raw, outcome, at))
    _log.info("payment.asked", payment=payment_id, outcome=outcome, why=getattr(answer, "why", ""))
    return outcome


def _conclude(message: ProviderMessage, outcome: str, at: datetime) -> None:
    message.outcome, message.processed_at = outcome, at
    _log.info("payment.told", payment=message.payment_id, message=message.id, outcome=outcome)


def _outcome(session: Session, message: ProviderMessage, at: datetime) -> str:
    word = mpesa.read_callback(message.body)
    if word is None:
        return "malformed"
    payment = session.get(Payment, message.payment_id) if message.payment_id is not None else None
    if payment is None:
        return "unmatched"
    payments.hold_with_order(session, payment)
    if payment.checkout_request_id is None and not payment_outcomes.is_pending(word):
        _verify_later(session, message, 0, at)
        return _UNVERIFIED
    return payment_outcomes.take(session, payment, word, by_callback=True, at=at)


def _verify_later(session: Session, message: ProviderMessage, nth: int, due_at: datetime) -> None:
    payload = {"message": message.id, "nth": nth}
    jobs.add(session, "verify_callback", f"message:{message.id}:{nth}", payload, due_at=due_at)


def _verified(session: Session, payment: Payment, word: mpesa.Word, answer: _Answer, at: datetime) -> str:
    """What a callback comes to by M-Pesa's own answer about the prompt that it names; `unverified` while it is none."""
    if payment.checkout_request_id is not None:
        # They were told meanwhile: by the answer to the push, or by a callback that was true.
        return payment_outcomes.take(session, payment, word, by_callback=True, at=at)
    if not isinstance(answer, mpesa.Word) or not payment_outcomes.is_last_word(answer):
        return _UNVERIFIED
    if _is_same(word, answer):
        is_paid = payment_outcomes.is_paid(word)
        # An answer to a query knows no receipt; the last word about a no is its own.
        return payment_outcomes.take(session, payment, word if is_paid else answer, by_callback=is_paid, at=at)
    _doubt(session, payment, word, _difference(word, answer), at)
    return "contradicts"


def _is_same(word: mpesa.Word, answer: mpesa.Word) -> bool:
    """Whether M-Pesa answers what a callback told."""
    is_same_prompt = answer.merchant is None or word.merchant in (None, answer.merchant)
    return is_same_prompt and payment_outcomes.is_paid(word) == payment_outcomes.is_paid(answer)


def _given_up(session: Session, payment: Payment, word: mpesa.Word, at: datetime) -> str:
    if payment_outcomes.is_paid(word):
        why = f"A callback told of receipt {word.receipt or '-'}; M-Pesa did not confirm it when asked."
        _doubt(session, payment, word, why, at)
    return "unconfirmed"


def _doubt(session: Session, payment: Payment, word: mpesa.Word, why: str, at: datetime) -> None:
    """Nothing of what was said counts, nor do its ids: the callback that is true may be yet to come."""
    if payment.status != "paid" or word.receipt not in (None, payment.receipt):
        payments.review(session, payment, why, at=at)


def _difference(word: mpesa.Word, answer: mpesa.Word) -> str:
    if payment_outcomes.is_paid(word) == payment_outcomes.is_paid(answer):
        return "A callback named other ids than this attempt's."
    if payment_outcomes.is_paid(answer):
        return "A callback said that it was not paid; M-Pesa, when asked, said that it was."
    return f"A callback told of receipt {word.receipt or '-'}; M-Pesa, when asked, said that it was not paid."


def _heard(answer: _Answer) -> str:
    """The outcome of a question that decides nothing by itself."""
    if isinstance(answer, mpesa.NoAnswer):
        return "unanswered"
    if isinstance(answer, mpesa.StillAsked) or not payment_outcomes.is_last_word(answer):
        return "pending"
    return "says_paid" if payment_outcomes.is_paid(answer) else "says_no"


def _is_decided(payment: Payment) -> bool:
    return payment.status == "paid" or payment.receipt is not None


def _answered(session: Session, payment: Payment, answer: _Answer, at: datetime) -> str:
    """What the answer to a query came to."""
    outcome = "unanswered" if isinstance(answer, mpesa.NoAnswer) else "pending"
    if isinstance(answer, mpesa.Word):
        outcome = payment_outcomes.take(session, payment, answer, by_callback=False, at=at)
    if outcome in ("pending", "unanswered") and payment.status == "rejected" and payment.look_at is None:
        why = "M-Pesa said no, and did not confirm it when asked for half an hour."
        payments.review(session, payment, why, at=at)
        return "contradicts"
    return outcome
