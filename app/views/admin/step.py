"""A step that an admin may take with an order or its delivery: an edge of its machine, and what the button says."""

from dataclasses import dataclass

from app.contract.identity import Role
from app.domain.edges import Edge


@dataclass(frozen=True, slots=True)
class Step:
    """An edge that an admin may walk, or `refusal`: why not now."""

    edge: Edge
    words: str
    refusal: str | None

    @property
    def ends_it(self) -> bool:
        """Whether it takes the food away from somebody who waits for it."""
        return self.edge.to in ("cancelled", "undeliverable", "failed")

    @property
    def needs_reason(self) -> bool:
        """Whether a reason code must be chosen."""
        return Role.ADMIN in self.edge.reason

    @property
    def needs_note(self) -> bool:
        """Whether something must be written down."""
        return Role.ADMIN in self.edge.note
