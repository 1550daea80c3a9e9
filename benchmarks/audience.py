"""Who sits in front of the screens: staff, guests and their sessions, written straight into the tables.

Ten thousand people with a password each would take an hour; what the gateway looks up is all there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import insert

from app.contract import rooms
from app.contract.identity import Role
from app.contract.times import now
from app.contract.tokens import SESSION_COOKIE, SESSION_ID, new_session_id
from app.extensions import atomic
from app.models import Person, Restaurant, Session


@dataclass(frozen=True, slots=True)
class Seat:
    """One screen: the cookie that its browser sends, and the room that it hears."""

    cookie: str
    room: str


def seats(app: Flask, people: int, restaurants: int) -> list[Seat]:
    """Write so many people, each with a session, spread evenly over so many restaurants."""
    run = uuid4().hex[:8]
    with atomic() as session:
        ids = session.scalars(
            insert(Restaurant).returning(Restaurant.id, sort_by_parameter_order=True),
            [
                {"slug": f"{run}-{n}", "name": f"Table {n}", "time_zone": "UTC", "currency": "EUR"}
                for n in range(restaurants)
            ],
        ).all()
    of = [ids[n % restaurants] for n in range(people)]
    cookies = _with_sessions(app, [{"role": Role.VENDOR, "restaurant_id": restaurant} for restaurant in of])
    return [Seat(cookie, rooms.vendor_orders(of[n])) for n, cookie in enumerate(cookies.values())]


def guests(app: Flask, people: int) -> list[Seat]:
    """Write so many customers, each with a session, who wait for their drivers."""
    cookies = _with_sessions(app, [{"role": Role.CUSTOMER}] * people)
    return [Seat(cookie, rooms.driver_location(person)) for person, cookie in cookies.items()]


def dispatchers(app: Flask, people: int) -> list[Seat]:
    """Write so many admins, each with a session; they have to ask for their room."""
    cookies = _with_sessions(app, [{"role": Role.ADMIN}] * people)
    return [Seat(cookie, rooms.ADMIN_DISPATCH) for cookie in cookies.values()]


def _with_sessions(app: Flask, people: Sequence[dict[str, Any]]) -> dict[int, str]:
    """Write people with a session each; the cookie of each by id."""
    run, at = uuid4().hex[:8], now()
    rows = [
        {"email": f"{run}.{n}@example.com", "name": f"Person {n}", "password_hash": "none", **person}
        for n, person in enumerate(people)
    ]
    with atomic() as session:
        ids = session.scalars(insert(Person).returning(Person.id, sort_by_parameter_order=True), rows).all()
        sessions = [
            {"id": new_session_id(), "person_id": person, "created_at": at, "expires_at": at + timedelta(days=1)}
            for person in ids
        ]
        session.execute(insert(Session.__table__), sessions)
    sign = app.session_interface.get_signing_serializer(app).dumps  # type: ignore[attr-defined]
    return {row["person_id"]: f"{SESSION_COOKIE}={sign({SESSION_ID: row['id']})}" for row in sessions}
