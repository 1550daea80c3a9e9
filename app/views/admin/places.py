"""What a map is told to show: pins with a key, a place in degrees, an icon and a label (static/js/admin/places.js)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TypedDict

from app.contract.times import iso_or_none, now
from app.domain.geography import Located, place
from app.models import Driver, Restaurant, Ticket

# A driver who was not heard of for so long may be anywhere.
_STALE_AFTER = timedelta(minutes=3)


class Place(TypedDict):
    """A pin. `kind` is one or more of its CSS classes; `at`: when somebody who moves was there."""

    key: str
    latitude: float
    longitude: float
    icon: str
    label: str
    kind: str
    at: str | None


def restaurant(restaurant: Restaurant, kind: str = "") -> Iterator[Place]:
    """Where it is cooked; nothing where that is not known."""
    key = f"restaurant-{restaurant.id}"
    yield from _pin(key, restaurant, icon="building-store", label=restaurant.name, kind=kind)


def door(ticket: Ticket, kind: str = "") -> Iterator[Place]:
    """Where it is brought to."""
    number = ticket.order.number[-4:]
    yield from _pin(f"door-{ticket.id}", ticket, icon="map-pin", label=number, kind=f"door {kind}")


def driver(driver: Driver, kind: str = "") -> Iterator[Place]:
    """Where a driver was last heard of."""
    is_stale = driver.fixed_at is None or driver.fixed_at < now() - _STALE_AFTER
    key, seen_at = f"driver-{driver.person_id}", iso_or_none(driver.fixed_at)
    kind = f"driver {kind} {'stale' if is_stale else ''}"
    yield from _pin(key, driver, icon="motorbike", label=driver.person.name, kind=kind, at=seen_at)


def _pin(key: str, of: Located, *, icon: str, label: str, kind: str, at: str | None = None) -> Iterator[Place]:
    spot = place(of)
    if spot is not None:
        latitude, longitude = spot
        kind = " ".join(kind.split())
        yield Place(key=key, latitude=latitude, longitude=longitude, icon=icon, label=label, kind=kind, at=at)
