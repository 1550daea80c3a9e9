"""Payments: attempts, the provider's own words about them, and money that has to go back.

An attempt is keyed by the provider's CheckoutRequestID, the money by its receipt; both are unique, so that whatever is
said twice counts once. `status` changes only in domain/payments.py:

    initiated     the row is written, the provider is being asked
    prompted      the provider took it: the phone shows the prompt
    paid          the money is there
    rejected      the provider's final no
    unknown       nobody answered; it may be either, so it is never taken for a no
    needs_review  contradictory, or never answered: a person decides
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Index, Select, String, Text, false, or_, select, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contract.identity import Role
from app.contract.times import now
from app.extensions import Model

from .columns import BigInt, Instant, Key, choice, reference
from .order import Order
from .person import Person
from .restaurant import Restaurant
from .wifi import WifiPackage

LIVE = ("initiated", "prompted", "unknown")
_LIVE = "status in ('initiated', 'prompted', 'unknown')"


class Payment(Model):
    """One attempt to pay for an order or a Wi-Fi package, by M-Pesa or in cash; amounts in minor units."""

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("(order_id is null) <> (wifi_package_id is null)", name="for_one_thing"),
        CheckConstraint(
            "status in ('initiated', 'prompted', 'paid', 'rejected', 'unknown', 'needs_review')", name="status"
        ),
        CheckConstraint("method in ('mpesa', 'cash')", name="method"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("status <> 'paid' or settled_at is not null", name="paid_is_settled"),
        CheckConstraint("version >= 1", name="version"),
        # Never two live attempts for one order, nor two prompts for one package on one phone.
        Index(
            "uq_payments_live_order",
            "order_id",
            unique=True,
            postgresql_where=text(f"order_id is not null and {_LIVE}"),
            sqlite_where=text(f"order_id is not null and {_LIVE}"),
        ),
        Index(
            "uq_payments_live_wifi",
            "wifi_package_id",
            "phone",
            unique=True,
            postgresql_where=text(f"wifi_package_id is not null and {_LIVE}"),
            sqlite_where=text(f"wifi_package_id is not null and {_LIVE}"),
        ),
        Index("ix_payments_order_id", "order_id"),
        Index(
            "ix_payments_look_at",
            "look_at",
            postgresql_where=text("look_at is not null"),
            sqlite_where=text("look_at is not null"),
        ),
        Index("ix_payments_status_id", "status", "id"),
        # One for the list by method, one for the list of a day, one for what came in, read from the index alone.
        Index("ix_payments_method_id", "method", "id"),
        Index("ix_payments_created_at", "created_at"),
        # The status first: SQLite would read every paid one rather than those of a span.
        Index("ix_payments_settled", "status", "settled_at", "currency", "method", "amount_minor", "received_minor"),
    )

    id: Mapped[Key]
    # Our own name for it, 128 random bits in hex; whoever knows it may ask how it went.
    transaction_id: Mapped[str] = mapped_column(String(32), unique=True)
    # The last part of the address that the provider calls back; 128 random bits in hex.
    callback_token: Mapped[str] = mapped_column(String(32), unique=True)
    method: Mapped[str] = mapped_column(choice())
    status: Mapped[str] = mapped_column(choice(), default="initiated")
    version: Mapped[int] = mapped_column(default=1)
    order_id: Mapped[int | None] = reference("orders.id")
    wifi_package_id: Mapped[int | None] = reference("wifi_packages.id")
    person_id: Mapped[int | None] = reference("people.id")
    phone: Mapped[str] = mapped_column(String(20), default="")
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    # What its guest reads, where a code is sent for it.
    language: Mapped[str | None] = mapped_column(String(10))
    checkout_request_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    merchant_request_id: Mapped[str | None] = mapped_column(String(100))
    receipt: Mapped[str | None] = mapped_column(String(40), unique=True)
    # What came by that receipt, where the provider said it: `amount_minor` is what was asked for.
    received_minor: Mapped[int | None]
    # The provider's last word as it said it, and ours where a person has to look.
    result_code: Mapped[str | None] = mapped_column(String(40))
    result_text: Mapped[str | None] = mapped_column(String(300))
    review_reason: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    prompted_at: Mapped[datetime | None] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant, default=now)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    # When the worker looks at it next if nobody said anything, and how often it has asked the provider.
    look_at: Mapped[datetime | None] = mapped_column(Instant)
    queries: Mapped[int] = mapped_column(default=0)

    order: Mapped[Order | None] = relationship()
    wifi_package: Mapped[WifiPackage | None] = relationship()
    person: Mapped[Person | None] = relationship()

    @property
    def restaurant(self) -> Restaurant:
        """Whose it is: of its order, or of its Wi-Fi package; a constraint says that it is for one of them."""
        return self.order.restaurant if self.order else self.wifi_package.restaurant  # type: ignore[union-attr]

    @property
    def is_live(self) -> bool:
        """Whether it may still bring money by itself."""
        return self.status in LIVE

    @property
    def money_minor(self) -> int:
        """How much it brought: what the provider says came, else what was asked for."""
        return self.amount_minor if self.received_minor is None else self.received_minor

    @classmethod
    def visible_to(cls, person: Any) -> "Select[Payment]":
        """The payments that `person` may see: all for an admin; one's own, and those for one's orders, for others.

        An anonymous visitor sees none.
        """
        return select(cls).where(cls.seen_by(person))

    @classmethod
    def seen_by(cls, person: Any) -> ColumnElement[bool]:
        """The condition of `visible_to`, for queries that ask for something more."""
        if getattr(person, "role", None) == Role.ADMIN:
            return true()
        own = getattr(person, "id", None)
        return false() if own is None else or_(cls.person_id == own, cls.order.has(Order.customer_id == own))


class ProviderMessage(Model):
    """What a provider said, word for word, stored before it is answered and looked at afterwards."""

    __tablename__ = "provider_messages"
    __table_args__ = (
        CheckConstraint("kind in ('push', 'query', 'callback', 'sms', 'sms_receipt')", name="kind"),
        Index("ix_provider_messages_payment_id", "payment_id"),
    )

    id: Mapped[Key]
    provider: Mapped[str] = mapped_column(choice(40))
    kind: Mapped[str] = mapped_column(choice())
    payment_id: Mapped[int | None] = reference("payments.id")
    body: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(String(45), default="")
    received_at: Mapped[datetime] = mapped_column(Instant, default=now)
    # What it came to, in a word of domain/payment_messages.py and payment_outcomes.py; while that is open, as where
    # M-Pesa is still asked whether it is true, nothing was processed.
    outcome: Mapped[str | None] = mapped_column(String(40))
    processed_at: Mapped[datetime | None] = mapped_column(Instant)


class Refund(Model):
    """Money that has to go back, as a task: one for each payment. `sent_reference` is how whoever sent it proves it."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("status in ('owed', 'sent')", name="status"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("(status = 'sent') = (sent_reference is not null)", name="sent_has_a_reference"),
        Index("ix_refunds_status_id", "status", "id"),
        Index("ix_refunds_created_at", "created_at"),
        Index("ix_refunds_sent_at", "sent_at"),
    )

    id: Mapped[Key]
    payment_id: Mapped[int] = reference("payments.id", unique=True)
    order_id: Mapped[int | None] = mapped_column(BigInt)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    # Why: order_gone, paid_twice, order_cancelled, wifi_revoked, review.
    reason: Mapped[str] = mapped_column(choice(40))
    status: Mapped[str] = mapped_column(choice(), default="owed")
    sent_reference: Mapped[str | None] = mapped_column(String(100), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    sent_by_id: Mapped[int | None] = reference("people.id")

    payment: Mapped[Payment] = relationship(lazy="joined", innerjoin=True)
