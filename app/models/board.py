"""What a kitchen's board remembers: when it begins to shout, what is ticked off, and what was printed.

None of it changes an order: ticks and prints are facts beside it, and a restaurant without settings has those below.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.contract.times import now
from app.extensions import Model

from .columns import BigInt, Instant, Key, choice, reference

# Minutes in a state until the board warns, and until it raises the alarm; 0: never.
ALERTS = {"placed": (3, 6), "accepted": (5, 10), "preparing": (15, 25), "ready_for_pickup": (10, 20)}
MOST_ALERT_MINUTES = 600
LONGEST_WORDS = 500
# Beginnings of words, without accents: "nut" finds nuts, "allerg" finds allergic and allergy.
ALLERGY_WORDS = (
    "allerg anaphyla epipen nut peanut almond cashew gluten coeliac celiac lactose shellfish crustacean sesame soy"
)


def _minutes(status: str, level: int) -> Mapped[int]:
    return mapped_column(default=ALERTS[status][level])


class BoardSettings(Model):
    """When the board of a restaurant warns of an order in each state, and which words of a note are an allergy."""

    __tablename__ = "board_settings"
    __table_args__ = tuple(
        CheckConstraint(f"{name} between 0 and {MOST_ALERT_MINUTES}", name=name)
        for status in ALERTS
        for name in (f"{status}_warn", f"{status}_alarm")
    )

    restaurant_id: Mapped[int] = reference("restaurants.id", primary_key=True, autoincrement=False)
    placed_warn: Mapped[int] = _minutes("placed", 0)
    placed_alarm: Mapped[int] = _minutes("placed", 1)
    accepted_warn: Mapped[int] = _minutes("accepted", 0)
    accepted_alarm: Mapped[int] = _minutes("accepted", 1)
    preparing_warn: Mapped[int] = _minutes("preparing", 0)
    preparing_alarm: Mapped[int] = _minutes("preparing", 1)
    ready_for_pickup_warn: Mapped[int] = _minutes("ready_for_pickup", 0)
    ready_for_pickup_alarm: Mapped[int] = _minutes("ready_for_pickup", 1)
    # Beginnings of words, lower case, with blanks between them.
    allergy_words: Mapped[str] = mapped_column(String(LONGEST_WORDS), default=ALLERGY_WORDS)


class ItemTick(Model):
    """A line of an order that the kitchen has ticked off. The order stands here too: a board reads all of its ticks."""

    __tablename__ = "item_ticks"

    order_item_id: Mapped[int] = reference("order_items.id", primary_key=True, autoincrement=False)
    order_id: Mapped[int] = reference("orders.id", index=True)
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    by_id: Mapped[int | None] = mapped_column(BigInt)
    by_name: Mapped[str] = mapped_column(String(250))


class Print(Model):
    """A paper of an order as it was in one version: the first was an original, each after it a copy.

    `station` is empty for the paper of all stations; `copies` counts those after the first.
    """

    __tablename__ = "prints"
    __table_args__ = (
        UniqueConstraint("order_id", "version", "station", "kind"),
        CheckConstraint("kind in ('kitchen_ticket', 'receipt')", name="kind"),
        CheckConstraint("copies >= 0", name="copies"),
    )

    id: Mapped[Key]
    order_id: Mapped[int] = reference("orders.id")
    version: Mapped[int]
    station: Mapped[str] = mapped_column(String(40), default="")
    kind: Mapped[str] = mapped_column(choice())
    printed_at: Mapped[datetime] = mapped_column(Instant, default=now)
    by_id: Mapped[int | None] = mapped_column(BigInt)
    by_name: Mapped[str] = mapped_column(String(250))
    copies: Mapped[int] = mapped_column(default=0)
