"""A position says how far somebody has seen the log: `<epoch>-<n>`.

`n` grows along the log and is compared as a number; the epoch is made with the database and renewed when it is
restored, so that a position of another life of the database is known for what it is.
"""

import re
import secrets
from dataclasses import dataclass

# stdlib re: the epoch is short lower-case hex, n a signed 64-bit number.
_SHAPE = re.compile(r"([0-9a-f]{4,32})-(\d{1,18})")


def new_epoch() -> str:
    """A name for a life of the database that begins now."""
    return secrets.token_hex(4)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the log of one life of the database."""

    epoch: str
    n: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.n}"

    @classmethod
    def parse(cls, text: object) -> "Position | None":
        """The position that `text` spells, or None when it spells none (a stranger wrote it)."""
        match = _SHAPE.fullmatch(text) if isinstance(text, str) else None
        return cls(match[1], int(match[2])) if match else None
