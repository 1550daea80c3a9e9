"""Streets where the demo has none: ways with corners between two places, and a door for each address.

No map is asked: a way goes along a grid that is turned a little, as towns are, and the same two places always have the
same way. Metres and degrees as in domain/geography.py.
"""

import math
import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from zlib import crc32

from app.domain.geography import Place, metres

# How far the doors of the demo's guests lie from their restaurant.
_NEAREST_M, _FARTHEST_M = 700, 2400
_METRES_A_DEGREE = 111_195
# Between two corners, about.
_BLOCK_M = 260


def door(counter: Place, address: str) -> Place:
    """Where this address lies around the restaurant at `counter`: the same one always in the same place."""
    dice = random.Random(crc32(address.encode()))
    return _moved(counter, dice.uniform(_NEAREST_M, _FARTHEST_M), dice.uniform(0, 2 * math.pi))


def way(start: Place, end: Place) -> list[Place]:
    """The corners from `start` to `end`, both included: now along one kind of street, now along the other."""
    distance = metres(start, end)
    corners = max(1, min(8, round(distance / _BLOCK_M)))
    dice = random.Random(crc32(repr((start, end)).encode()))
    turned = math.radians(dice.choice((0, 12, 28)))
    along, across = _on_grid(start, end, turned)
    parts = sorted(dice.random() for _ in range(corners))
    points, done_along, done_across = [start], 0.0, 0.0
    for part in parts:
        done_along = part
        points.append(_off_grid(start, along * done_along, across * done_across, turned))
        done_across = part
        points.append(_off_grid(start, along * done_along, across * done_across, turned))
    points.append(_off_grid(start, along, across * done_across, turned))
    return [*points, end]


def walked(points: Sequence[Place], done: float) -> Place:
    """Where somebody is who has come `done` metres along `points`; the last of them, once there."""
    for one, other in pairwise(points):
        leg = metres(one, other)
        if leg > 0 and done < leg:
            part = done / leg
            return Place(
                one.latitude + (other.latitude - one.latitude) * part,
                one.longitude + (other.longitude - one.longitude) * part,
            )
        done -= leg
    return points[-1]


def length(points: Sequence[Place]) -> float:
    """How long the way is."""
    return sum(_legs(points))


def _legs(points: Sequence[Place]) -> Iterator[float]:
    return (metres(one, other) for one, other in pairwise(points))


def _moved(place: Place, distance: float, bearing: float) -> Place:
    north, east = distance * math.cos(bearing), distance * math.sin(bearing)
    return _shifted(place, north, east)


def _shifted(place: Place, north: float, east: float) -> Place:
    width = _METRES_A_DEGREE * math.cos(math.radians(place.latitude))
    return Place(place.latitude + north / _METRES_A_DEGREE, place.longitude + east / width)


def _on_grid(start: Place, end: Place, turned: float) -> tuple[float, float]:
    """How far the end is along and across the streets."""
    width = _METRES_A_DEGREE * math.cos(math.radians(start.latitude))
    north = (end.latitude - start.latitude) * _METRES_A_DEGREE
    east = (end.longitude - start.longitude) * width
    return north * math.cos(turned) + east * math.sin(turned), east * math.cos(turned) - north * math.sin(turned)


def _off_grid(start: Place, along: float, across: float, turned: float) -> Place:
    north = along * math.cos(turned) - across * math.sin(turned)
    east = along * math.sin(turned) + across * math.cos(turned)
    return _shifted(start, north, east)
