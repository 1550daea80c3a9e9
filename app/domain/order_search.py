"""Finding orders by a word: the number, the customer's names, the digits of the phone; by their beginnings.

The words stand in `order_terms`, one B-tree on both databases; an order gets them when it is placed. A phone stands
there behind a `+`, and is looked for from five digits on: what whole countries begin with would find half of them.

`newest` finds a page of a beginning that millions of rows share without reading them: there are few different terms,
so it asks each for its newest order, and merges the orders of those that can be on the page.
"""

import re
import unicodedata
from typing import Any

from sqlalchemy import Select, false, intersect, or_, select, text
from sqlalchemy.orm import Session, scoped_session

from app.extensions import db
from app.models import Order, OrderTerm

_WORD = re.compile(r"[^\W_]+")
SHORTEST = 2
SHORTEST_PHONE = 5
# Each word is one more look-up among everybody's terms: a name has few, and a sentence is no search.
MOST_WORDS = 5
# `newest` asks for so many at most: each term is a part of its statement, and SQLite takes 500 of them.
MOST_AT_ONCE = 100
_LONGEST = 60
# After every term that begins with what stands before it.
_END = "\U0010ffff"

Span = tuple[str, str]


def words(text: str) -> list[str]:
    """The words of `text` as they are compared: lower case, without accents, at least two characters, each once."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return list(dict.fromkeys(word[:_LONGEST] for word in _WORD.findall(plain) if len(word) >= SHORTEST))


def terms(number: str, name: str, phone: str | None) -> list[str]:
    """What an order is found by."""
    digits = re.sub(r"\D", "", phone or "")
    return list(dict.fromkeys([number.lower(), *words(name), *([f"+{digits}"] if digits else [])]))


def narrowed(orders: Select[Any], text: str, *, alone: bool, before: int, limit: int) -> Select[Any]:
    """`orders` narrowed to those that `text` finds; `alone`: it is all orders there are, and nothing else narrows them.

    Then the ids of the page are found first: see `newest`.
    """
    if alone:
        return orders.where(Order.id.in_(newest(db.session, text, before=before, limit=limit)))
    return matching(orders, text)


def matching(orders: Select[Any], text: str) -> Select[Any]:
    """`orders` narrowed to those that have, for each word of `text`, a term that begins with it; none without words.

    Words past the fifth are left out.
    """
    found = words(text)[:MOST_WORDS]
    if not found:
        return orders.where(false())
    for word in found:
        orders = orders.where(Order.id.in_(_having(word)))
    return orders


def few(session: Session | scoped_session[Any], text: str, most: int) -> list[int] | None:
    """The ids of all orders that match as in `matching`, in no order; None when they are more than `most`.

    Asked word by word first: whether one is rare is known after `most` steps along the index.
    """
    found = words(text)[:MOST_WORDS]
    if not found:
        return []
    for word in found:
        ids = list(session.scalars(_having(word).limit(most + 1)))
        if len(ids) <= most:
            return _of_all(session, ids, found)
    return None


def _of_all(session: Session | scoped_session[Any], ids: list[int], found: list[str]) -> list[int]:
    """Those of `ids` that have all the words."""
    left = set(ids)
    for word in found:
        if not left:
            break
        left &= set(session.scalars(_having(word).where(OrderTerm.order_id.in_(left))))
    return list(left)


def newest(session: Session | scoped_session[Any], text: str, *, before: int, limit: int) -> list[int]:
    """The ids of the newest `limit` orders below the id `before`, out of all there are, that match as in `matching`."""
    found = words(text)[:MOST_WORDS]
    if not found:
        return []
    ids = _newest_of(session, found[0], before, limit) if len(found) == 1 else None
    return _newest_of_all(session, found, before, limit) if ids is None else ids


def _newest_of_all(session: Session | scoped_session[Any], found: list[str], before: int, limit: int) -> list[int]:
    """The same for several words: what each has, read from the index alone, and of that what all have."""
    ids = intersect(*(_having(word).where(OrderTerm.order_id < before) for word in found)).subquery()
    return list(session.scalars(select(ids.c.order_id).distinct().order_by(ids.c.order_id.desc()).limit(limit)))


def _having(word: str) -> Select[int]:
    begins = or_(*((OrderTerm.term >= start) & (OrderTerm.term < end) for start, end in _spans(word)))
    return select(OrderTerm.order_id).where(begins)


def _spans(word: str) -> list[Span]:
    """From where to where in the B-tree the terms stand that begin with `word`."""
    beginnings = [word, f"+{word}"] if word.isdecimal() and len(word) >= SHORTEST_PHONE else [word]
    return [(start, start + _END) for start in beginnings]


# Each different term of a span in one step of the index, with the newest order that has it.
_NEWEST_PER_TERM = text("""
    with recursive terms(term) as (
        select min(term) from order_terms where term >= :start and term < :end
        union all
        select (select min(term) from order_terms where term > terms.term and term < :end)
        from terms where terms.term is not null
    ),
    heads as (
        select term, (
            select max(order_id) from order_terms o where o.term = terms.term and o.order_id < :before
        ) as newest
        from terms where term is not null
    )
    select term, newest from heads where newest is not null order by newest desc limit :terms
""")


def _newest_of(session: Session | scoped_session[Any], word: str, before: int, limit: int) -> list[int] | None:
    """The newest `limit` ids below `before` with a term that begins with `word`; None when they are not certain."""
    most = 2 * limit
    heads: list[tuple[int, str]] = []
    for start, end in _spans(word):
        rows = session.execute(_NEWEST_PER_TERM, {"start": start, "end": end, "before": before, "terms": most})
        heads.extend((newest, term) for term, newest in rows)
    heads = sorted(heads, reverse=True)[:most]
    if not heads:
        return []
    # What a term has that is not among the heads is older than the last of them.
    certain = heads[-1][0] if len(heads) == most else 0
    ids = sorted(_merged(session, [term for _, term in heads], before, limit), reverse=True)[:limit]
    return ids if certain == 0 or (len(ids) == limit and ids[-1] >= certain) else None


def _merged(session: Session | scoped_session[Any], of_terms: list[str], before: int, limit: int) -> set[int]:
    """The newest `limit` ids of each term, each a short walk along its end of the B-tree."""
    arms = " union all ".join(
        f"select * from (select order_id from order_terms where term = :t{i} and order_id < :before"  # noqa: S608
        f" order by order_id desc limit :limit) as a{i}"
        for i in range(len(of_terms))
    )
    names = {f"t{i}": term for i, term in enumerate(of_terms)}
    return set(session.scalars(text(arms), {**names, "before": before, "limit": limit}))
