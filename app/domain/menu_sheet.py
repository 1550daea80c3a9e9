"""A whole menu as a table: what `COLUMNS` say of each dish, out and in again.

What comes in is planned first, line by line, and nothing is written while a line is wrong. A line with an `id` changes
that dish, one without is a new one under its heading (made where there is none); dishes that no line names stay.
"""

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.errors import Invalid, LostRace
from app.extensions import atomic
from app.language import gettext as _
from app.models import Category, MenuItem, Restaurant

from . import menus
from .actor import Actor
from .locks import hold
from .menus import Terms
from .money import decimal_string, minor_units

COLUMNS = ("id", "heading", "name", "description", "price")
MOST_LINES = 1000
# What a spreadsheet must not work out has an apostrophe before it (views/sheets.py); here it goes again.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Line:
    """One line and what it would do: `new`, `change` (of what, see `changes`) or `same`; or what is wrong with it."""

    number: int
    name: str
    heading: str = ""
    terms: Terms | None = None
    item: MenuItem | None = None
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    errors: tuple[str, ...] = ()

    @property
    def does(self) -> str:
        """The same in a word."""
        if self.errors:
            return "wrong"
        return "new" if self.item is None else "change" if self.changes else "same"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a table would do to a menu."""

    lines: list[Line]

    @property
    def is_right(self) -> bool:
        """Whether it can be carried out."""
        return not any(line.errors for line in self.lines)

    @property
    def does_something(self) -> bool:
        """Whether carrying it out would change anything."""
        return self.is_right and any(line.does in ("new", "change") for line in self.lines)

    @property
    def seal(self) -> str:
        """A short text that is another one as soon as the plan is another one."""
        told = [(line.number, line.does, line.name, line.heading, line.terms, line.changes) for line in self.lines]
        return hashlib.sha256(repr(told).encode()).hexdigest()


def rows(restaurant: Restaurant) -> Iterator[tuple[Any, ...]]:
    """The menu as a table, its names above it."""
    yield COLUMNS
    for category in menus.categories(restaurant):
        for item in category.shown:
            price = decimal_string(item.price_minor, restaurant.currency)
            yield item.id, category.name, item.name, item.description, price


def plan(restaurant: Restaurant, text: str) -> Plan:
    """What the table `text` (CSV with a line of names) would do. Invalid where it is no such table."""
    sheet = _read(text)
    known = {item.id: (item, category) for category in menus.categories(restaurant) for item in category.shown}
    seen: set[int] = set()
    return Plan([_line(number, row, restaurant, known, seen) for number, row in enumerate(sheet, 2)])


def carry_out(restaurant: Restaurant, text: str, *, seal: str, by: Actor) -> Plan:
    """Do what the plan with this seal would do. LostRace where the menu has changed so that it would do another thing.

    Refuses with Invalid a table with a line that is wrong.
    """
    with atomic() as session:
        hold(session, restaurant)
        wanted = plan(restaurant, text)
        if not wanted.is_right:
            raise Invalid(_("Some lines are not right."))
        if wanted.seal != seal:
            raise LostRace(_("The menu has changed meanwhile. Look at what the table would do now."))
        headings = {category.name.lower(): category for category in menus.categories(restaurant)}
        for line in wanted.lines:
            if line.does in ("new", "change") and line.terms is not None:
                _do(restaurant, line, line.terms, _heading(restaurant, headings, line.heading, by), by)
    return wanted


def _do(restaurant: Restaurant, line: Line, terms: Terms, category: Category, by: Actor) -> None:
    if line.item is None:
        menus.add_item(restaurant, category, terms, by=by)
    else:
        menus.change_item(restaurant, line.item, terms, category, by=by)


def _heading(restaurant: Restaurant, known: dict[str, Category], name: str, by: Actor) -> Category:
    if name.lower() not in known:
        known[name.lower()] = menus.add_category(restaurant, name, by=by)
    return known[name.lower()]


def _read(text: str) -> list[dict[str, str]]:
    lines = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").strip()
    first = lines.partition("\n")[0]
    # Where the comma is for decimals, spreadsheets write semicolons.
    reader = csv.DictReader(io.StringIO(lines), delimiter=";" if first.count(";") > first.count(",") else ",")
    names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    if missing := [name for name in COLUMNS if name != "id" and name not in names]:
        raise Invalid(_("The first line must name the columns; it lacks: %(missing)s.", missing=", ".join(missing)))
    reader.fieldnames = names
    try:
        sheet = [{name: _plain(row.get(name)) for name in COLUMNS} for row in reader]
    except csv.Error as wrong:
        raise Invalid(_("This is no table: %(wrong)s.", wrong=wrong)) from wrong
    if not 1 <= len(sheet) <= MOST_LINES:
        raise Invalid(_("From 1 to %(most)s dishes.", most=MOST_LINES))
    return sheet


def _plain(cell: object) -> str:
    text = " ".join(cell.split()) if isinstance(cell, str) else ""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _line(
    number: int,
    row: Mapping[str, str],
    restaurant: Restaurant,
    known: Mapping[int, tuple[MenuItem, Category]],
    seen: set[int],
) -> Line:
    errors: list[str] = []
    item, category = None, None
    if row["id"]:
        id = int(row["id"]) if row["id"].isascii() and row["id"].isdigit() and len(row["id"]) < 19 else 0
        item, category = known.get(id, (None, None))
        if item is None:
            errors.append(_("There is no dish %(id)s on this menu.", id=row["id"]))
        elif id in seen:
            errors.append(_("Dish %(id)s stands in another line already.", id=row["id"]))
        seen.add(id)
    price = minor_units(row["price"].replace(",", "."), restaurant.currency)
    if price is None:
        errors.append(_("“%(price)s” is no price in %(currency)s.", price=row["price"], currency=restaurant.currency))
    terms = Terms(name=row["name"], description=row["description"], price_minor=price or 0)
    errors += [*_faults(lambda: menus.heading(row["heading"])), *_faults(lambda: menus.check(terms))]
    changes = _changes(item, category, terms, row, restaurant.currency) if item and category and not errors else {}
    return Line(number, row["name"], row["heading"], terms, item, changes, tuple(errors))


def _faults(check: Any) -> Iterator[str]:
    try:
        check()
    except Invalid as wrong:
        for name, messages in wrong.members.get("errors", {}).items():
            yield _("%(field)s: %(wrong)s", field=_(name.capitalize()), wrong=" ".join(messages))


def _changes(
    item: MenuItem, category: Category, terms: Terms, row: Mapping[str, str], currency: str
) -> dict[str, tuple[str, str]]:
    price = decimal_string(item.price_minor, currency), decimal_string(terms["price_minor"], currency)
    pairs = {
        # Headings are told apart without regard to capitals.
        "heading": (
            category.name,
            row["heading"] if row["heading"].lower() != category.name.lower() else category.name,
        ),
        "name": (item.name, terms["name"]),
        "description": (item.description, terms["description"]),
        "price": price,
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
