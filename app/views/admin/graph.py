"""A machine of states drawn as a graph: boxes in their places, and a curve for each edge with the roles on it.

The places are chosen by hand, so that a machine looks the same every day; a state that has none here has no place in
the drawing, and a test says so. Coordinates are those of the SVG, in pixels at its natural size.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.domain.edges import Edge
from app.language import N_

_WIDE, _HIGH = 132, 46
_LETTER = 13
# What stands on an edge, one letter a role, in this order.
LETTERS = {"customer": "C", "vendor": "V", "driver": "D", "admin": "A", "system": "P"}


@dataclass(frozen=True, slots=True)
class Box:
    """A state: its middle, and how wide it is drawn."""

    status: str
    x: int
    y: int
    wide: int = _WIDE
    high: int = _HIGH

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.x - self.wide / 2

    @property
    def top(self) -> float:
        """Where it begins, seen from above."""
        return self.y - self.high / 2


# A box has less room than a page.
SHORT = {
    "assigned": N_("Driver on the way"),
    "at_pickup": N_("Driver is here"),
    "at_dropoff": N_("At the door"),
    "unassigned": N_("Looking for one"),
    "failed": N_("Could not be delivered"),
    "returned": N_("Back again"),
}


@dataclass(frozen=True, slots=True)
class Way:
    """An edge: the path of its curve, and where its letters stand (`wide` with their frame)."""

    edge: Edge
    path: str
    x: float
    y: float

    @property
    def letters(self) -> str:
        """Who may walk it."""
        return "".join(letter for role, letter in LETTERS.items() if role in self.edge.roles)

    @property
    def wide(self) -> int:
        """How wide the letters are with their frame."""
        return _LETTER * max(1, len(self.letters)) + 12


@dataclass(frozen=True, slots=True)
class Graph:
    """A whole drawing."""

    wide: int
    high: int
    boxes: Mapping[str, Box]
    ways: list[Way]


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the states of a machine stand; `bends`: how far an edge leaves the straight line, `-` is up or left."""

    wide: int
    high: int
    boxes: Mapping[str, Box]
    bends: Mapping[tuple[str, str], int]

    def draw(self, edges: Iterable[Edge]) -> Graph:
        """The graph of these edges."""
        return Graph(self.wide, self.high, self.boxes, [self._way(edge) for edge in edges])

    def _way(self, edge: Edge) -> Way:
        a, b, bend = self.boxes[edge.start], self.boxes[edge.to], self.bends.get((edge.start, edge.to), 0)
        if _beside(a, b):
            return _across(edge, a, b, bend)
        return _down(edge, a, b, bend)


def _beside(a: Box, b: Box) -> bool:
    """Whether one stands to the left of the other, with room between them."""
    return abs(a.x - b.x) >= (a.wide + b.wide) / 2


def _across(edge: Edge, a: Box, b: Box, bend: int) -> Way:
    """From side to side; a large bend goes over (or under) what lies between."""
    sign = 1 if b.x > a.x else -1
    if abs(bend) > _HIGH:
        # Out of the top (or the bottom) of the one and into that of the other.
        side = -1 if bend < 0 else 1
        ya, yb = a.y + side * a.high / 2, b.y + side * b.high / 2
        xa, xb = a.x + sign * a.wide / 6, b.x - sign * b.wide / 6
        y = min(ya, yb) + bend if bend < 0 else max(ya, yb) + bend
        return Way(
            edge, f"M{xa:g} {ya:g} C{xa:g} {y:g} {xb:g} {y:g} {xb:g} {yb:g}", (xa + xb) / 2, (ya + yb + 6 * y) / 8
        )
    xa, xb, ya, yb = a.x + sign * a.wide / 2, b.x - sign * b.wide / 2, a.y + bend, b.y + bend
    middle = (xa + xb) / 2
    return Way(edge, f"M{xa:g} {ya:g} C{middle:g} {ya:g} {middle:g} {yb:g} {xb:g} {yb:g}", middle, (ya + yb) / 2)


def _down(edge: Edge, a: Box, b: Box, bend: int) -> Way:
    """Straight down or up, in the middle of where one stands below the other."""
    x = (max(a.left, b.left) + min(a.left + a.wide, b.left + b.wide)) / 2 + bend
    sign = 1 if b.y > a.y else -1
    ya, yb = a.y + sign * a.high / 2, b.y - sign * b.high / 2
    return Way(edge, f"M{x:g} {ya:g} L{x:g} {yb:g}", x, (ya + yb) / 2)


def _boxes(*boxes: Box) -> dict[str, Box]:
    return {box.status: box for box in boxes}


ORDERS = Plan(
    1464,
    350,
    _boxes(
        Box("awaiting_payment", 96, 112, 160),
        Box("scheduled", 286, 196),
        Box("placed", 470, 112),
        Box("accepted", 672, 112),
        Box("preparing", 874, 112),
        Box("ready_for_pickup", 1082, 112, 148),
        Box("picked_up", 1190, 214),
        Box("collected", 1374, 112),
        Box("delivered", 1374, 214),
        Box("undeliverable", 1374, 316),
        Box("cancelled", 572, 316, 1108),
    ),
    {
        ("awaiting_payment", "cancelled"): -30,
        ("accepted", "ready_for_pickup"): -62,
        ("preparing", "ready_for_pickup"): -11,
        ("ready_for_pickup", "preparing"): 11,
        ("accepted", "cancelled"): -34,
        ("cancelled", "accepted"): 34,
        ("ready_for_pickup", "cancelled"): -36,
        ("ready_for_pickup", "picked_up"): 0,
    },
)
TICKETS = Plan(
    1464,
    454,
    _boxes(
        Box("unassigned", 96, 150, 160),
        Box("offered", 330, 150),
        Box("needs_dispatcher", 213, 260, 150),
        Box("assigned", 560, 150, 168),
        Box("at_pickup", 790, 150, 150),
        Box("picked_up", 1000, 150),
        Box("at_dropoff", 1196, 150),
        Box("delivered", 1386, 150),
        Box("failed", 1098, 260, 240),
        Box("returning", 1098, 340, 150),
        Box("returned", 1098, 420, 150),
        Box("cancelled", 440, 420, 848),
    ),
    {
        ("unassigned", "offered"): -11,
        ("offered", "unassigned"): 11,
        ("unassigned", "assigned"): -50,
        ("assigned", "unassigned"): -84,
        ("at_pickup", "unassigned"): -118,
        ("assigned", "picked_up"): -50,
        ("picked_up", "delivered"): -50,
    },
)
