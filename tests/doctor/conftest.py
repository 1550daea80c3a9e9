"""One installation for each database, started once and put in order again before each test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.factory import create_app
from tests.cast import Cast, make_cast
from tests.conftest import settings
from tests.doctor.installation import Installation


@pytest.fixture(scope="session")
def installations() -> Iterator[dict[str, Installation]]:
    """Those that were started."""
    running: dict[str, Installation] = {}
    yield running
    for installation in running.values():
        installation.remove()


@pytest.fixture
def installation(
    backend: str,
    installations: dict[str, Installation],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Installation]:
    """Web, gateway and worker, all of them alive. Its database keeps what the tests before have left."""
    if backend not in installations:
        installations[backend] = Installation(_database(backend, tmp_path_factory.mktemp("doctor"), request))
    installations[backend].complete()
    with installations[backend].app.app_context():
        yield installations[backend]
        db.session.remove()
    installations[backend].send_others_away()


def _database(backend: str, folder: Path, request: pytest.FixtureRequest) -> str:
    if backend == "sqlite":
        return f"sqlite:///{folder / 'passline.db'}"
    url: str = request.getfixturevalue("postgres_server").create_database("doctor")
    return url


@pytest.fixture
def people(installation: Installation, casts: dict[str, dict[str, tuple[Any, int]]], backend: str) -> Cast:
    """The cast, made once in the installation's database and read anew for each test."""
    if backend not in casts:
        made = vars(make_cast())
        casts[backend] = {name: (type(row), row.id) for name, row in made.items()}
    return Cast(**{name: db.session.get_one(*row) for name, row in casts[backend].items()})


@pytest.fixture(scope="session")
def casts() -> dict[str, dict[str, tuple[Any, int]]]:
    """Which rows the cast of each database is."""
    return {}


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
