"""An edge of a machine of states, as order_states.py and ticket_states.py list them, and what its walk may be told.

What an admin may decide about an edge is bounded here: roles that make no sense on it are never added, and two are
never taken away. `system`: deadlines and rules act in its name. `admin`: somebody must be able to mend everything.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypedDict

from app.errors import Forbidden, Invalid
from app.language import gettext as _

from .actor import ROLES, Actor

Rule = Callable[[Any, datetime], str | None]
_KEPT = frozenset({"system", "admin"})


class How(TypedDict, total=False):
    """What every verb may be told besides: the version that was on the screen, a note, the time on the device."""

    expected_version: int | None
    note: str | None
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True)
class Edge:
    """One step of a machine. `reason`: the roles that must give a reason code; `note`: those that must write why.

    `may`: the roles that an admin may add; `asks`: those whose verb can be told a reason, so that an admin may demand
    one of them, or demand none any more.
    """

    start: str
    to: str
    verb: str
    roles: frozenset[str]
    reason: frozenset[str] = frozenset()
    note: frozenset[str] = frozenset()
    rule: Rule | None = None
    may: frozenset[str] = frozenset()
    asks: frozenset[str] = frozenset()

    @property
    def possible(self) -> frozenset[str]:
        """The roles that may be on it at all, whatever anybody decides."""
        return self.roles | self.may

    @property
    def kept(self) -> frozenset[str]:
        """The roles that nobody can take away."""
        return self.roles & _KEPT

    def under(self, roles: AbstractSet[str], reason: AbstractSet[str]) -> "Edge":
        """This edge of the table for `roles`, of whom those in `reason` must say why, as far as may be decided."""
        walk = self.kept | (roles & self.possible)
        say = frozenset(reason & self.asks) | (self.reason - self.asks)
        return replace(self, roles=walk, reason=say & walk)

    def refusal(self, thing: Any, at: datetime) -> str | None:
        """Why the edge's rule keeps `thing` from it at `at`; None: it does not."""
        return self.rule(thing, at) if self.rule else None

    def check(self, by: Actor, reason_code: str | None, note: str | None) -> None:
        """Refuse a walk that is not for this role (Forbidden) or lacks what its role must say (Invalid)."""
        if by.role not in self.roles:
            role = _(ROLES.get(by.role, by.role)).lower()
            raise Forbidden(
                _("A %(role)s may not take it from %(start)s to %(to)s.", role=role, start=self.start, to=self.to)
            )
        if by.role in self.reason and not reason_code:
            raise Invalid(_("Say why."), errors={"reason_code": [_("A reason is needed here.")]})
        if by.role in self.note and not (note or "").strip():
            raise Invalid(_("Write down why."), errors={"note": [_("A note (a reference) is needed here.")]})


def edge(
    start: str,
    to: str,
    verb: str,
    roles: str,
    reason: str = "",
    note: str = "",
    rule: Rule | None = None,
    may: str = "",
    asks: str | None = None,
) -> Edge:
    """A line of a table: roles as words with blanks between them. `asks`: as a rule those that must give a reason."""
    return Edge(
        start, to, verb, _set(roles), _set(reason), _set(note), rule, _set(may), _set(reason if asks is None else asks)
    )


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())
