"""One question over orders, people and restaurants: a few of each, the likeliest first, for a box that is typed into.

Orders are found as their list finds them (order_search.py). People have no index of words: among the newest
`PEOPLE_LOOKED_AT` any part of a name, an address or a number is looked for; beyond them a whole e-mail address, and
whoever has placed one of the orders that were found. So no question costs more as the business grows.
"""

import re
from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased, lazyload

from app.models import Order, Person, Restaurant

from . import order_search

FEW = 6
PEOPLE_LOOKED_AT = 20_000
_PLACED_BY = 40
_BIGGEST = 2**63 - 1


def orders(session: Session, text: str, limit: int = FEW) -> list[Order]:
    """The newest orders that `text` finds by number, name or phone."""
    ids = _newest(session, text, limit)
    query = select(Order).options(lazyload(Order.items)).where(Order.id.in_(ids))
    return sorted(session.scalars(query), key=lambda order: -order.id)


def people(session: Session, text: str, limit: int = FEW) -> list[Person]:
    """People by a part of their name, e-mail address or phone."""
    wanted, digits = text.strip().lower(), re.sub(r"\D", "", text)
    if len(wanted) < order_search.SHORTEST:
        return []
    window = aliased(Person, select(Person).order_by(Person.id.desc()).limit(PEOPLE_LOOKED_AT).subquery())
    likes = [func.lower(window.name).contains(wanted, autoescape=True), window.email.contains(wanted, autoescape=True)]
    if len(digits) >= order_search.SHORTEST_PHONE:
        likes.append(window.phone.contains(digits, autoescape=True))
    starts = func.lower(window.name).startswith(wanted, autoescape=True)
    near = session.scalars(select(window.id).where(or_(*likes)).order_by(starts.desc(), window.name).limit(limit)).all()
    exact = session.scalars(select(Person.id).where(Person.email == wanted)).all()
    ids = list(dict.fromkeys([*exact, *near, *_who_placed(session, text)]))[:limit]
    found = {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(ids)))}
    return [found[id] for id in ids]


def restaurants(session: Session, text: str, limit: int = FEW) -> Sequence[Restaurant]:
    """Restaurants by a part of their name or of the name in their address."""
    wanted = text.strip().lower()
    if not wanted:
        return []
    likes = (
        func.lower(Restaurant.name).contains(wanted, autoescape=True),
        Restaurant.slug.contains(wanted, autoescape=True),
    )
    return session.scalars(select(Restaurant).where(or_(*likes)).order_by(Restaurant.name).limit(limit)).all()


def _who_placed(session: Session, text: str) -> list[int]:
    placed = select(Order.customer_id).where(Order.id.in_(_newest(session, text, _PLACED_BY)))
    return list(session.scalars(placed.order_by(Order.id.desc())))


def _newest(session: Session, text: str, limit: int) -> list[int]:
    return order_search.newest(session, text, before=_BIGGEST, limit=limit)
