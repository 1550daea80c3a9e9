"""An evening in some kitchens: guests order and cancel, cooks press buttons on real boards, tablets lose the network.

Everything that a cook does is a click in a browser; everything that a guest does is a verb of the domain. At the end
every board has to show exactly what the database says: each order, its column, its version, and what is ticked off.
"""

import random
import time
from dataclasses import dataclass, field
from datetime import time as clock

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from app.domain import order_placement, orders
from app.domain.order_placement import Line
from app.errors import Conflict
from app.extensions import atomic, db
from app.models import Category, ItemTick, MenuItem, OpeningHours, Order, Person, Restaurant
from tests.cast import Cast

_COLUMNS = {"placed": "new", "accepted": "kitchen", "preparing": "kitchen", "ready_for_pickup": "ready"}
_SHOWN = """() => Object.fromEntries([...document.querySelectorAll(".pl-ticket")].map((card) => [
  card.dataset.orderNumber,
  [card.dataset.columnOf, Number(card.dataset.orderVersion), card.querySelectorAll("li[data-made]").length],
]))"""
# A finger's tap on something of a card that offers it; a settling card takes none.
_TAP = """(what) => {
  const all = [...document.querySelectorAll(`.pl-ticket:not([data-settling]) ${what}`)];
  const free = all.filter((button) => button.form?.ariaBusy !== "true");
  const chosen = free[Math.floor(Math.random() * free.length)];
  chosen?.click();
  return chosen !== undefined;
}"""
_WEIGHTS = {
    "order": 6,
    "bump": 9,
    "tick": 5,
    "recall": 1,
    "guest_cancels": 1,
    "admin_cancels": 1,
    "tunnel": 0.4,
    "reload": 0.3,
}


@dataclass
class Kitchen:
    """One restaurant with its menu, one cook, and the board that hangs there."""

    restaurant: Restaurant
    cook: Person
    dishes: list[MenuItem]
    context: BrowserContext | None = None
    board: Page | None = None
    dark_until: float = 0.0


@dataclass
class Evening:
    """What goes on. `done` counts what happened."""

    cast: Cast
    kitchens: list[Kitchen]
    seed: int
    done: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def last(self, seconds: float) -> None:
        """Let it go on for so long."""
        until = time.monotonic() + seconds
        deeds = list(_WEIGHTS)
        while time.monotonic() < until:
            kitchen = self.chance.choice(self.kitchens)
            self._lighten(time.monotonic())
            [deed] = self.chance.choices(deeds, list(_WEIGHTS.values()))
            if getattr(self, f"_{deed}")(kitchen):
                self.done[deed] = self.done.get(deed, 0) + 1
            # The browsers' own work goes on meanwhile.
            kitchen.board.wait_for_timeout(30)
        self._lighten(float("inf"))

    def differences(self) -> dict[str, tuple[object, object]]:
        """By order, what the board shows and what the database says, where that is not the same."""
        found = {}
        for kitchen in self.kitchens:
            expect(kitchen.board.locator("body")).to_have_attribute("data-live", "live", timeout=60_000)
            wanted = _wanted(kitchen)
            # The last events may be under way: what is not the same in a while is not the same.
            until = time.monotonic() + 20
            while (shown := _shown(kitchen)) != wanted and time.monotonic() < until:
                kitchen.board.wait_for_timeout(100)
            found |= {
                number: (shown.get(number), wanted.get(number))
                for number in shown.keys() | wanted.keys()
                if shown.get(number) != wanted.get(number)
            }
        return found

    def _order(self, kitchen: Kitchen) -> bool:
        dishes = self.chance.sample(kitchen.dishes, 2)
        note = self.chance.choice(["", "", "nut allergy", "no onion"])
        lines = [Line(dishes[0].id, self.chance.randint(1, 3), note), Line(dishes[1].id, 1)]
        order_placement.place(
            self.cast.customer, kitchen.restaurant, lines=lines, fulfilment="pickup", payment="cash", note=note
        )
        return True

    def _bump(self, kitchen: Kitchen) -> bool:
        return bool(kitchen.board.evaluate(_TAP, "[data-bump]"))

    def _tick(self, kitchen: Kitchen) -> bool:
        return bool(kitchen.board.evaluate(_TAP, ".pl-tick"))

    def _recall(self, kitchen: Kitchen) -> bool:
        return bool(kitchen.board.evaluate(_TAP, "[data-key=b]"))

    def _guest_cancels(self, kitchen: Kitchen) -> bool:
        return self._cancel(kitchen, ("placed",), self.cast.customer)

    def _admin_cancels(self, kitchen: Kitchen) -> bool:
        return self._cancel(kitchen, ("accepted", "preparing", "ready_for_pickup"), self.cast.admin)

    def _cancel(self, kitchen: Kitchen, statuses: tuple[str, ...], by: Person) -> bool:
        db.session.rollback()
        mine = select(Order).where(Order.restaurant_id == kitchen.restaurant.id, Order.status.in_(statuses))
        open_ones = db.session.scalars(mine.limit(20)).unique().all()
        if not open_ones:
            return False
        order = self.chance.choice(open_ones)
        # A cook may be faster: that is a refusal, and part of the evening.
        try:
            return orders.cancel(order, by=by, reason_code="other")
        except Conflict:
            return False

    def _tunnel(self, kitchen: Kitchen) -> bool:
        kitchen.context.set_offline(True)
        kitchen.dark_until = time.monotonic() + self.chance.uniform(0.5, 4)
        return True

    def _reload(self, kitchen: Kitchen) -> bool:
        if kitchen.dark_until:
            return False
        kitchen.board.reload(wait_until="commit")
        return True

    def _lighten(self, at: float) -> None:
        for kitchen in self.kitchens:
            if kitchen.dark_until and kitchen.dark_until <= at:
                kitchen.context.set_offline(False)
                kitchen.dark_until = 0.0


def kitchens(cast: Cast, count: int) -> list[Kitchen]:
    """So many restaurants of three dishes at two stations, each with a cook."""
    return [_kitchen(cast, n) for n in range(count)]


def _kitchen(cast: Cast, n: int) -> Kitchen:
    restaurant = Restaurant(slug=f"kitchen-{n}", name=f"Kitchen {n}", time_zone="Europe/Lisbon", currency="EUR")
    restaurant.acceptance_minutes = 60
    restaurant.hours = [OpeningHours(weekday=day, opens=clock(0), closes=clock(0)) for day in range(7)]
    cook = Person(email=f"cook-{n}@example.com", name=f"Cook {n}", role="vendor", staff_role="cook")
    cook.restaurant, cook.password_hash = restaurant, cast.vendor.password_hash
    with atomic() as session:
        session.add_all([restaurant, cook])
        session.flush()
        category = Category(restaurant_id=restaurant.id, name="Plates")
        named = (("Soup", "Cold"), ("Stew", "Grill"), ("Bread", ""))
        category.items = [
            MenuItem(restaurant_id=restaurant.id, name=name, price_minor=500, station=station)
            for name, station in named
        ]
        session.add(category)
    return Kitchen(restaurant, cook, list(category.items))


def _shown(kitchen: Kitchen) -> dict[str, list[object]]:
    found: dict[str, list[object]] = kitchen.board.evaluate(_SHOWN)
    return found


def _wanted(kitchen: Kitchen) -> dict[str, list[object]]:
    """What the database says, by a way of its own: not by the code that draws the board."""
    db.session.rollback()
    mine = db.session.scalars(select(Order).where(Order.restaurant_id == kitchen.restaurant.id)).unique().all()
    ticks = set(db.session.scalars(select(ItemTick.order_item_id)))
    wanted = {}
    for order in mine:
        must_stop = order.status == "cancelled" and order.accepted_at and not order.stop_acknowledged_at
        column = "kitchen" if must_stop else _COLUMNS.get(order.status)
        if column:
            wanted[order.number] = [column, order.version, len(ticks & {item.id for item in order.items})]
    return wanted
