"""The demo's restaurants: read from menus/*.toml, put into the database once, and known to the rest as `Place`s.

For large numbers of orders each restaurant opens branches in the quarters of its town, with the same menu.
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.domain import geography
from app.domain.locks import POLICIES, alone
from app.models import Category, MenuItem, OpeningHours, Restaurant, WifiPackage

from . import streets

_MENUS = Path(__file__).parent / "menus"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# Always open: here the log-in vendor@ works, and here the kitchen is busy when the demo starts.
ALWAYS_OPEN = "mama-wanjiru"


@dataclass(frozen=True, slots=True)
class Place:
    """A restaurant as an order sees it. `town` is the slug of the restaurant that its menu comes from."""

    restaurant: Restaurant
    town: str
    dishes: tuple[MenuItem, ...]
    # How often each dish is asked for, summed up: what random.choices wants.
    appetites: tuple[float, ...]


def counter(restaurant: Restaurant) -> geography.Place:
    """Where guests and drivers find it: of the demo's restaurants that is always known."""
    return geography.Place(restaurant.latitude or 0.0, restaurant.longitude or 0.0)


def slugs(count: int) -> list[str]:
    """The slugs of the first `count` restaurants: those of the menus, then their branches in turn."""
    return [slug for slug, _, _ in _houses(count)]


def furnish(session: Session, count: int, at: datetime) -> list[Place]:
    """Open the first `count` restaurants, as of `at`, unless they are there already; returns them in that order."""
    houses = list(_houses(count))
    # As whoever opens one (domain/restaurants.py).
    alone(session, POLICIES)
    query = select(Restaurant).where(Restaurant.slug.in_([slug for slug, _, _ in houses]))
    known = {restaurant.slug: restaurant for restaurant in session.scalars(query)}
    for slug, menu, quarter in houses:
        if slug not in known:
            known[slug] = _open(session, slug, menu, quarter, at)
    session.flush()
    return [_place(session, known[slug], menu) for slug, menu, _ in houses]


def _houses(count: int) -> Iterator[tuple[str, dict[str, Any], str | None]]:
    """Slug, menu and quarter (None: the house itself) of the first `count` restaurants; fewer when menus have fewer."""
    menus = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(_MENUS.glob("*.toml"))]
    houses: list[tuple[str, dict[str, Any], str | None]] = [(menu["slug"], menu, None) for menu in menus]
    for rank in range(max(len(menu["quarters"]) for menu in menus)):
        for menu in menus:
            if rank < len(menu["quarters"]):
                houses.append((f"{menu['slug']}-{rank + 2}", menu, menu["quarters"][rank]))
    yield from houses[:count]


def _open(session: Session, slug: str, menu: dict[str, Any], quarter: str | None, at: datetime) -> Restaurant:
    plain = ("kitchen", "description", "time_zone", "currency")
    minutes = ("acceptance_minutes", "preparation_minutes", "delivery_minutes")
    rides = ("ride_pay_minor", "ride_pay_per_km_minor")
    house = geography.Place(menu["latitude"], menu["longitude"])
    latitude, longitude = house if quarter is None else streets.door(house, quarter)
    restaurant = Restaurant(
        slug=slug,
        name=menu["name"] if quarter is None else f"{menu['name']}, {quarter}",
        address=menu["address"] if quarter is None else quarter,
        phone=menu["phone"],
        created_at=at,
        hours=list(_hours(menu["hours"])),
        latitude=latitude,
        longitude=longitude,
        **{key: menu[key] for key in (*plain, *minutes, *rides)},
    )
    session.add(restaurant)
    session.flush()
    for rank, category in enumerate(menu["category"]):
        station = category["station"]
        items = [_dish(restaurant, item, station, number) for number, item in enumerate(category["item"])]
        session.add(Category(restaurant_id=restaurant.id, name=category["name"], rank=rank, items=items))
    session.add_all(
        [WifiPackage(restaurant_id=restaurant.id, created_at=at, **package) for package in menu.get("wifi", ())]
    )
    return restaurant


def _hours(days: dict[str, Sequence[str]]) -> Iterator[OpeningHours]:
    """`"18:30-02:00"` under the name of a weekday, for each service of the week."""
    for weekday, day in enumerate(_DAYS):
        for service in days.get(day, ()):
            opens, closes = map(time.fromisoformat, service.split("-"))
            yield OpeningHours(weekday=weekday, opens=opens, closes=closes)


def _dish(restaurant: Restaurant, item: dict[str, Any], station: str, rank: int) -> MenuItem:
    return MenuItem(
        restaurant_id=restaurant.id,
        name=item["name"],
        description=item["description"],
        price_minor=item["price"],
        available=not item.get("sold_out", False),
        station=station,
        rank=rank,
    )


def _place(session: Session, restaurant: Restaurant, menu: dict[str, Any]) -> Place:
    query = (
        select(Category)
        .where(Category.restaurant_id == restaurant.id)
        .options(selectinload(Category.items))
        .order_by(Category.rank, Category.id)
    )
    appetite = {category["name"]: category["appetite"] for category in menu["category"]}
    dishes: list[MenuItem] = []
    appetites: list[float] = []
    total = 0.0
    for category in session.scalars(query):
        for dish in category.shown:
            # Somebody who renamed a category in the demo may load more orders all the same.
            total += appetite.get(category.name, 1) / len(category.shown)
            dishes.append(dish)
            appetites.append(total)
    return Place(restaurant, menu["slug"], tuple(dishes), tuple(appetites))
