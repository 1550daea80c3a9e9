"""What the provider says about a payment, kept word for word first and acted on afterwards, once.

What it comes to is the table in payment_outcomes.py. Here is what comes before it:

    a callback                                       becomes of the payment   outcome
    no JSON of one                                   (nothing)                malformed
    about a token that is nobody's                   (nothing)                unmatched
    about an attempt whose ids are known             as in the table
    about one whose ids are not, and it goes on      (nothing)                pending
    about one whose ids are not                      (waits on)               unverified: M-Pesa is asked, until
        the answer to the push came after all        as in the table
        M-Pesa says the same about that prompt       as in the table
        ... the opposite, or another merchant's id   needs_review             contradicts
        ... nothing clear for half an hour: a yes    needs_review             unconfirmed
        ...                                 a no     (nothing)                unconfirmed

Where a payment had counted already by the receipt that a callback tells of, and M-Pesa does not say no, nothing becomes
of it. Where one counts by M-Pesa's answer after another receipt was told of, a person looks as well.

The answer to our push is lost where the web process dies before it is written down, or M-Pesa is too slow. The attempt
has then no id by which a callback could be known for its own, and whoever knows the secret address could name any.
M-Pesa's answer to a query knows no amount, receipt or phone, so these stay the callback's word: a paid prompt of the
same shop that passed Passline by would be believed; the reconciliation with M-Pesa's statement shows it.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contract.times import now
from app.errors import NotFound
from app.extensions import atomic, db
from app.models import Payment, ProviderMessage
from app.providers import mpesa

from . import jobs, payment_outcomes, payment_push, payments

# Seconds from one question about an unverified callback to the next; after the last one a yes is for a person.
VERIFICATION_PAUSES = (5, 15, 60, 120, 300, 600, 900)
# Of so many callbacks of one payment each is asked about at once. Any more wait, each longer: whoever sends a flood of
# them holds up no other payment.
_AT_ONCE = 5
_APART = timedelta(minutes=1)
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


def verify(message_id: int, asked: int) -> str | None:
    """Ask M-Pesa about the prompt that an unverified callback names, after having `asked` that often, and act on both.

    The callback's outcome; None where it is not, or no longer, unverified.
    """
    question = _question(message_id)
    if question is None:
        return None
    word, payment_id, is_to_be_asked = question
    daraja = mpesa.current() if is_to_be_asked else None
    answer = daraja.query(word.checkout) if daraja else mpesa.NoAnswer("nobody was asked")
    at = now()
    with atomic() as session:
        message = session.get_one(ProviderMessage, message_id, with_for_update=True, populate_existing=True)
        if message.outcome != _UNVERIFIED:
            return None
        payment = session.get_one(Payment, payment_id)
        payments.hold_with_order(session, payment)
        if daraja:
            session.add(payments.note("query", payment, answer.raw, _heard(answer), at))
        outcome = _verified(session, payment, word, answer, at)
        if outcome in payment_outcomes.COUNTED and (why := _told_before(session, payment)):
            payments.review(session, payment, why, at=at)
        if outcome == _UNVERIFIED and asked < len(VERIFICATION_PAUSES):
            _verify_later(session, message, asked + 1, at + timedelta(seconds=VERIFICATION_PAUSES[asked]))
        elif outcome == _UNVERIFIED:
            outcome = _unconfirmed(session, payment, word, at)
        _conclude(message, outcome, at)
    if outcome == "forged" and isinstance(answer, mpesa.Word) and payment_outcomes.is_paid(answer):
        payment_push.doubt_holder(word.checkout, payment, at)
    _log.info("payment.verified", payment=payment_id, message=message_id, why=getattr(answer, "why", ""))
    return outcome


def _question(message_id: int) -> tuple[mpesa.Word, int, bool] | None:
    """What an unverified callback says, of which payment, and whether its ids are still not known; None for others."""
    message = db.session.get(ProviderMessage, message_id)
    found = None
    if message is not None and message.outcome == _UNVERIFIED and message.payment_id is not None:
        word, payment = mpesa.read_callback(message.body), db.session.get_one(Payment, message.payment_id)
        found = (word, payment.id, payment.checkout_request_id is None) if word else None
    # Nobody's transaction stays open while a stranger thinks.
    db.session.rollback()
    return found


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
    message.outcome = outcome
    # What is not verified still waits: its order is not given up meanwhile (order_money.is_being_paid).
    message.processed_at = None if outcome == _UNVERIFIED else at
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
        too_many = max(0, _unverified(session, payment) + 1 - _AT_ONCE)
        _verify_later(session, message, 0, at + too_many * _APART)
        return _UNVERIFIED
    return payment_outcomes.take(session, payment, word, by_callback=True, at=at)


def _unverified(session: Session, payment: Payment) -> int:
    waiting = ProviderMessage.payment_id == payment.id, ProviderMessage.outcome == _UNVERIFIED
    return session.scalars(select(func.count()).select_from(ProviderMessage).where(*waiting)).one()


def _verify_later(session: Session, message: ProviderMessage, asked: int, due_at: datetime) -> None:
    payload = {"message": message.id, "asked": asked}
    jobs.add(session, "verify_callback", f"message:{message.id}:{asked}", payload, due_at=due_at)


def _verified(session: Session, payment: Payment, word: mpesa.Word, answer: _Answer, at: datetime) -> str:
    """What a callback comes to by M-Pesa's own answer about the prompt that it names; `unverified` while it is none."""
    if payment.checkout_request_id is not None:
        # They were told meanwhile: by the answer to the push, or by a callback that was true.
        return payment_outcomes.take(session, payment, word, by_callback=True, at=at)
    if not isinstance(answer, mpesa.Word) or not payment_outcomes.is_last_word(answer):
        return _UNVERIFIED
    if why := _difference(word, answer):
        if not (_is_counted(payment, word) and payment_outcomes.is_paid(answer)):
            _doubt(session, payment, word if payment_outcomes.is_paid(word) else answer, why, at)
        return "contradicts"
    if payment_outcomes.is_paid(word):
        return payment_outcomes.take(session, payment, word, by_callback=True, at=at)
    # Of a no the answer is the last word, and needs no look. But what a person had confirmed is contradicted by both.
    is_paid = payment.status == "paid"
    return payment_outcomes.take(session, payment, answer, by_callback=is_paid, at=at)


def _difference(word: mpesa.Word, answer: mpesa.Word) -> str | None:
    """In what M-Pesa's answer is not what a callback told."""
    if payment_outcomes.is_paid(answer) and not payment_outcomes.is_paid(word):
        return "A callback said that it was not paid; M-Pesa, when asked, said that it was."
    if payment_outcomes.is_paid(word) and not payment_outcomes.is_paid(answer):
        return f"A callback told of receipt {word.receipt or '-'}; M-Pesa, when asked, said that it was not paid."
    if answer.merchant and word.merchant not in (None, answer.merchant):
        return "A callback named another prompt than the one that M-Pesa says it made."
    return None


def _unconfirmed(session: Session, payment: Payment, word: mpesa.Word, at: datetime) -> str:
    if payment_outcomes.is_paid(word) and not _is_counted(payment, word):
        _doubt(session, payment, word, _not_confirmed(word), at)
    return "unconfirmed"


def _not_confirmed(word: mpesa.Word) -> str:
    return f"A callback told of receipt {word.receipt or '-'}; M-Pesa did not confirm it when asked."


def _is_counted(payment: Payment, word: mpesa.Word) -> bool:
    return payment.status == "paid" and word.receipt in (None, payment.receipt)


def _doubt(session: Session, payment: Payment, word: mpesa.Word, why: str, at: datetime) -> None:
    """Nothing of what was said counts, nor do its ids: the callback that is true may be yet to come.

    But a no that follows a yes is a contradiction, not the end (payment_outcomes.py).
    """
    said = {}
    if payment_outcomes.is_paid(word) and payment.receipt is None:
        said = {"result_code": word.code, "result_text": word.text}
    payments.review(session, payment, why, at=at, **said)


def _told_before(session: Session, payment: Payment) -> str | None:
    """What a callback told of another receipt than the one that counts, where M-Pesa did not confirm it."""
    doubted = ProviderMessage.outcome.in_(("unconfirmed", "contradicts")), ProviderMessage.kind == "callback"
    bodies = session.scalars(select(ProviderMessage.body).where(ProviderMessage.payment_id == payment.id, *doubted))
    words = [word for body in bodies if (word := mpesa.read_callback(body)) and payment_outcomes.is_paid(word)]
    others = (word for word in words if word.receipt != payment.receipt)
    # The same prompt without a receipt is no other money.
    told = (word for word in others if word.receipt or word.checkout != payment.checkout_request_id)
    return next(map(_not_confirmed, told), None)


def _heard(answer: _Answer) -> str:
    """The outcome of a question that decides nothing by itself."""
    if isinstance(answer, mpesa.NoAnswer):
        return "unanswered"
    if isinstance(answer, mpesa.StillAsked) or not payment_outcomes.is_last_word(answer):
        return "pending"
    return "confirms_paid" if payment_outcomes.is_paid(answer) else "confirms_no"


def _is_decided(payment: Payment) -> bool:
    return payment.status == "paid" or payment.receipt is not None


def _answered(session: Session, payment: Payment, answer: _Answer, at: datetime) -> str:
    """What the answer to a query came to."""
    if isinstance(answer, mpesa.Word):
        outcome = payment_outcomes.take(session, payment, answer, by_callback=False, at=at)
    else:
        outcome = _heard(answer)
    is_asked_no_more = payment.status == "rejected" and payment.look_at is None
    # A no of a person's has its reason, and needs no confirmation.
    if outcome in ("pending", "unanswered") and is_asked_no_more and payment.review_reason is None:
        why = "M-Pesa said no, and did not confirm it when asked."
        payments.review(session, payment, why, at=at)
        return "contradicts"
    return outcome
