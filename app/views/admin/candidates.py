"""Whom a delivery can be offered to: the nearest of those who can be asked, and of the others, with the reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from app.domain.dispatch import Weighed


@dataclass(frozen=True, slots=True)
class Candidates:
    """Both the nearest first; each of `cannot` says why not."""

    can: Sequence[Weighed]
    cannot: Sequence[Weighed]


def nearest(weighed: Iterable[Weighed], most: int) -> Candidates:
    """At most so many of either, out of everybody who was weighed."""
    everybody = list(weighed)
    can = islice((one for one in everybody if not one.why_not), most)
    cannot = islice((one for one in everybody if one.why_not), most)
    return Candidates(list(can), list(cannot))
