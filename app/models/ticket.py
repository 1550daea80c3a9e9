"""Delivery tickets, the offers that drivers got for them, and their history.

`status` and `version` of a ticket change only in domain/ticket_transition.py. The database keeps what no code may
break: one ticket that counts for each order, one open and one accepted offer for each ticket, one open offer for each
driver.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Select,
    String,
    Text,
    exists,
    false,
    or_,
    select,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload
from sqlalchemy.sql.base import ExecutableOption

from app.contract.identity import Role
from app.contract.times import now
from app.extensions import Model

from .change import Change
from .columns import BigInt, Instant, Key, choice, reference
from .driver import Driver
from .order import LONGEST_ADDRESS, LONGEST_NOTE, Order
from .person import Person

# So long after a colleague took it, whoever saw it wait is told that they did.
_JUST_TAKEN = timedelta(minutes=2)


def _where(condition: str) -> dict[str, Any]:
    """A partial index, spelt for both databases."""
    return {"postgresql_where": text(condition), "sqlite_where": text(condition)}


class Ticket(Model):
    """The delivery of one order. Distances in metres, pay in minor units of `currency`, places in degrees (WGS 84)."""

    __tablename__ = "tickets"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("(latitude is null) = (longitude is null)", name="drop_is_whole"),
        CheckConstraint(
            "status not in ('assigned', 'at_pickup', 'picked_up', 'at_dropoff', 'delivered', 'failed', 'returning',"
            " 'returned') or driver_id is not null",
            name="assigned_has_a_driver",
        ),
        # An order that was cancelled and restored gets another one.
        Index("uq_tickets_order_id", "order_id", unique=True, **_where("status <> 'cancelled'")),
        # Every page with an order asks for all of its tickets.
        Index("ix_tickets_order_id", "order_id"),
        # The worker asks each second which are due; who is free is asked by driver; both look at what is under way.
        Index("ix_tickets_due_at", "due_at", **_where("due_at is not null")),
        Index("ix_tickets_driver_id", "driver_id", **_where("ended_at is null")),
        Index("ix_tickets_open", "status", "id", **_where("ended_at is null")),
        Index("ix_tickets_over", "status", "id", **_where("ended_at is not null")),
    )

    id: Mapped[Key]
    # What people call it by (S3's `ticket_id`).
    number: Mapped[str] = mapped_column(String(16), unique=True)
    order_id: Mapped[int] = reference("orders.id")
    status: Mapped[str] = mapped_column(choice(), default="unassigned")
    version: Mapped[int] = mapped_column(default=1)
    driver_id: Mapped[int | None] = reference("people.id")
    driver_name: Mapped[str | None] = mapped_column(String(120))

    # Where to, frozen when it was opened; the place is not always known.
    address: Mapped[str] = mapped_column(String(LONGEST_ADDRESS))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    distance_m: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3))
    pay_minor: Mapped[int]
    # The guest says it at the door, where the restaurant asks for a code; never in an event.
    drop_code: Mapped[str] = mapped_column(String(8))

    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    # When the food will be ready, as far as is known: offering begins a ride earlier.
    ready_at: Mapped[datetime | None] = mapped_column(Instant)
    # When the worker looks at it next: to offer it, to let its offer lapse, to call a person.
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    # Since when a driver is looked for, and how many refused or let it lapse since.
    sought_since: Mapped[datetime | None] = mapped_column(Instant)
    refusals: Mapped[int] = mapped_column(default=0)
    # Times of the device where it knew better: a phone in a dead zone tells later.
    assigned_at: Mapped[datetime | None] = mapped_column(Instant)
    picked_up_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    changed_at: Mapped[datetime] = mapped_column(Instant, default=now)
    changed_by_id: Mapped[int | None] = mapped_column(BigInt)
    changed_by_name: Mapped[str] = mapped_column(String(120))
    changed_by_role: Mapped[str] = mapped_column(choice())

    order: Mapped[Order] = relationship()

    @hybrid_property
    def waits(self) -> bool:
        """Whether it waits for anybody who is free: a driver is looked for, and nobody is being asked just now."""
        return self.status == "needs_dispatcher" or (self.status == "unassigned" and self.sought_since is not None)

    @waits.inplace.expression
    @classmethod
    def _waits(cls) -> ColumnElement[bool]:
        return or_(cls.status == "needs_dispatcher", (cls.status == "unassigned") & cls.sought_since.is_not(None))

    @classmethod
    def visible_to(cls, person: Any) -> "Select[Ticket]":
        """The tickets that `person` may see: all for an admin, for customers and vendors those of their orders.

        For a driver those that they ride or rode, that they were ever asked for, and, on duty, that wait for anybody.
        """
        return select(cls).where(*cls.seen_by(person))

    @classmethod
    def answerable_by(cls, driver: Person) -> "Select[Ticket]":
        """The same for a driver who accepts; and what a colleague took from those that wait a moment ago.

        Who presses a moment too late is told who was faster, and nothing else of it.
        """
        taken = exists().where(
            TicketOffer.ticket_id == cls.id,
            TicketOffer.status == "accepted",
            TicketOffer.offered_by_id == TicketOffer.driver_id,
            TicketOffer.answered_at > now() - _JUST_TAKEN,
        )
        just_taken = cls.ended_at.is_(None) & _on_duty(driver) & taken
        return select(cls).where(or_(*cls.seen_by(driver), just_taken))

    @classmethod
    def with_orders(cls) -> ExecutableOption:
        """For a list: what it shows of each ticket's order is loaded in a statement more."""
        return selectinload(cls.order).lazyload(Order.items)

    @classmethod
    def seen_by(cls, person: Any) -> tuple[Any, ...]:
        """The conditions of `visible_to`."""
        match getattr(person, "role", None):
            case Role.ADMIN:
                return ()
            case Role.DRIVER:
                asked = select(TicketOffer.ticket_id).where(TicketOffer.driver_id == person.id)
                return (or_(cls.driver_id == person.id, cls.id.in_(asked), cls.waits & _on_duty(person)),)
            case Role.VENDOR | Role.CUSTOMER:
                return (cls.order_id.in_(select(Order.id).where(*Order.seen_by(person))),)
        return (false(),)


def _on_duty(driver: Any) -> ColumnElement[bool]:
    return exists().where(Driver.person_id == driver.id, Driver.on_duty)


class TicketChange(Change, Model):
    """One row for each change of a ticket's state."""

    __tablename__ = "ticket_changes"
    __table_args__ = (Index("uq_ticket_changes_ticket_id", "ticket_id", "version", unique=True),)

    ticket_id: Mapped[int] = reference("tickets.id")


class TicketOffer(Model):
    """A driver was asked: when, until when, why this one, and what came of it.

    `reason` is for the driver as well; `considered` (JSON, a list) says for each driver on duty why or why not, and is
    for admins alone.
    """

    __tablename__ = "ticket_offers"
    __table_args__ = (
        CheckConstraint("status in ('open', 'accepted', 'declined', 'lapsed', 'withdrawn')", name="status"),
        CheckConstraint("(status = 'open') = (answered_at is null)", name="open_or_answered"),
        Index("uq_ticket_offers_open_driver", "driver_id", unique=True, **_where("status = 'open'")),
        Index("uq_ticket_offers_open_ticket", "ticket_id", unique=True, **_where("status = 'open'")),
        Index("uq_ticket_offers_accepted", "ticket_id", unique=True, **_where("status = 'accepted'")),
        Index("ix_ticket_offers_ticket_id", "ticket_id", "id"),
        Index("ix_ticket_offers_driver_id", "driver_id", "id"),
    )

    id: Mapped[Key]
    ticket_id: Mapped[int] = reference("tickets.id")
    driver_id: Mapped[int] = reference("people.id")
    status: Mapped[str] = mapped_column(choice(), default="open")
    offered_at: Mapped[datetime] = mapped_column(Instant, default=now)
    lapses_at: Mapped[datetime] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    # None: the system chose.
    offered_by_id: Mapped[int | None] = mapped_column(BigInt)
    offered_by_name: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(300))
    considered: Mapped[str] = mapped_column(Text, default="[]")
    # Metres from the driver's last fix to the restaurant; None: not known.
    distance_m: Mapped[int | None]
    decline_reason: Mapped[str | None] = mapped_column(choice(40))

    driver: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class DropProof(Model):
    """What a driver shows for a delivery: the code they were told, a photograph, a note; as the restaurant asks."""

    __tablename__ = "drop_proofs"
    __table_args__ = (ForeignKeyConstraint(["ticket_id"], ["tickets.id"], ondelete="RESTRICT"),)

    ticket_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(choice())
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")
    photo_type: Mapped[str | None] = mapped_column(String(20))
    photo: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Instant, default=now)
