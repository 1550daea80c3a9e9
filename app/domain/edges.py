"""An edge of a machine of states, as order_states.py and ticket_states.py list them, and what its walk may be told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from app.errors import Forbidden, Invalid

from .actor import Actor

Rule = Callable[[Any, datetime], str | None]


class How(TypedDict, total=False):
    """What every verb may be told besides: the version that was on the screen, a note, the time on the device."""

    expected_version: int | None
    note: str | None
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True)
class Edge:
    """One step of a machine. `reason`: the roles that must give a reason code; `note`: those that must write why."""

    start: str
    to: str
    verb: str
    roles: frozenset[str]
    reason: frozenset[str] = frozenset()
    note: frozenset[str] = frozenset()
    rule: Rule | None = None

    def refusal(self, thing: Any, at: datetime) -> str | None:
        """Why the edge's rule keeps `thing` from it at `at`; None: it does not."""
        return self.rule(thing, at) if self.rule else None

    def check(self, by: Actor, reason_code: str | None, note: str | None) -> None:
        """Refuse a walk that is not for this role (Forbidden) or lacks what its role must say (Invalid)."""
        if by.role not in self.roles:
            raise Forbidden(f"A {by.role} may not take it from {self.start} to {self.to}.")
        if by.role in self.reason and not reason_code:
            raise Invalid("Say why.", errors={"reason_code": ["A reason is needed here."]})
        if by.role in self.note and not (note or "").strip():
            raise Invalid("Write down why.", errors={"note": ["A note (a reference) is needed here."]})


def edge(
    start: str, to: str, verb: str, roles: str, reason: str = "", note: str = "", rule: Rule | None = None
) -> Edge:
    """A line of a table: roles as words with blanks between them."""
    return Edge(start, to, verb, _set(roles), _set(reason), _set(note), rule)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())
