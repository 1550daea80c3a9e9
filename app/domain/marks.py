"""Marks of what a form showed, so that whoever saves all of it writes over nothing that they have not seen.

A form carries the mark of the values that it was drawn with. The verb that saves it compares the mark, under its lock,
with the values of that moment. Whoever brings no mark (a program, a table that is imported) has looked by itself.
"""

import hashlib

import orjson

from app.errors import LostRace
from app.language import gettext as _


def of(values: object) -> str:
    """The mark of `values`: equal for equal ones, and for no others."""
    text = orjson.dumps(values, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(text).hexdigest()[:32]


def check(seen: str | None, values: object) -> None:
    """LostRace where `values` are not those that were `seen`."""
    if seen is not None and seen != of(values):
        raise LostRace(
            _("Somebody else changed this meanwhile, and nothing of yours was saved. Look at it, then save again.")
        )
