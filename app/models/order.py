"""Orders, their items frozen at the price of the moment, the words they are found by, and requests to cancel.

`status` and `version` change only in domain/order_transition.py. `confirmed_at` is when the order became the kitchen's
business (paid, or cash): before it no vendor sees it. Who may see an order is `Order.visible_to`, and nowhere else.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Index, Select, String, false, select, text
from sqlalchemy.orm import Mapped, lazyload, mapped_column, relationship, selectinload

from app.contract.identity import Role
from app.contract.times import now
from app.extensions import Model

from .columns import BigInt, Instant, Key, choice, reference
from .menu import LONGEST_STATION
from .person import Person
from .restaurant import Restaurant

if TYPE_CHECKING:
    from .ticket import Ticket

# How much people may write and ask for: the bounds of columns, forms, pages and the API alike.
LONGEST_NOTE = 500
LONGEST_LINE_NOTE = 200
LONGEST_ADDRESS = 300
LONGEST_TABLE = 40
MOST_OF_ONE = 99
MOST_PREP_MINUTES = 240


class OrderItem(Model):
    """A line of an order: name and price as they were when it was placed (minor units of the order's currency)."""

    __tablename__ = "order_items"
    __table_args__ = (
        CheckConstraint(f"quantity between 1 and {MOST_OF_ONE}", name="quantity"),
        CheckConstraint("unit_price_minor >= 0", name="price_not_negative"),
    )

    id: Mapped[Key]
    order_id: Mapped[int] = reference("orders.id", index=True)
    menu_item_id: Mapped[int | None] = reference("menu_items.id")
    name: Mapped[str] = mapped_column(String(120))
    quantity: Mapped[int]
    unit_price_minor: Mapped[int]
    note: Mapped[str] = mapped_column(String(LONGEST_LINE_NOTE), default="")
    # Where in the kitchen it is made, as the menu said then.
    station: Mapped[str] = mapped_column(String(LONGEST_STATION), default="", server_default="")

    @property
    def total_minor(self) -> int:
        """Price of the line in minor units."""
        return self.quantity * self.unit_price_minor


class Order(Model):
    """An order. `version` starts at 1 and grows by one with every change of state."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("fulfilment in ('pickup', 'delivery', 'dine_in')", name="fulfilment"),
        CheckConstraint("fulfilment <> 'delivery' or address <> ''", name="delivery_has_an_address"),
        CheckConstraint("(status = 'cancelled') = (cancellation_kind is not null)", name="cancelled_has_a_kind"),
        CheckConstraint("total_minor >= 0", name="total_not_negative"),
        # One index per single filter of the lists; each list is read newest first, a page at a time, by id.
        Index("ix_orders_status_id", "status", "id"),
        Index("ix_orders_restaurant_id_id", "restaurant_id", "id"),
        Index("ix_orders_restaurant_status_id", "restaurant_id", "status", "id"),
        Index("ix_orders_customer_id_id", "customer_id", "id"),
        # The days of a list become two ids (domain/order_lists.py); the dearest first is an order of its own.
        Index("ix_orders_created_at", "created_at"),
        Index("ix_orders_total_minor_id", "total_minor", "id"),
        # The worker asks each second which orders are past their time.
        Index(
            "ix_orders_due_at",
            "due_at",
            postgresql_where=text("due_at is not null"),
            sqlite_where=text("due_at is not null"),
        ),
        # The dashboard counts what came since a moment, how fast it was taken, and what was cancelled.
        Index("ix_orders_confirmed_at", "confirmed_at", "placed_at", "accepted_at"),
        Index(
            "ix_orders_cancelled_at",
            "changed_at",
            "cancellation_kind",
            postgresql_where=text("status = 'cancelled'"),
            sqlite_where=text("status = 'cancelled'"),
        ),
        Index(
            "ix_orders_cancellation_kind_id",
            "cancellation_kind",
            "id",
            postgresql_where=text("cancellation_kind is not null"),
            sqlite_where=text("cancellation_kind is not null"),
        ),
    )

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(String(16), unique=True)
    restaurant_id: Mapped[int] = reference("restaurants.id")
    customer_id: Mapped[int] = reference("people.id")
    status: Mapped[str] = mapped_column(choice())
    version: Mapped[int] = mapped_column(default=1)
    fulfilment: Mapped[str] = mapped_column(choice())
    address: Mapped[str] = mapped_column(String(LONGEST_ADDRESS), default="")
    # Where the address is, in degrees (WGS 84), when the guest's device said so.
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    # Where in the house it is eaten, as the guest says it: "5", "terrace 2". Of `dine_in` alone.
    table_name: Mapped[str] = mapped_column(String(LONGEST_TABLE), default="", server_default="")
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[int]
    items_count: Mapped[int]
    # How much work it is to the kitchen, as the menu said then.
    work_minutes: Mapped[int] = mapped_column(default=0, server_default="0")
    payment_method: Mapped[str] = mapped_column(choice())
    payment_status: Mapped[str] = mapped_column(choice(), default="unpaid")

    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    scheduled_for: Mapped[datetime | None] = mapped_column(Instant)
    placed_at: Mapped[datetime | None] = mapped_column(Instant)
    # When the worker acts if nobody did: a placed order expires, a scheduled one is placed, an unpaid one abandoned.
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    prep_minutes: Mapped[int | None]
    # When the kitchen is to be done with it: its place among what else there is to cook (domain/quarters.py).
    ready_by: Mapped[datetime | None] = mapped_column(Instant)
    promised_from: Mapped[datetime | None] = mapped_column(Instant)
    promised_by: Mapped[datetime | None] = mapped_column(Instant)
    handover_code: Mapped[str] = mapped_column(String(8))

    # Who made the last change of state, and when: what a lost race tells the loser.
    changed_at: Mapped[datetime] = mapped_column(Instant, default=now)
    changed_by_id: Mapped[int | None] = mapped_column(BigInt)
    changed_by_name: Mapped[str] = mapped_column(String(120))
    changed_by_role: Mapped[str] = mapped_column(choice())

    cancellation_kind: Mapped[str | None] = mapped_column(choice())
    cancellation_reason: Mapped[str | None] = mapped_column(choice(40))
    cancellation_note: Mapped[str | None] = mapped_column(String(LONGEST_NOTE))
    stop_acknowledged_at: Mapped[datetime | None] = mapped_column(Instant)

    restaurant: Mapped[Restaurant] = relationship(lazy="joined", innerjoin=True)
    customer: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
    items: Mapped[list[OrderItem]] = relationship(order_by="OrderItem.id", lazy="selectin")
    # The last one is the delivery (`ticket`); before it those that were called off.
    tickets: Mapped[list["Ticket"]] = relationship(order_by="Ticket.id", viewonly=True)

    @property
    def accept_by(self) -> datetime | None:
        """Until when the vendor may accept; None in every state but `placed`."""
        return self.due_at if self.status == "placed" else None

    @property
    def ticket(self) -> "Ticket | None":
        """Its delivery, if it is one and was not called off."""
        if self.fulfilment != "delivery" or not self.tickets or self.tickets[-1].status == "cancelled":
            return None
        return self.tickets[-1]

    @classmethod
    def visible_to(cls, person: Any) -> "Select[Order]":
        """The orders that `person` may see, whole: all for an admin, the kitchen's for its staff, one's own for others.

        An anonymous visitor sees none.
        """
        return select(cls).where(*cls.seen_by(person))

    @classmethod
    def seen_by(cls, person: Any) -> tuple[Any, ...]:
        """The conditions of `visible_to`, for queries that select something smaller."""
        match getattr(person, "role", None):
            case Role.ADMIN:
                return ()
            case Role.VENDOR:
                return (cls.restaurant_id == person.restaurant_id, cls.confirmed_at.is_not(None))
            case Role.CUSTOMER:
                return (cls.customer_id == person.id,)
        return (false(),)

    @classmethod
    def for_lists(cls, person: Any, *, items: bool = True) -> "Select[Order]":
        """`visible_to` with what a list shows loaded in a statement more for each table, however long the page.

        Not joined: with a LIMIT, a planner that begins at the restaurants would sort every order first.
        """
        lines = selectinload(cls.items) if items else lazyload(cls.items)
        loads = (selectinload(cls.restaurant), selectinload(cls.customer), selectinload(cls.tickets), lines)
        return cls.visible_to(person).options(*loads)


class OrderTerm(Model):
    """A word that an order is found by: its number, the customer's names, the digits of the phone; lower case."""

    __tablename__ = "order_terms"
    __table_args__ = ({"sqlite_with_rowid": False},)

    # Compared byte by byte, so that one B-tree answers for a prefix on both databases.
    term: Mapped[str] = mapped_column(
        String(60).with_variant(String(60, collation="C"), "postgresql"), primary_key=True
    )
    order_id: Mapped[int] = mapped_column(BigInt, primary_key=True)


class CancellationRequest(Model):
    """A customer asks that an order be cancelled which the kitchen works on. The answer is a change of state."""

    __tablename__ = "cancellation_requests"

    id: Mapped[Key]
    order_id: Mapped[int] = reference("orders.id", unique=True)
    person_id: Mapped[int] = reference("people.id")
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
