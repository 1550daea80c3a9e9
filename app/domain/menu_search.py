"""Restaurants found by their names, kitchens and dishes, however the words are accented or capitalised.

Compared here and not in SQL: the two databases fold case and accents differently, and menus are small (a hundred
restaurants of a hundred dishes are read in a few milliseconds).
"""

import unicodedata
from collections.abc import Iterable, Mapping

from sqlalchemy import select

from app.extensions import db
from app.models import Category, MenuItem, Restaurant

# How many dishes are named below a restaurant that was found by them.
MOST_DISHES = 3


def find(words: str, restaurants: Iterable[Restaurant]) -> dict[int, list[str]]:
    """The restaurants (by id) in which all of `words` occur, each with the dishes that were found by them.

    A restaurant is found by its name, kitchen and description, which names no dish, or by dishes that can be had now.
    """
    wanted = _folded(words).split()
    found: dict[int, list[str]] = {}
    for restaurant in restaurants:
        if _has(f"{restaurant.name} {restaurant.kitchen} {restaurant.description}", wanted):
            found[restaurant.id] = []
    for restaurant_id, dishes in _dishes().items():
        named = [name for name, text in dishes if _has(text, wanted)]
        if named:
            found[restaurant_id] = named[:MOST_DISHES]
    return found


def _dishes() -> Mapping[int, list[tuple[str, str]]]:
    """What can be had now, by restaurant: the name, and all that it is found by."""
    query = (
        select(MenuItem.restaurant_id, MenuItem.name, MenuItem.description, Category.name)
        .join(Category, Category.id == MenuItem.category_id)
        .where(MenuItem.available, MenuItem.is_hidden.is_(False), Category.is_hidden.is_(False))
        .order_by(MenuItem.rank, MenuItem.id)
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for restaurant_id, name, description, category in db.session.execute(query):
        found.setdefault(restaurant_id, []).append((name, f"{name} {description} {category}"))
    return found


def _has(text: str, wanted: list[str]) -> bool:
    folded = _folded(text)
    return all(word in folded for word in wanted)


def _folded(text: str) -> str:
    """Without accents and capitals: `Feijão` is found by `feijao`."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
