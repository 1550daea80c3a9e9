"""What was typed into a menu: how many of each item, and a note for the kitchen. Fields `quantity-<id>`, `note-<id>`.

Kept as it was typed, so that a page that refuses shows it again.
"""

import re
from collections.abc import Container, Iterator, Mapping

from app.domain.order_placement import Line
from app.language import gettext as _
from app.models.order import LONGEST_LINE_NOTE, MOST_OF_ONE

_QUANTITY = re.compile(r"quantity-(\d{1,18})")


class Basket:
    """The quantities and notes of one form, and what is wrong with them, by the item's id."""

    def __init__(self, typed: Mapping[str, str] | None = None) -> None:
        typed = typed or {}
        self.quantities: dict[int, str] = {}
        self.notes: dict[int, str] = {}
        self.errors: dict[int, str] = {}
        for name, value in typed.items():
            if (match := _QUANTITY.fullmatch(name)) and value.strip().strip("0"):
                item_id = int(match[1])
                self.quantities[item_id] = value.strip()
                self.notes[item_id] = typed.get(f"note-{item_id}", "").strip()

    def __bool__(self) -> bool:
        return bool(self.quantities)

    def is_right(self) -> bool:
        """Whether all of it can be ordered as lines; `errors` says what cannot."""
        for item_id, quantity in self.quantities.items():
            if not (quantity.isascii() and quantity.isdigit() and len(quantity) < 6 and int(quantity) <= MOST_OF_ONE):
                self.errors[item_id] = _("A number from 0 to %(most)s.", most=MOST_OF_ONE)
            elif len(self.notes[item_id]) > LONGEST_LINE_NOTE:
                self.errors[item_id] = _("At most %(characters)s characters.", characters=LONGEST_LINE_NOTE)
        return not self.errors

    def lines(self) -> Iterator[Line]:
        """What is ordered, in the order of the form; what is wrong is left out."""
        for item_id, quantity in self.quantities.items():
            if item_id not in self.errors:
                yield Line(item_id, int(quantity), self.notes[item_id])

    def lines_of(self, on_the_menu: Container[int]) -> Iterator[Line]:
        """Those lines whose item stands on the menu."""
        return (line for line in self.lines() if line.menu_item_id in on_the_menu)
