"""A whole menu as a table: what `COLUMNS` say of each dish, out and in again.

What comes in is planned first, line by line, and nothing is written while a line is wrong. A line with an `id` changes
that dish, one without is a new one under its heading (made where there is none); dishes that no line names stay.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from babel.numbers import get_currency_precision
from sqlalchemy import func, select

from app.errors import Invalid, LostRace
from app.extensions import atomic, db
from app.language import gettext as _
from app.models import Category, MenuItem, Restaurant

from . import menus
from .actor import Actor
from .locks import hold
from .menus import Terms
from .money import decimal_string, minor_units

COLUMNS = ("id", "heading", "name", "description", "price", "work_minutes")
# A table without the last one leaves that as it is.
_OPTIONAL = ("id", "work_minutes")
MOST_LINES = 1000
# What a spreadsheet must not work out has an apostrophe before it (views/sheets.py); here it goes again.
_MADE_HARMLESS = re.compile(r"^'(?=[\t\r\n])|(?:^|(?<=[;\t\r\n]))'(?=\s*[=+\-@])")
_PRICE = re.compile(r"([0-9]+)(?:([.,])([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Line:
    """One line and what it would do: `new`, `change` (of what, see `changes`) or `same`; or what is wrong with it.

    `is_double`: it is new, and a dish of this name stands under its heading already.
    """

    number: int
    name: str
    heading: str = ""
    terms: Terms | None = None
    item: MenuItem | None = None
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    is_double: bool = False

    @property
    def does(self) -> str:
        """The same in a word."""
        if self.errors:
            return "wrong"
        return "new" if self.item is None else "change" if self.changes else "same"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a table would do to a menu; `menu` is another one as soon as a dish was added to it."""

    lines: list[Line]
    menu: tuple[int, int | None]

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
        """A short text that is another one as soon as the plan is another one, or was carried out."""
        told = [(line.number, line.does, line.name, line.heading, line.terms, line.changes) for line in self.lines]
        return hashlib.sha256(repr((self.menu, told)).encode()).hexdigest()


def rows(restaurant: Restaurant) -> Iterator[tuple[Any, ...]]:
    """The menu as a table, its names above it."""
    yield COLUMNS
    for category in menus.categories(restaurant):
        for item in category.shown:
            price = decimal_string(item.price_minor, restaurant.currency)
            yield item.id, category.name, item.name, item.description, price, _cell(item.work_minutes)


def plan(restaurant: Restaurant, text: str) -> Plan:
    """What the table `text` (CSV with a line of names) would do. Invalid where it is no such table."""
    sheet = _read(text)
    known = {item.id: (item, category) for category in menus.categories(restaurant) for item in category.shown}
    seen: set[int] = set()
    dishes = select(func.count(), func.max(MenuItem.id)).where(MenuItem.restaurant_id == restaurant.id)
    count, last = db.session.execute(dishes).one()
    lines = [_line(number, row, restaurant, known, seen) for number, row in enumerate(sheet, 2)]
    return Plan(lines, (count, last))


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
    if missing := [name for name in COLUMNS if name not in (*_OPTIONAL, *names)]:
        raise Invalid(_("The first line must name the columns; it lacks: %(missing)s.", missing=", ".join(missing)))
    reader.fieldnames = names
    try:
        told = [name for name in COLUMNS if name == "id" or name in names]
        sheet = [{name: _plain(row.get(name)) for name in told} for row in reader]
    except csv.Error as wrong:
        raise Invalid(_("This is no table: %(wrong)s.", wrong=wrong)) from wrong
    if not 1 <= len(sheet) <= MOST_LINES:
        raise Invalid(_("From 1 to %(most)s dishes.", most=MOST_LINES))
    return sheet


def _plain(cell: object) -> str:
    return " ".join(_MADE_HARMLESS.sub("", cell).split()) if isinstance(cell, str) else ""


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
    price = _price(row["price"], restaurant.currency)
    if price is None:
        errors.append(_("“%(price)s” is no price in %(currency)s.", price=row["price"], currency=restaurant.currency))
    terms = Terms(name=row["name"], description=row["description"], price_minor=price or 0)
    if "work_minutes" in row:
        terms["work_minutes"] = _minutes(row["work_minutes"], errors)
    errors += [*_faults(lambda: menus.heading(row["heading"])), *_faults(lambda: menus.check(terms))]
    changes = _changes(item, category, terms, row, restaurant.currency) if item and category and not errors else {}
    is_double = item is None and any(
        (dish.name, under.name.lower()) == (row["name"], row["heading"].lower()) for dish, under in known.values()
    )
    return Line(number, row["name"], row["heading"], terms, item, changes, tuple(errors), is_double)


def _price(cell: str, currency: str) -> int | None:
    """In minor units; None where it is none or could be two: "1,200" is 1200 in one spreadsheet and 1.20 in another."""
    read = _PRICE.fullmatch(cell)
    if read is None:
        return None
    whole, mark, fraction = read.groups("")
    if len(fraction) > get_currency_precision(currency) or (mark == "," and len(fraction) == 3):
        return None
    return minor_units(f"{whole}.{fraction}", currency)


def _minutes(cell: str, errors: list[str]) -> int | None:
    """The work of a dish; None: as usual."""
    if not cell:
        return None
    if not (cell.isascii() and cell.isdigit() and len(cell) < 9):
        errors.append(_("“%(cell)s” is no number of minutes.", cell=cell))
        return None
    return int(cell)


def _faults(check: Any) -> Iterator[str]:
    try:
        check()
    except Invalid as wrong:
        for name, messages in wrong.members.get("errors", {}).items():
            yield f"{name.replace('_', ' ').capitalize()}: {' '.join(messages)}"


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
    if "work_minutes" in terms:
        pairs["work_minutes"] = (_cell(item.work_minutes), _cell(terms["work_minutes"]))
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _cell(minutes: int | None) -> str:
    return "" if minutes is None else str(minutes)
