"""What a map is told to show: pins with a key, a place in degrees, an icon and a label (static/js/admin/places.js)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TypedDict

from app.contract.times import iso_or_none, now
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
    yield from _pin(
        f"restaurant-{restaurant.id}", restaurant.latitude, restaurant.longitude,
        icon="building-store", label=restaurant.name, kind=kind,
    )  # fmt: skip


def door(ticket: Ticket, kind: str = "") -> Iterator[Place]:
    """Where it is brought to."""
    number = ticket.order.number[-4:]
    yield from _pin(
        f"door-{ticket.id}", ticket.latitude, ticket.longitude, icon="map-pin", label=number, kind=f"door {kind}"
    )


def driver(driver: Driver, kind: str = "") -> Iterator[Place]:
    """Where a driver was last heard of."""
    is_stale = driver.fixed_at is None or driver.fixed_at < now() - _STALE_AFTER
    yield from _pin(
        f"driver-{driver.person_id}", driver.latitude, driver.longitude,
        icon="motorbike", label=driver.person.name, kind=f"driver {kind} {'stale' if is_stale else ''}",
        at=iso_or_none(driver.fixed_at),
    )  # fmt: skip


def _pin(
    key: str,
    latitude: float | None,
    longitude: float | None,
    *,
    icon: str,
    label: str,
    kind: str,
    at: str | None = None,
) -> Iterator[Place]:
    if latitude is not None and longitude is not None:
        kind = " ".join(kind.split())
        yield Place(key=key, latitude=latitude, longitude=longitude, icon=icon, label=label, kind=kind, at=at)
