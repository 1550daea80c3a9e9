"""The demo's people: those of cast.toml, and as many more guests, staff and drivers as a number of orders needs.

All have the same password, hashed once (the hash is slow on purpose), and are marked: with one of them in its
database no process starts in production.
"""

import random
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.contract.identity import Role
from app.domain.order_search import terms
from app.domain.passwords import hashed
from app.models import Person

from .restaurants import Place

PASSWORD = "passline"
# Whom `flask demo greet` names, and what for.
LOG_INS = {
    "admin@passline.test": "sees and manages everything",
    "vendor@passline.test": "staff of Mama Wanjiru's All-Day Kitchen, always open",
    "vendor2@passline.test": "staff of Tasca da Mouraria",
    "driver@passline.test": "driver in Nairobi",
    "driver2@passline.test": "driver in Lisbon",
    "customer@passline.test": "customer",
    "customer2@passline.test": "customer",
}
_STAFF_OF_A_BRANCH = 2
# The dice for names: the same people whatever the seed of the orders.
_NAMES = 1987


class Who(NamedTuple):
    """Somebody who acts; without an id it is Passline itself."""

    id: int | None
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Guest:
    """A customer with where they live, and the words that their orders are found by."""

    who: Who
    address: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is there: by restaurant id, by town, everywhere."""

    staff: dict[int, list[Who]] = field(default_factory=dict)
    drivers: dict[str, list[Who]] = field(default_factory=dict)
    guests: dict[str, list[Guest]] = field(default_factory=dict)
    admins: list[Who] = field(default_factory=list)


class _Part(NamedTuple):
    """One person to be. `town` is None for those who are at home everywhere."""

    email: str
    name: str
    role: str
    phone: str
    works_at: str | None
    town: str | None


def gather(session: Session, places: Sequence[Place], guests: int, at: datetime) -> Cast:
    """Everybody of the demo, made as of `at` where they are not there yet: `guests` customers and who serves them."""
    script = tomllib.loads((Path(__file__).parent / "cast.toml").read_text(encoding="utf-8"))
    parts = list(_parts(script, places, guests, random.Random(_NAMES)))
    restaurants = {place.restaurant.slug: place.restaurant.id for place in places}
    known = set(session.scalars(select(Person.email).where(Person.is_demo)))
    missing = [part for part in parts if part.email not in known]
    if missing:
        session.execute(insert(Person), [_row(part, restaurants, at) for part in missing])
    ids = {email: id for id, email in session.execute(select(Person.id, Person.email).where(Person.is_demo))}
    return _cast(parts, ids, restaurants, script["town"])


def _parts(script: dict[str, Any], places: Sequence[Place], guests: int, rng: random.Random) -> Iterator[_Part]:
    """The cast in a fixed order: the file's people first, then those that only a large demo needs."""
    numbers = {slug: iter(range(10_100, 100_000)) for slug in script["town"]}

    def part(slug: str, name: str, role: str, works_at: str | None = None) -> _Part:
        town, number = script["town"][slug], next(numbers[slug])
        phone = town["phone"].replace("#####", str(number))
        return _Part(_email(name, slug, number), name, role, phone, works_at, slug)

    for person in script["person"]:
        works_at, town = person.get("works_at"), person.get("town")
        made = part(works_at or town or places[0].town, person["name"], person["role"], works_at)
        email, phone = person.get("email", made.email), person.get("phone", made.phone)
        yield made._replace(email=email, phone=phone, town=town)
    for place in places:
        if place.restaurant.slug != place.town:
            for _ in range(_STAFF_OF_A_BRANCH):
                yield part(place.town, _name(script, place.town, rng), Role.VENDOR, place.restaurant.slug)
    towns = list(script["town"])
    named = {slug: iter(script["town"][slug]["guests"]) for slug in towns}
    for number in range(guests):
        slug = towns[number % len(towns)]
        yield part(slug, next(named[slug], None) or _name(script, slug, rng), Role.CUSTOMER)


def _name(script: dict[str, Any], slug: str, rng: random.Random) -> str:
    """A name of that town; some people have two family names."""
    town = script["town"][slug]
    family = rng.sample(town["family"], 2 if rng.random() < 0.15 else 1)
    return " ".join([rng.choice(town["given"]), *family])


def _email(name: str, slug: str, number: int) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    spelt = ".".join(re.findall("[a-z]+", plain)[:3]) or "guest"
    return f"{spelt}.{slug[:2]}{number}@passline.test"


@cache
def _secret() -> str:
    """The hash of everybody's password, made once in a process."""
    return hashed(PASSWORD)


def _row(part: _Part, restaurants: dict[str, int], at: datetime) -> dict[str, Any]:
    return {
        "email": part.email,
        "name": part.name,
        "phone": part.phone,
        "password_hash": _secret(),
        "role": part.role,
        "restaurant_id": restaurants[part.works_at] if part.works_at else None,
        "is_active": True,
        "is_demo": True,
        "created_at": at,
    }


def _cast(parts: list[_Part], ids: dict[str, int], restaurants: dict[str, int], towns: dict[str, Any]) -> Cast:
    cast = Cast()
    for part in parts:
        who = Who(ids[part.email], part.name, part.role)
        if part.works_at:
            cast.staff.setdefault(restaurants[part.works_at], []).append(who)
        elif part.role == Role.ADMIN:
            cast.admins.append(who)
        for town in [part.town] if part.town else towns:
            if part.role == Role.DRIVER:
                cast.drivers.setdefault(town, []).append(who)
            elif part.role == Role.CUSTOMER:
                words = tuple(terms("", part.name, part.phone)[1:])
                address = _address(towns[town], ids[part.email])
                cast.guests.setdefault(town, []).append(Guest(who, address, words))
    return cast


def _address(town: dict[str, Any], number: int) -> str:
    """Where somebody lives in that town, or stays when they are there."""
    return f"{town['streets'][number % len(town['streets'])]} {number * 7 % 181 + 1}, {town['city']}"
