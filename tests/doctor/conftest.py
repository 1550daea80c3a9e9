"""One installation for each database, started once and put in order again before each test."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade

from app import presence
from app.extensions import db
from app.factory import create_app
from tests.cast import Cast, make_cast
from tests.conftest import empty, settings
from tests.doctor.installation import Installation
from tests.services import free_port


@pytest.fixture(scope="session")
def installations() -> Iterator[dict[str, Installation]]:
    """Those that were started."""
    running: dict[str, Installation] = {}
    yield running
    for installation in running.values():
        installation.remove()


@pytest.fixture
def started(
    backend: str,
    installations: dict[str, Installation],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Installation]:
    """An installation with those processes that the test before has left. Its database keeps what they wrote."""
    if backend not in installations:
        installations[backend] = Installation(_database(backend, tmp_path_factory.mktemp("doctor"), request))
    with installations[backend].app.app_context():
        yield installations[backend]
        db.session.remove()
    installations[backend].send_others_away()


@pytest.fixture
def installation(started: Installation) -> Installation:
    """Web, gateway and worker, all of them alive."""
    started.run("web", "gateway", "worker")
    return started


def _database(backend: str, folder: Path, request: pytest.FixtureRequest) -> str:
    if backend == "sqlite":
        return f"sqlite:///{folder / 'passline.db'}"
    url: str = request.getfixturevalue("postgres_server").create_database("doctor")
    return url


@pytest.fixture
def people(started: Installation, casts: dict[str, dict[str, tuple[Any, int]]], backend: str) -> Cast:
    """The cast, made once in the installation's database and read anew for each test."""
    if backend not in casts:
        made = vars(make_cast())
        casts[backend] = {name: (type(row), row.id) for name, row in made.items()}
    return Cast(**{name: db.session.get_one(*row) for name, row in casts[backend].items()})


@pytest.fixture(scope="session")
def casts() -> dict[str, dict[str, tuple[Any, int]]]:
    """Which rows the cast of each database is."""
    return {}


@pytest.fixture(scope="session")
def lone_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application with a database of its own, that no process knows."""
    url = f"sqlite:///{tmp_path_factory.mktemp('alone') / 'passline.db'}"
    app = create_app(settings(url, web_port=free_port(), gateway_port=free_port()))
    with app.app_context():
        upgrade(app.config["MIGRATIONS"])
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def alone(lone_app: Flask) -> Iterator[Flask]:
    """The same, with its tables emptied."""
    with lone_app.app_context():
        empty()
        yield lone_app
        db.session.remove()


@pytest.fixture
def lives(alone: Flask) -> Iterator[Callable[..., None]]:
    """A process of this kind shows its life there, with settings that are changed like this."""
    shown: list[presence.Presence] = []

    def show(kind: presence.Kind, **changes: object) -> None:
        shown.append(presence.Presence(kind, replace(alone.config["PASSLINE"], **changes)))
        shown[-1].beat()

    yield show
    for each in shown:
        each.leave()


@pytest.fixture
def bare_app() -> Iterator[Callable[..., Flask]]:
    """Applications without processes, on a database of their own."""
    made: list[Flask] = []

    def make(database_url: str, **changes: object) -> Flask:
        made.append(create_app(settings(database_url, **changes)))
        return made[-1]

    yield make
    # The limiter is one for all applications: for those of other tests it counts in memory again.
    made.append(create_app(settings("sqlite://")))
    for app in made:
        with app.app_context():
            db.engine.dispose()
