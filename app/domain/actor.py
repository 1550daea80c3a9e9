"""Who did it: a person, an admin who acts as a person, or Passline itself."""

from dataclasses import dataclass
from typing import Protocol

from app.language import N_
from app.models import Person

SYSTEM_ROLE = "system"
ROLES = {"customer": N_("Customer"), "vendor": N_("Vendor"), "driver": N_("Driver"), "admin": N_("Admin")}


class Actor(Protocol):
    """Whoever walks an edge: a Person, or SYSTEM."""

    @property
    def id(self) -> int | None:
        """The person's id; None for the system."""

    @property
    def name(self) -> str:
        """The name that goes into the history."""

    @property
    def role(self) -> str:
        """A `Role`, or `system`."""


@dataclass(frozen=True, slots=True)
class _System:
    id: None = None
    name: str = "Passline"
    role: str = SYSTEM_ROLE


# Deadlines and rules act in this name.
SYSTEM: Actor = _System()
# Whoever types commands on the machine itself.
OPERATOR: Actor = _System(name="Command line")

# What the columns of histories hold.
LONGEST_NAME = 120


def acted_by(actor: Actor) -> Person | None:
    """The admin who acts as `actor`, if one does."""
    return actor.acted_by if isinstance(actor, Person) else None


def name_of(actor: Actor, longest: int = LONGEST_NAME) -> str:
    """The name for a history, of both where an admin acts as somebody: "Vera Vendor (by Adam Admin)".

    Of names that are too long for `longest` characters together, each keeps its half.
    """
    admin = acted_by(actor)
    if admin is None:
        return actor.name
    half = (longest - len(" (by )")) // 2
    room = max(half, longest - len(" (by )") - len(admin.name))
    name = _cut(actor.name, room)
    return f"{name} (by {_cut(admin.name, longest - len(' (by )') - len(name))})"


def _cut(name: str, longest: int) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"
