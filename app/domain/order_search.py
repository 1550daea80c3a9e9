"""Finding orders by a word: the number, the customer's names, the digits of the phone; by their beginnings.

The words stand in `order_terms`, one B-tree on both databases; an order gets them when it is placed.
"""

import re
import unicodedata
from typing import Any

from sqlalchemy import Select, select

from app.models import Order, OrderTerm

_WORD = re.compile(r"[^\W_]+")
SHORTEST = 2
_LONGEST = 60


def words(text: str) -> list[str]:
    """The words of `text` as they are compared: lower case, without accents, at least two characters, each once."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return list(dict.fromkeys(word[:_LONGEST] for word in _WORD.findall(plain) if len(word) >= SHORTEST))


def terms(number: str, name: str, phone: str | None) -> list[str]:
    """What an order is found by."""
    digits = re.sub(r"\D", "", phone or "")
    return list(dict.fromkeys([number.lower(), *words(name), *([digits] if digits else [])]))


def matching(orders: Select[Any], text: str) -> Select[Any]:
    """`orders` narrowed to those that have, for each word of `text`, a term that begins with it."""
    for word in words(text):
        found = select(OrderTerm.order_id).where(OrderTerm.term >= word, OrderTerm.term < word + "\U0010ffff")
        orders = orders.where(Order.id.in_(found))
    return orders
