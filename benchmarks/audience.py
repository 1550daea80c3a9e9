"""Who sits in front of the screens: restaurants, their staff and their sessions, written straight into the tables.

Ten thousand people with a password each would take an hour; what the gateway looks up is all there.
"""

from dataclasses import dataclass
from datetime import timedelta
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
    run, at = uuid4().hex[:8], now()
    with atomic() as session:
        ids = session.scalars(
            insert(Restaurant).returning(Restaurant.id, sort_by_parameter_order=True),
            [
                {"slug": f"{run}-{n}", "name": f"Table {n}", "time_zone": "UTC", "currency": "EUR"}
                for n in range(restaurants)
            ],
        ).all()
        staff = [
            {
                "email": f"{run}.{n}@example.com",
                "name": f"Person {n}",
                "password_hash": "none",
                "role": Role.VENDOR,
                "restaurant_id": ids[n % restaurants],
            }
            for n in range(people)
        ]
        persons = session.scalars(insert(Person).returning(Person.id, sort_by_parameter_order=True), staff).all()
        sessions = [
            {"id": new_session_id(), "person_id": person, "created_at": at, "expires_at": at + timedelta(days=1)}
            for person in persons
        ]
        session.execute(insert(Session.__table__), sessions)
    sign = app.session_interface.get_signing_serializer(app).dumps  # type: ignore[attr-defined]
    return [
        Seat(f"{SESSION_COOKIE}={sign({SESSION_ID: row['id']})}", rooms.vendor_orders(ids[n % restaurants]))
        for n, row in enumerate(sessions)
    ]
