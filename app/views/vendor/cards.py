"""What stands on the board, and where: every open order of the kitchen however old, and what was just cancelled.

An order that is open since yesterday stays. One that was cancelled while the kitchen had it stays, crossed out, until
the kitchen says that it stopped; so it cannot vanish from under somebody's hands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import select

from app.contract.identity import Role
from app.contract.times import iso, now
from app.domain import board_settings, item_ticks, order_clock, staff
from app.domain.board_settings import Board
from app.domain.edges import Edge
from app.domain.policies import allowed
from app.extensions import db
from app.models import CancellationRequest, Order, OrderItem, Person

from . import rides
from .rides import Ride
from .screens import Screen

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
    ride: Ride | None
    person: Person
    screen: Screen
    board: Board
    ticked: frozenset[int]

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
        """Which column it belongs to; on a screen of one station only what that has to make belongs anywhere."""
        if self.screen.station and not self.lines:
            return ""
        return "kitchen" if self.must_stop else COLUMNS.get(self.order.status, "")

    @property
    def place(self) -> str:
        """Where it is drawn: in its column, or with all that is for now in the one stream."""
        is_for_now = self.column not in ("", "scheduled")
        return "stream" if self.screen.is_stream and is_for_now else self.column

    @property
    def due(self) -> datetime:
        """When somebody expects the next thing of the kitchen."""
        order = self.order
        times = {"placed": order.accept_by, "scheduled": order.scheduled_for}
        if not self.screen.is_stream:
            # In a column of its own, what waits longest comes first.
            times["ready_for_pickup"] = order.changed_at
        return times.get(order.status, self.made_by) or order.promised_from or order.created_at

    @property
    def made_by(self) -> datetime | None:
        """What its clock runs towards once it is accepted; of food that waits for a driver, nothing of the kitchen's.

        Until it is made that is when the kitchen said it would be, and then when its guest comes for it.
        """
        order = self.order
        if order.status != "ready_for_pickup":
            return order.ready_by or order.promised_from
        return None if order.fulfilment == "delivery" else order.promised_from

    @property
    def rank(self) -> str:
        """Its place among the cards, compared as text: what must stop first, then what is due first."""
        return f"{'0' if self.must_stop else '1'} {iso(self.due)} {self.order.id:020}"

    @property
    def alerts(self) -> tuple[int, int] | None:
        """After how many minutes in its state the board warns, and raises the alarm."""
        return None if self.must_stop else self.board.alerts.get(self.order.status)

    @property
    def level(self) -> str:
        """How bad it is by now: `calm`, `warn` or `alarm`; js/clocks.js says the same a minute later."""
        minutes = (now() - self.order.changed_at).total_seconds() / 60
        warn, alarm = self.alerts or (0, 0)
        return "alarm" if alarm and minutes >= alarm else "warn" if warn and minutes >= warn else "calm"

    @property
    def lines(self) -> list[OrderItem]:
        """What is to be made, by station; on a screen of one station what is made there."""
        mine = [item for item in self.order.items if self.screen.station in ("", item.station)]
        return sorted(mine, key=lambda item: (item.station == "", item.station.casefold(), item.id))

    @property
    def stations(self) -> list[tuple[str, list[OrderItem]]]:
        """The lines under the names of their stations."""
        return [(name, list(lines)) for name, lines in groupby(self.lines, lambda item: item.station)]

    @property
    def elsewhere(self) -> int:
        """How many lines other stations make."""
        return len(self.order.items) - len(self.lines)

    @property
    def ticks(self) -> bool:
        """Whether this person may tick its lines off now."""
        return item_ticks.may_tick(self.order) and staff.may(self.person, staff.COOK_ORDERS)

    @property
    def is_made(self) -> bool:
        """Whether every line of the order is ticked off."""
        return all(item.id in self.ticked for item in self.order.items)

    @property
    def allergies(self) -> bool:
        """Whether a note of it names an allergy."""
        notes = [self.order.note, *(item.note for item in self.order.items)]
        return any(self.board.names_allergy(note) for note in notes if note)

    def may(self, duty: str) -> bool:
        """Whether whoever looks at it may do this."""
        return staff.may(self.person, duty)

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
        return staff.walkable(self.person, allowed(self.order, Role.VENDOR))

    @property
    def appointed(self) -> datetime | None:
        """When it is to be ready, where somebody else chose that: its guest, or a kitchen that was full."""
        return order_clock.appointed(self.order, now())

    @property
    def minutes(self) -> Sequence[int]:
        """The preparation times that one tap offers, the restaurant's own among them; for a wished time, later ones."""
        offered = sorted({*_MINUTES, self.order.restaurant.lead_minutes})
        if self.order.scheduled_for is None or self.appointed is None:
            return offered
        return [minutes for minutes in offered if now() + timedelta(minutes=minutes) > self.appointed]


def of_board(person: Person, screen: Screen) -> list[Card]:
    """Every card of the board, in the order in which they are drawn."""
    open_orders = Order.for_lists(person).where(Order.status.in_(COLUMNS))
    newest_cancelled = (
        select(Order.id)
        .where(*Order.seen_by(person), Order.status == "cancelled")
        .order_by(Order.id.desc())
        .limit(_CANCELLED_LOOKED_AT)
    )
    cancelled = Order.for_lists(person).where(
        Order.id.in_(select(newest_cancelled.subquery().c.id)),
        Order.accepted_at.is_not(None),
        Order.stop_acknowledged_at.is_(None),
        Order.changed_at > now() - _STOP_SHOWN,
    )
    orders = [*db.session.scalars(open_orders).unique(), *db.session.scalars(cancelled).unique()]
    found = cards(orders, person, screen)
    return sorted((card for card in found if card.column), key=lambda card: card.rank)


def cards(orders: Iterable[Order], person: Person, screen: Screen) -> list[Card]:
    """The cards of `orders` of one kitchen as `person` sees them: what customers ask, who fetches, what is made."""
    orders = list(orders)
    session = db.session()
    asked = select(CancellationRequest).where(CancellationRequest.order_id.in_([order.id for order in orders]))
    requests = {request.order_id: request for request in session.scalars(asked)}
    drivers = rides.drivers_of(orders)
    ticked = item_ticks.ticked(session, orders)
    board = board_settings.of(session, orders[0].restaurant_id) if orders else board_settings.AS_DELIVERED
    return [
        Card(order, requests.get(order.id), rides.of(order, drivers), person, screen, board, ticked) for order in orders
    ]
