"""What stands on the board, and where: every open order of the kitchen however old, and what was just cancelled.

An order that is open since yesterday stays. One that was cancelled while the kitchen had it stays, crossed out, until
the kitchen says that it stopped; so it cannot vanish from under somebody's hands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.contract.identity import Role
from app.contract.times import iso, now
from app.domain.edges import Edge
from app.domain.policies import allowed
from app.extensions import db
from app.models import CancellationRequest, Order, Person

from . import rides
from .rides import Ride

COLUMNS = {
    "scheduled": "scheduled",
    "placed": "new",
    "accepted": "kitchen",
    "preparing": "kitchen",
    "ready_for_pickup": "ready",
}
# What nobody acknowledged for so long is no news to the shift that works now.
_STOP_SHOWN = timedelta(hours=12)
# Among how many cancelled orders, newest first, those that must still be stopped are looked for.
_CANCELLED_LOOKED_AT = 200
_MINUTES = (10, 15, 20, 30)


@dataclass(frozen=True, slots=True)
class Card:
    """An order on the board. `column` is empty when it does not stand there (any more)."""

    order: Order
    request: CancellationRequest | None
    ride: Ride | None = None

    @property
    def must_stop(self) -> bool:
        """Whether the kitchen still has to say that it stopped."""
        order = self.order
        return (
            order.status == "cancelled"
            and order.accepted_at is not None
            and order.stop_acknowledged_at is None
            and order.changed_at > now() - _STOP_SHOWN
        )

    @property
    def column(self) -> str:
        """Where it stands."""
        return "kitchen" if self.must_stop else COLUMNS.get(self.order.status, "")

    @property
    def rank(self) -> str:
        """Its place in the column, compared as text: what must stop first, then what is due first."""
        due = {
            "placed": self.order.accept_by,
            "scheduled": self.order.scheduled_for,
            "ready_for_pickup": self.order.changed_at,
        }.get(self.order.status, self.order.promised_from)
        return f"{'0' if self.must_stop else '1'} {iso(due or self.order.created_at)} {self.order.id:020}"

    @property
    def steps(self) -> set[str]:
        """The states that the vendor may take it to."""
        return {edge.to for edge in self._edges}

    def must_say(self, to: str) -> bool:
        """Whether the vendor must give a reason for taking it to this state."""
        return any(edge.to == to and Role.VENDOR in edge.reason for edge in self._edges)

    @property
    def shouts_at(self) -> datetime | None:
        """When the board shouts that it should be ready, where the restaurant has such an alert."""
        minutes, accepted = self.order.restaurant.preparation_alert_minutes, self.order.accepted_at
        in_kitchen = self.order.status in ("accepted", "preparing")
        return accepted + timedelta(minutes=minutes) if minutes and accepted and in_kitchen else None

    @property
    def _edges(self) -> list[Edge]:
        return allowed(self.order, Role.VENDOR)

    @property
    def minutes(self) -> Sequence[int]:
        """The preparation times that one tap offers, the restaurant's own among them."""
        return sorted({*_MINUTES, self.order.restaurant.lead_minutes})


def of_board(staff: Person) -> list[Card]:
    """Every card of the board, in the order of their columns."""
    open_orders = Order.for_lists(staff).where(Order.status.in_(COLUMNS))
    newest_cancelled = (
        select(Order.id)
        .where(*Order.seen_by(staff), Order.status == "cancelled")
        .order_by(Order.id.desc())
        .limit(_CANCELLED_LOOKED_AT)
    )
    cancelled = Order.for_lists(staff).where(
        Order.id.in_(select(newest_cancelled.subquery().c.id)),
        Order.accepted_at.is_not(None),
        Order.stop_acknowledged_at.is_(None),
        Order.changed_at > now() - _STOP_SHOWN,
    )
    found = cards([*db.session.scalars(open_orders).unique(), *db.session.scalars(cancelled).unique()])
    return sorted(found, key=lambda card: card.rank)


def cards(orders: Iterable[Order]) -> list[Card]:
    """The cards of `orders`, with what customers ask of them and who fetches them."""
    orders = list(orders)
    asked = select(CancellationRequest).where(CancellationRequest.order_id.in_([order.id for order in orders]))
    requests = {request.order_id: request for request in db.session.scalars(asked)}
    drivers = rides.drivers_of(orders)
    return [Card(order, requests.get(order.id), rides.of(order, drivers)) for order in orders]
