"""A whole installation of real processes for the faults: database, Redis, web, two gateways, load and an audience."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

from app.contract.identity import Identity, Role
from app.contract.rooms import ACCESS, rooms_for
from app.contract.tokens import SESSION_COOKIE, SESSION_ID
from app.domain import order_placement, orders
from app.domain.order_placement import Line
from app.extensions import db
from app.factory import create_app
from app.models import EventLog, Person
from tests.cast import Cast, make_cast
from tests.conftest import settings
from tests.factories import session_of, token_of
from tests.gateway.process import Gateway
from tests.processes import Web
from tests.services import PostgresServer, RedisServer

from .audience import Audience, Seat
from .load import Load, Writer

ORDERS = 8
_ORIGIN = "http://localhost"
# Seconds until everything that was committed must have arrived, when all servers are there again.
PATIENCE = 60.0


class Stuck(Exception):
    """Events are missing although everything runs again; the message says which."""


@dataclass
class Scene:
    """Everything there is one of; `gateways` changes when one is replaced."""

    app: Flask
    postgres: PostgresServer | None
    redis: RedisServer | None
    web: Web
    gateways: list[Gateway]
    audience: Audience
    load: Load

    def holder(self) -> Gateway:
        """The gateway that numbers rows; the first where nobody needs to."""
        said = [gateway.logged() for gateway in self.gateways]
        numbering = [words.rfind("sequencer.taken") > words.rfind("sequencer.lost") for words in said]
        return self.gateways[numbering.index(True)] if any(numbering) else self.gateways[0]

    def committed(self) -> list[tuple[int, str]]:
        """The place and room of every row of the log."""
        db.session.rollback()
        place = EventLog.position if self.postgres is not None else EventLog.id
        rows = db.session.execute(select(place, EventLog.room).where(EventLog.room != ACCESS)).all()
        db.session.rollback()
        return [(place, room) for place, room in rows]

    def settle(self) -> None:
        """Wait until all watchers are there and have heard everything of theirs; Stuck when they do not."""
        latest = time.monotonic() + PATIENCE
        while problem := self._unsettled():
            if time.monotonic() > latest:
                raise Stuck(problem)
            time.sleep(0.1)

    def missing(self) -> int:
        """How many deliveries of committed events are owed."""
        committed = [(n, room) for n, room in self.committed() if n is not None]
        return sum(len(self._owed(watcher, committed)) for watcher in self.audience.watchers)

    def _unsettled(self) -> str:
        if not self.audience.is_in:
            return f"not all are in: {self.audience.reasons.most_common(3)}"
        try:
            committed = self.committed()
        except sqlalchemy.exc.OperationalError as error:
            return str(error)
        if any(n is None for n, _ in committed):
            return "rows without a position"
        owed = sum(len(self._owed(watcher, committed)) for watcher in self.audience.watchers)
        return f"{owed} deliveries are missing" if owed else ""

    @staticmethod
    def _owed(watcher, committed: list[tuple[int, str]]) -> list[int]:
        mine = watcher.seat.rooms
        return [n for n, room in committed if room in mine and n > (watcher.start or 0) and n not in watcher.heard]


@contextmanager
def scene(*, watchers: int, rate: float, postgres: bool = True) -> Iterator[Scene]:
    """An installation under no load yet, with so many screens before it, in each of which everybody has come."""
    with ExitStack() as closing:
        server = closing.enter_context(PostgresServer(fsync=False)) if postgres else None
        redis = closing.enter_context(RedisServer()) if postgres else None
        folder = closing.enter_context(TemporaryDirectory(prefix="passline-faults-"))
        url = server.create_database("faults") if server else f"sqlite:///{folder}/faults.db"
        config = settings(url, redis_url=redis.url if redis else None, allowed_origins=(_ORIGIN,))
        # Without Redis: the limiter is one for all applications of this process, and this Redis will be gone.
        app = create_app(replace(config, redis_url=None))
        with app.app_context():
            upgrade(str(Path(__file__).resolve().parents[2] / "migrations"))
            cast = make_cast()
            web = Web(app.config["PASSLINE"])
            gateways = [Gateway(config) for _ in range(2)]
            for process in (web, *gateways):
                closing.callback(process.remove)
                process.start()
            writers = _writers(cast)
            audience = Audience(lambda: [gateway.port for gateway in gateways])
            audience.open(_seats(app, cast, watchers))
            closing.callback(audience.close)
            load = Load(web.http, writers, rate)
            closing.callback(load.close)
            made = Scene(app, server, redis, web, gateways, audience, load)
            made.settle()
            yield made
            db.session.remove()
            db.engine.dispose()


def _writers(cast: Cast) -> list[Writer]:
    """Orders of both restaurants that are being prepared, each with somebody of its restaurant."""
    found = []
    for n in range(ORDERS):
        restaurant, person = [(cast.restaurant, cast.vendor), (cast.other_restaurant, cast.other_vendor)][n % 2]
        customer = [cast.customer, cast.other_customer][n // 2 % 2]
        soup = cast.items(restaurant)[0]
        placed = order_placement.place(
            customer, restaurant, [Line(soup.id, 1)], fulfilment="pickup", payment="cash"
        ).order
        orders.accept(placed, by=person)
        orders.start(placed, by=person)
        found.append(Writer(placed.number, token_of(person)))
    return found


def _seats(app: Flask, cast: Cast, count: int) -> list[Seat]:
    """Screens of everybody in turn: both kitchens, both customers, an admin, and somebody to whom nothing happens."""
    people: list[Person] = [
        cast.vendor,
        cast.other_vendor,
        cast.customer,
        cast.other_customer,
        cast.admin,
        cast.outsider,
    ]
    sign = app.session_interface.get_signing_serializer(app).dumps  # type: ignore[attr-defined]
    cookies = {person.id: f"{SESSION_COOKIE}={sign({SESSION_ID: session_of(person).id})}" for person in people}
    return [
        Seat(f"{person.name} {n}", cookies[person.id], frozenset(rooms_for(_identity(person))))
        for n, person in ((n, people[n % len(people)]) for n in range(count))
    ]


def _identity(person: Person) -> Identity:
    return Identity("session:any", person.id, Role(person.role), person.restaurant_id)
