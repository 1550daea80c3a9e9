"""Loads the demo: restaurants, people, past orders, and a kitchen at work. Any number of orders, fast, by a seed.

Refuses outside demo and test. Up to one batch everything is one transaction, so that a first run that was stopped is
no run at all; a larger number is written a batch at a time, each of them complete in itself.
"""

import random
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.contract.times import now
from app.errors import DomainError
from app.extensions import atomic, db
from app.models import Order, Person

from . import bulk, calendar, cast, live, restaurants
from .chronicle import Chronicle

PAST_ORDERS = 400
SEED = 20
BATCH = 50_000
# So much of SQLite's file stays in memory while many orders are written (KiB; the sign is SQLite's).
_SQLITE_CACHE = -400_000


class OnlyInTheDemo(DomainError):
    """The demo's people have a public password: load it with PASSLINE_ENV=demo (or test) alone."""

    code = "only_in_the_demo"
    status = 403


class PastExists(DomainError):
    """There are orders already, and the demo's past must come before them; use an empty database, or --orders 0."""

    code = "past_exists"
    status = 409


def only_in_the_demo() -> None:
    """Refuse anywhere but in demo and test."""
    if current_app.config["PASSLINE"].env not in ("demo", "test"):
        raise OnlyInTheDemo


def is_needed() -> bool:
    """Whether this is a first run: nobody is there yet."""
    return db.session.execute(select(Person.id).limit(1)).first() is None


def load(
    orders: int = PAST_ORDERS,
    *,
    seed: int = SEED,
    at: datetime | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> None:
    """Put the demo into the database, with `orders` past orders before `at` (now); what is there already stays.

    With 0 past orders only the kitchen gets something new to do. `say` hears of the progress. Refuses with
    OnlyInTheDemo and PastExists.
    """
    only_in_the_demo()
    at, rng = at or now(), random.Random(seed)
    days = min(max(28, orders // 3000), 365)
    with atomic() if orders <= BATCH else nullcontext():
        with atomic() as session:
            if orders and session.execute(select(Order.id).limit(1)).first() is not None:
                raise PastExists
            opened = at - timedelta(days=days + 7)
            places = restaurants.furnish(session, 3 + orders // 10_000, opened)
            people = cast.gather(session, places, min(max(42, orders // 10), 6000), opened)
        chronicle = Chronicle(places, people, rng)
        _write_past(chronicle, calendar.moments(places, orders, days, at, rng), say)
        with atomic() as session:
            live.fill_the_kitchen(session, chronicle, at)
    say(f"The demo is loaded: {len(places)} restaurants, {orders:,} past orders.")


def _write_past(chronicle: Chronicle, moments: list[calendar.Moment], say: Callable[[str], None]) -> None:
    """Write the orders of `moments`, a batch at a time."""
    began, rows = time.monotonic(), 0
    for first in range(0, len(moments), BATCH):
        batch = moments[first : first + BATCH]
        with atomic() as session:
            _make_room(session)
            for id, moment in zip(bulk.take_ids(session, Order.__table__, len(batch)), batch, strict=True):
                chronicle.tell(id, moment)
            rows += chronicle.write(session)
        done, seconds = first + len(batch), time.monotonic() - began
        if len(moments) > BATCH:
            say(f"{done:>9,} orders, {rows:>10,} rows, {seconds:6.1f} s: {rows / seconds:,.0f} rows a second")
    if len(moments) > BATCH:
        with atomic() as session:
            session.execute(text("analyze"))


def _make_room(session: Session) -> None:
    if session.connection().dialect.name == "sqlite":
        session.execute(text(f"pragma cache_size = {_SQLITE_CACHE}"))
