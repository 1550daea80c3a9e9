"""Restaurants: opened and changed by admins. Their hours are in opening_hours.py, their menus in menus.py.

The deadlines of its orders are decided with the transitions (policy_changes.py).
"""

import re
from datetime import time
from typing import Any, TypedDict
from zoneinfo import available_timezones

from babel.numbers import list_currencies
from sqlalchemy import select

from app.contract.times import now
from app.errors import Invalid
from app.extensions import atomic, db
from app.language import gettext as _
from app.models import Order, Restaurant, WifiPackage

from . import audit, house_events, marks
from .actor import Actor
from .locks import POLICIES, alone, hold

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# Have alone: of two who take the same, the second is told that it is taken.
_SLUGS = "slugs"
_LONGEST = {"name": 120, "slug": 60, "kitchen": 60, "description": 500, "address": 300, "phone": 20}


class Terms(TypedDict):
    """What is said of a restaurant: place in degrees (WGS 84), times in whole minutes."""

    name: str
    slug: str
    kitchen: str
    description: str
    address: str
    phone: str
    latitude: float | None
    longitude: float | None
    time_zone: str
    currency: str
    preparation_minutes: int
    delivery_minutes: int
    day_starts: time
    auto_accept: bool


def create(terms: Terms, *, by: Actor) -> Restaurant:
    """Open a restaurant, without hours and without a menu yet. Refuses with Invalid."""
    with atomic() as session:
        # One that is being opened while something is decided for all would begin with what held before, for good.
        alone(session, POLICIES)
        alone(session, _SLUGS)
        _check(terms, None)
        restaurant = Restaurant(**terms)
        session.add(restaurant)
        session.flush()
        # What the deadlines of all are, the database filled in.
        session.refresh(restaurant)
        subject = ("restaurant", restaurant.id, restaurant.name)
        audit.record(session, "restaurant.created", by=by, subject=subject, after=_said(terms))
    return restaurant


def mark(restaurant: Restaurant) -> str:
    """The mark of what is said of it, for the form that changes it."""
    return marks.of({name: getattr(restaurant, name) for name in Terms.__annotations__})


def change(restaurant: Restaurant, terms: Terms, *, by: Actor, seen: str | None = None) -> None:
    """Change what is said of it. Refuses with Invalid; its currency stays once anything was sold in it.

    LostRace where it is not as it was `seen`.
    """
    with atomic() as session:
        hold(session, restaurant)
        marks.check(seen, {name: getattr(restaurant, name) for name in Terms.__annotations__})
        if terms["slug"] != restaurant.slug:
            alone(session, _SLUGS)
        _check(terms, restaurant)
        before = _said(terms, restaurant)
        for name, value in terms.items():
            setattr(restaurant, name, value)
        session.flush()
        subject = ("restaurant", restaurant.id, restaurant.name)
        audit.record(session, "restaurant.changed", by=by, subject=subject, before=before, after=_said(terms))
        house_events.changed(session, restaurant, now())


def has_sold(restaurant: Restaurant) -> bool:
    """Whether anything has a price in its currency that people paid or will pay: an order, or Wi-Fi on sale."""
    rows = (
        select(Order.id).where(Order.restaurant_id == restaurant.id),
        select(WifiPackage.id).where(WifiPackage.restaurant_id == restaurant.id),
    )
    return any(db.session.execute(query.limit(1)).first() is not None for query in rows)


def _check(terms: Terms, restaurant: Restaurant | None) -> None:
    errors: dict[str, list[str]] = {}
    for name, longest in _LONGEST.items():
        if len(terms[name]) > longest:  # type: ignore[literal-required]
            errors[name] = [_("At most %(longest)s characters.", longest=longest)]
    if not terms["name"]:
        errors["name"] = [_("What is it called?")]
    if not _SLUG.fullmatch(terms["slug"]):
        errors["slug"] = [_("Lower case letters and digits, with hyphens between them.")]
    elif _is_taken(terms["slug"], restaurant):
        errors["slug"] = [_("Another restaurant has this address.")]
    if terms["time_zone"] not in available_timezones():
        errors["time_zone"] = [_("There is no such time zone.")]
    if terms["currency"] not in list_currencies():
        errors["currency"] = [_("There is no such currency.")]
    elif restaurant is not None and terms["currency"] != restaurant.currency and has_sold(restaurant):
        errors["currency"] = [_("It has sold in its currency, which therefore stays.")]
    if not 1 <= terms["preparation_minutes"] <= 240:
        errors["preparation_minutes"] = [_("From %(least)s to %(most)s minutes.", least=1, most=240)]
    if not 0 <= terms["delivery_minutes"] <= 240:
        errors["delivery_minutes"] = [_("From %(least)s to %(most)s minutes.", least=0, most=240)]
    errors |= _place_errors(terms["latitude"], terms["longitude"])
    if errors:
        raise Invalid(_("The restaurant is not right yet."), errors=errors)


def _place_errors(latitude: float | None, longitude: float | None) -> dict[str, list[str]]:
    if (latitude is None) != (longitude is None):
        return {"latitude": [_("Both degrees, or none.")]}
    errors = {}
    if latitude is not None and not -90 <= latitude <= 90:
        errors["latitude"] = [_("From %(shortest)s to %(longest)s.", shortest=-90, longest=90)]
    if longitude is not None and not -180 <= longitude <= 180:
        errors["longitude"] = [_("From %(shortest)s to %(longest)s.", shortest=-180, longest=180)]
    return errors


def _is_taken(slug: str, restaurant: Restaurant | None) -> bool:
    holder = db.session.scalar(select(Restaurant.id).where(Restaurant.slug == slug))
    return holder is not None and (restaurant is None or holder != restaurant.id)


def _said(terms: Terms, restaurant: Restaurant | None = None) -> dict[str, Any]:
    """The terms as the trail keeps them: as asked for, or as `restaurant` has them."""
    return {
        name: str(told) if isinstance(told, time) else told
        for name, told in ((name, getattr(restaurant, name) if restaurant else terms[name]) for name in terms)  # type: ignore[literal-required]
    }
