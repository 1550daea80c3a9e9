"""Restaurants as visitors see them: which there are, and whether they take orders now."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.contract.times import now
from app.domain import busy
from app.domain.opening import Opening, opening
from app.extensions import db
from app.models import Restaurant


@dataclass(frozen=True, slots=True)
class Door:
    """A restaurant and how its door stands."""

    restaurant: Restaurant
    opening: Opening

    @property
    def takes_orders(self) -> bool:
        """Whether an order for now would be taken."""
        return self.opening.is_open and self.restaurant.accepting

    @property
    def says(self) -> str:
        """How it takes orders just now, in words; empty while all is as usual."""
        return busy.told(self.restaurant, now())


def door(restaurant: Restaurant, at: datetime | None = None) -> Door:
    """How the door of `restaurant` stands at `at` (default: now)."""
    return Door(restaurant, opening(restaurant, at or now()))


def listed() -> list[Door]:
    """Every restaurant, those that take orders now before the others, each by its name."""
    query = (
        select(Restaurant)
        .options(selectinload(Restaurant.hours), selectinload(Restaurant.exceptions))
        .order_by(Restaurant.name)
    )
    at = now()
    return sorted((door(restaurant, at) for restaurant in db.session.scalars(query)), key=lambda d: not d.takes_orders)
