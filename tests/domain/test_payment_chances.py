"""Any order of messages about an attempt whose answer was lost."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.contract.times import now
from app.domain import (
    orders,
    payment_deadlines,
    payments,
)
from app.extensions import db
from app.models import Order, Payment
from tests.balance import balance
from tests.daraja import BROKEN, STILL_ASKED, UNKNOWN, Daraja, callback, result
from tests.factories import asked_about, order_in, told
from tests.lost_answers import answered, ask_to_the_end, lost, outcomes


@pytest.fixture
def backend() -> str:
    """As in test_payment_outcomes.py; the races are in test_payment_races.py."""
    return "sqlite"


SAID = ("true", "true", "contrary", "wrong_amount", "forged_paid", "forged_no", "answer")
M_PESA = ("up", "away", "still_asked")
ACTS = (*SAID, *M_PESA, "ask", "ask", "cancel", "silence", "again")


@settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(acts=st.lists(st.sampled_from(ACTS), min_size=2, max_size=9), took=st.booleans())
@example(acts=["forged_paid"], took=False)
@example(acts=["forged_paid"], took=True)
@example(acts=["away", "true"], took=True)
@example(acts=["away", "true", "ask", "up", "forged_no"], took=True)
@example(acts=["forged_paid", "true", "ask"], took=True)
@example(acts=["true", "ask", "forged_paid"], took=True)
@example(acts=["forged_no", "ask", "contrary", "true"], took=True)
def test_no_order_of_messages_loses_or_invents_money(cast, daraja, acts, took):
    """M-Pesa took the money of each prompt or not, and says so when it is up; a forged id is known to nobody."""
    daraja.reset()
    order = order_in(cast, "awaiting_payment")
    scene = Scene(daraja, order, took, [lost(order, daraja)])
    for act in acts:
        scene.act(act)
    for payment in scene.attempts:
        ask_to_the_end(payment)
    own = select(Payment.receipt).where(Payment.order_id == order.id)
    where = {receipt: place for receipt, place in balance().items() if receipt in db.session.scalars(own).all()}
    assert not [receipt for receipt in where if receipt.startswith("FORGED")], "money was invented"
    for receipt, payment in scene.sent.items():
        assert receipt in where or payment.status == "needs_review", "money was lost"
    db.session.refresh(order)
    if order.status == "placed":
        assert where, "an order for nothing"
    assert "unverified" not in outcomes()


@dataclass
class Scene:
    """An order, the attempts to pay for it, and what was truly sent: receipt -> attempt."""

    daraja: Daraja
    order: Order
    took: bool
    attempts: list[Payment]
    state: str = "up"
    sent: dict[str, Payment] = field(default_factory=dict)

    def act(self, act):
        payment, order = self.attempts[-1], self.order
        checkout, forged = f"ws_CO_true_{payment.id}", f"ws_CO_forged_{payment.id}"
        say, lie = (partial(callback, payment, CheckoutRequestID=each) for each in (checkout, forged))
        match act:
            case "true" | "wrong_amount" if self.took:
                receipt = f"OWN{payment.id:07}"
                self.sent[receipt] = payment
                told(payment, say(receipt=receipt, **({"amount": 1} if act == "wrong_amount" else {})))
            case "true":
                told(payment, say(1032))
            case "contrary" if self.took:
                told(payment, say(1032))
            case "forged_paid":
                told(payment, lie(receipt=f"FORGED{payment.id:04}"))
            case "forged_no":
                told(payment, lie(1032))
            case "answer" if payment.prompted_at is None:
                answered(payment, checkout)
            case "up" | "away" | "still_asked":
                self.state = act
            case "ask":
                asked_about(payment)
            case "cancel" if order.status == "awaiting_payment":
                orders.call_off(order, by=order.customer)
            case "silence":
                with time_machine.travel(now() + timedelta(minutes=31)):
                    payment_deadlines.act_on_due()
            case "again" if order.status == "awaiting_payment" and not in_the_way(order):
                self.attempts.append(lost(order, self.daraja))
        self._know_the_truth()
        db.session.refresh(order)

    def _know_the_truth(self):
        up = self.state == "up"
        silent = BROKEN if self.state == "away" else STILL_ASKED
        for payment in self.attempts:
            self.daraja.truths[f"ws_CO_true_{payment.id}"] = result(0 if self.took else 1032) if up else silent
            self.daraja.truths[f"ws_CO_forged_{payment.id}"] = UNKNOWN if up else silent


def in_the_way(order):
    return payments._in_the_way(db.session(), order, now())
