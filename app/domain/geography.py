"""Places on the earth, and how long it takes a driver from one to another. Degrees are WGS 84, distances metres.

No road map: a ride is the straight line made longer by how streets go, at the pace of a motorcycle in a town. Where a
place is not known, neither is the distance, and a ride takes the contract's seven minutes.
"""

import math
from typing import NamedTuple, Protocol

_EARTH = 6_371_000
# Streets are longer than the straight line by about this much (a detour index of towns), ridden at 18 km/h.
_DETOUR = 1.3
_METRES_A_MINUTE = 300
UNKNOWN_RIDE_MINUTES = 7


class Place(NamedTuple):
    """A point, in degrees."""

    latitude: float
    longitude: float


class Located(Protocol):
    """A row that says where it is: a restaurant, an order's or a ticket's door, a driver."""

    @property
    def latitude(self) -> float | None:
        """Degrees; None: not known."""

    @property
    def longitude(self) -> float | None:
        """The same."""


def place(of: Located) -> Place | None:
    """Where that is, if it is known."""
    return None if of.latitude is None or of.longitude is None else Place(of.latitude, of.longitude)


def metres(one: Place, other: Place) -> float:
    """The straight line over the ground (haversine)."""
    north, south = math.radians(one.latitude), math.radians(other.latitude)
    half_height = math.sin((south - north) / 2)
    half_width = math.sin(math.radians(other.longitude - one.longitude) / 2)
    chord = half_height**2 + math.cos(north) * math.cos(south) * half_width**2
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(chord)))


def road_metres(one: Place | None, other: Place | None) -> int | None:
    """About how far it is by road; None where a place is not known."""
    return None if one is None or other is None else round(metres(one, other) * _DETOUR)


def ride_minutes(road: int | None) -> int:
    """Whole minutes, at least one, for so many metres of road; seven where they are not known."""
    return UNKNOWN_RIDE_MINUTES if road is None else max(1, math.ceil(road / _METRES_A_MINUTE))


def kilometres(road: int | None) -> str:
    """A distance in words: `850 m`, `2.4 km`, `distance not known`."""
    if road is None:
        return "distance not known"
    return f"{round(road, -1)} m" if road < 1000 else f"{road / 1000:.1f} km"
