"""Pages of a list by cursor: `after` is the place of the last row seen, so no page is counted up to.

A cursor is whatever orders the list, as text; clients hand it back as it is.
"""

from collections.abc import Callable, Sequence
from typing import Any, NotRequired, TypedDict, TypeVar

from app.errors import Invalid

Row = TypeVar("Row")


class Paging(TypedDict):
    """A page as `requests.Paging` loads it."""

    after: NotRequired[str]
    limit: int


def place(paging: Paging, last: int) -> int:
    """The number at which the page begins; `last` for the first page. Invalid when it never was a cursor of ours."""
    after = paging.get("after")
    if after is None:
        return last
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise Invalid("This is no place in this list.", errors={"after": ["Not the `next` of a page."]})
    return int(after)


def page(
    rows: Sequence[Row], limit: int, cursor: Callable[[Row], object], document: Callable[[Row], Any]
) -> dict[str, Any]:
    """The first `limit` of `rows`, of which one more was read: its presence says that there is a next page."""
    shown = rows[:limit]
    return {
        "items": [document(row) for row in shown],
        "next": str(cursor(shown[-1])) if len(rows) > limit else None,
    }
