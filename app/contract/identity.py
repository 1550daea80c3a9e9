"""Who somebody is to both processes: an immutable value, made anew from the database at every connect and request.

It carries no permission of its own: rooms follow from it in rooms.py, rows in each model's `visible_to`.
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person does here. One role each; `vendor` staff belong to exactly one restaurant."""

    CUSTOMER = "customer"
    VENDOR = "vendor"
    DRIVER = "driver"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Identity:
    """A person, or the holder of a tracking link, and the credential row that says so.

    `credential` names that row as `session:<id>`, `token:<id>` or `tracking:<id>`: when the row ends, so does the
    access. A tracking link has an `order_number` and nothing else.
    """

    credential: str
    person_id: int | None = None
    role: Role | None = None
    restaurant_id: int | None = None
    order_number: str | None = None

    @property
    def is_tracking(self) -> bool:
        """Whether this is the holder of a link and no person."""
        return self.person_id is None
