"""Who did it: a person, or Passline itself."""

from dataclasses import dataclass
from typing import Protocol

SYSTEM_ROLE = "system"


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
